using System.Diagnostics;
using CodeSign.Client;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.P11.Native;
using CodeSign.P11.Sessions;
using CodeSign.P11.Tokens;
using CodeSign.Wire.V1;
using WireObject = CodeSign.Wire.V1.Object;

namespace CodeSign.P11.Objects;

/// <summary>
/// Objects made, changed and ended by the application (PKCS#11 v3.2 sections 5.7 and 5.18). Public objects of a session live here;
/// everything else at the appliance.
/// </summary>
internal static unsafe class ObjectChanges
{
    public static CKR Create(Module module, ulong sessionHandle, NativeAttribute* template, ulong count, ulong* handle)
    {
        CKR rv = Open(module, sessionHandle, handle, out Session? session);
        if (rv == CKR.CKR_OK)
        {
            rv = HostTemplate.Read(template, count, implied: null, out HostTemplate? read);
            using (read)
            {
                return rv != CKR.CKR_OK ? rv : Create(module, session!, read!, handle);
            }
        }

        return rv;
    }

    public static CKR Copy(Module module, ulong sessionHandle, ulong objectHandle, NativeAttribute* template, ulong count, ulong* handle)
    {
        CKR rv = ObjectFunctions.Look(module, sessionHandle, objectHandle, out TokenObject? original, out Session? session);
        if (rv != CKR.CKR_OK || handle is null)
        {
            return rv != CKR.CKR_OK ? rv : CKR.CKR_ARGUMENTS_BAD;
        }

        rv = HostTemplate.Read(template, count, original!.Class, out HostTemplate? read);
        using (read)
        {
            rv = rv != CKR.CKR_OK ? rv
                : read!.Rules.Secrets.Count > 0 ? RefuseSecrets()
                : MayCopy(session!, original, read.Rules);
            return rv != CKR.CKR_OK ? rv : Hand(module, session!, Copy(module, session!, original, read!), handle);
        }
    }

    public static CKR SetAttributes(Module module, ulong sessionHandle, ulong objectHandle, NativeAttribute* template, ulong count)
    {
        CKR rv = ObjectFunctions.Look(module, sessionHandle, objectHandle, out TokenObject? found, out Session? session);
        rv = rv != CKR.CKR_OK ? rv : MayChange(session!, found!);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        rv = HostTemplate.Read(template, count, found!.Class, out HostTemplate? read);
        using (read)
        {
            if (rv != CKR.CKR_OK)
            {
                return rv;
            }

            if (found.Local is not null)
            {
                module.Objects.ChangeLocal(found, local => ObjectRules.Set(local, read!.Rules, IsSecurityOfficer(found.Token)));
                return CKR.CKR_OK;
            }

            if (read!.Rules.Secrets.Count > 0)
            {
                return RefuseSecrets();
            }

            SetAttributesRequest request = new() { ProjectId = found.Token.ProjectId, ObjectId = found.Id, Application = module.Application };
            request.Template.AddRange(read.Attributes);
            WireObject told = Ticketed.AskAbout(module, found, ticket => module.Client.SetAttributes(request, ticket)).Object;
            module.Objects.Take(found.Token, told, Stopwatch.GetTimestamp());
            return CKR.CKR_OK;
        }
    }

    public static CKR Destroy(Module module, ulong sessionHandle, ulong objectHandle)
    {
        CKR rv = ObjectFunctions.Look(module, sessionHandle, objectHandle, out TokenObject? found, out Session? session);
        rv = rv != CKR.CKR_OK ? rv : MayChange(session!, found!);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        if (!found!.Flag(CKA.CKA_DESTROYABLE))
        {
            return Boundary.Refuse(CKR.CKR_ACTION_PROHIBITED, "This object can't be destroyed (CKA_DESTROYABLE).");
        }

        if (found.Local is null)
        {
            DestroyAtAppliance(module, found);
        }

        module.Objects.Remove(found);
        return CKR.CKR_OK;
    }

    public static CKR GenerateKey(Module module, ulong sessionHandle, NativeMechanism* mechanism, NativeAttribute* template, ulong count, ulong* handle)
    {
        CKR rv = Open(module, sessionHandle, handle, out Session? session);
        rv = rv != CKR.CKR_OK ? rv : CheckMechanism(mechanism, mechanism is not null && SecretKeyMechanism.Find(mechanism->Type) is not null);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        rv = HostTemplate.Read(template, count, CKO.CKO_SECRET_KEY, out HostTemplate? read);
        using (read)
        {
            rv = rv != CKR.CKR_OK ? rv : MayGenerate(session!, CKO.CKO_SECRET_KEY, mechanism->Type, SecretKeyMechanism.Find(mechanism->Type)!.KeyType, read!);
            if (rv != CKR.CKR_OK)
            {
                return rv;
            }

            GenerateKeyRequest request = new()
            {
                ProjectId = session!.Token.ProjectId,
                Mechanism = (ulong)mechanism->Type,
                Application = module.Application,
            };
            request.Template.AddRange(read!.Attributes);
            WireObject made = Ticketed.Ask(module, session.Token, ticket => module.Client.GenerateKey(request, ticket)).Object;
            return Hand(module, session, Adopt(module, session, made), handle);
        }
    }

    public static CKR GenerateKeyPair(
        Module module,
        ulong sessionHandle,
        NativeMechanism* mechanism,
        (nint Attributes, ulong Count) publicTemplate,
        (nint Attributes, ulong Count) privateTemplate,
        ulong* publicHandle,
        ulong* privateHandle)
    {
        CKR rv = Open(module, sessionHandle, publicHandle, out Session? session);
        rv = rv != CKR.CKR_OK ? rv : privateHandle is null ? CKR.CKR_ARGUMENTS_BAD : CKR.CKR_OK;
        rv = rv != CKR.CKR_OK ? rv : CheckMechanism(
            mechanism, mechanism is not null && KeyPairMechanism.Find(mechanism->Type) is not null);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        HostTemplate? secondRead = null;
        rv = HostTemplate.Read((NativeAttribute*)publicTemplate.Attributes, publicTemplate.Count, CKO.CKO_PUBLIC_KEY, out HostTemplate? read);
        rv = rv != CKR.CKR_OK ? rv : HostTemplate.Read(
            (NativeAttribute*)privateTemplate.Attributes, privateTemplate.Count, CKO.CKO_PRIVATE_KEY, out secondRead);
        using (read)
        using (secondRead)
        {
            CKK keyType = KeyPairMechanism.Find(mechanism->Type)!.KeyType;
            rv = rv != CKR.CKR_OK ? rv : MayGenerate(session!, CKO.CKO_PUBLIC_KEY, mechanism->Type, keyType, read!);
            rv = rv != CKR.CKR_OK ? rv : MayGenerate(session!, CKO.CKO_PRIVATE_KEY, mechanism->Type, keyType, secondRead!);
            if (rv != CKR.CKR_OK)
            {
                return rv;
            }

            GenerateKeyPairRequest request = new()
            {
                ProjectId = session!.Token.ProjectId,
                Mechanism = (ulong)mechanism->Type,
                Application = module.Application,
            };
            request.PublicTemplate.AddRange(read!.Attributes);
            request.PrivateTemplate.AddRange(secondRead!.Attributes);
            GenerateKeyPairResponse made = Ticketed.Ask(module, session.Token, ticket => module.Client.GenerateKeyPair(request, ticket));
            TokenObject publicKey = Adopt(module, session, made.PublicKey);
            TokenObject privateKey = Adopt(module, session, made.PrivateKey);
            ulong handle = 0;
            rv = Hand(module, session, publicKey, &handle);
            rv = rv != CKR.CKR_OK ? rv : Hand(module, session, privateKey, privateHandle);
            *publicHandle = rv == CKR.CKR_OK ? handle : *publicHandle;
            return rv;
        }
    }

    /// <summary>Ends the objects that end with a session; those at the appliance too, as far as it can be reached.</summary>
    public static void EndSession(Module module, Session session)
    {
        session.IsEnding = true;
        End(module, module.Objects.OfSession(session.Handle));
    }

    /// <summary>Ends the private session objects of a token: nobody is logged in any more.</summary>
    public static void EndLogin(Module module, Token token) => End(module, module.Objects.PrivateOfSessions(token));

    private static void End(Module module, IReadOnlyList<TokenObject> ended)
    {
        bool isAway = false;
        foreach (TokenObject gone in ended)
        {
            module.Objects.Remove(gone);
            if (gone.Local is not null || isAway)
            {
                continue;
            }

            try
            {
                DestroyAtAppliance(module, gone);
            }
            catch (Exception away) when (away is ApplianceException or FaultException)
            {
                // Where nobody answers, nobody is asked once for each: what is left ends with the application.
                isAway = away is ApplianceException { IsRefusal: false };
                module.Trace.Write($"A session object ends later at the appliance: {away.Message}");
            }
        }
    }

    private static CKR Create(Module module, Session session, HostTemplate read, ulong* handle)
    {
        AttributeSet wanted = ObjectRules.Create(read.Rules, IsSecurityOfficer(session.Token));
        CKR rv = MayHold(session, wanted.Is(CKA.CKA_TOKEN), wanted.Is(CKA.CKA_PRIVATE));
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        if (!wanted.Is(CKA.CKA_TOKEN) && !HasSecrets(wanted))
        {
            return Hand(module, session, TakeLocal(module, session, wanted), handle);
        }

        CreateObjectRequest request = new() { ProjectId = session.Token.ProjectId, Application = module.Application };
        request.Template.AddRange(read.Attributes);
        WireObject made = Ticketed.Ask(module, session.Token, ticket => module.Client.CreateObject(request, read.Secrets, ticket)).Object;
        return Hand(module, session, Adopt(module, session, made), handle);
    }

    /// <summary>Hands a new object to the host, unless the session or login it needs ended while it was made: then it ends too.</summary>
    internal static CKR Hand(Module module, Session session, TokenObject made, ulong* handle)
    {
        CKR rv = made.Session is null ? CKR.CKR_OK
            : session.IsEnding ? CKR.CKR_SESSION_CLOSED
            : made.IsVisible ? CKR.CKR_OK
            : CKR.CKR_USER_NOT_LOGGED_IN;
        if (rv != CKR.CKR_OK)
        {
            End(module, [made]);
            return rv;
        }

        *handle = made.Handle;
        return CKR.CKR_OK;
    }

    private static TokenObject Copy(Module module, Session session, TokenObject original, HostTemplate read)
    {
        if (original.Local is { } local)
        {
            AttributeSet copied = ObjectRules.Copy(local, read.Rules, IsSecurityOfficer(original.Token));
            if (!copied.Is(CKA.CKA_TOKEN))
            {
                return TakeLocal(module, session, copied);
            }

            // Into the token: made there out of what may be given.
            CreateObjectRequest create = new() { ProjectId = session.Token.ProjectId, Application = module.Application, CopiesGenerated = copied.Is(CKA.CKA_LOCAL) };
            create.Template.AddRange(copied
                .Where(attribute => (AttributeRow.Find(attribute.Type)!.RulesFor(copied.Class) & AttributeRules.ForbiddenOnCreate) == AttributeRules.None)
                .Select(attribute => new Wire.V1.Attribute
                {
                    Type = (ulong)attribute.Type,
                    Value = Google.Protobuf.ByteString.CopyFrom(attribute.Value.Span),
                }));
            return Adopt(module, session, Ticketed.Ask(module, session.Token, ticket => module.Client.CreateObject(create, default, ticket)).Object);
        }

        CopyObjectRequest request = new() { ProjectId = session.Token.ProjectId, ObjectId = original.Id, Application = module.Application };
        request.Template.AddRange(read.Attributes);
        return Adopt(module, session, Ticketed.AskAbout(module, original, ticket => module.Client.CopyObject(request, ticket)).Object);
    }

    /// <summary>Takes what the appliance made: a public object of a session it only made up, and this module keeps it.</summary>
    internal static TokenObject Adopt(Module module, Session session, WireObject made)
    {
        AttributeSet attributes = new(made.Attributes.Select(attribute => new ObjectAttribute((CKA)attribute.Type, attribute.Value.Memory)));
        if (attributes.Is(CKA.CKA_TOKEN))
        {
            return module.Objects.Take(session.Token, made, Stopwatch.GetTimestamp());
        }

        if (HasSecrets(attributes))
        {
            module.HasSessionSecrets = true;
            return module.Objects.Take(session.Token, made, Stopwatch.GetTimestamp(), session.Handle);
        }

        return module.Objects.TakeLocal(session.Token, session.Handle, attributes);
    }

    private static TokenObject TakeLocal(Module module, Session session, AttributeSet attributes)
    {
        Span<byte> random = stackalloc byte[16];
        LibC.FillRandom(random);
        return module.Objects.TakeLocal(
            session.Token, session.Handle, attributes.With(CKA.CKA_UNIQUE_ID, AttributeSet.Bytes(Convert.ToHexStringLower(random))));
    }

    private static void DestroyAtAppliance(Module module, TokenObject gone)
    {
        DestroyObjectRequest request = new() { ProjectId = gone.Token.ProjectId, ObjectId = gone.Id, Application = module.Application };
        Ticketed.AskAbout(module, gone, ticket =>
        {
            module.Client.DestroyObject(request, ticket);
            return true;
        });
    }

    private static CKR Open(Module module, ulong sessionHandle, ulong* handle, out Session? session)
    {
        session = module.Sessions.Find(sessionHandle);
        return session is null ? CKR.CKR_SESSION_HANDLE_INVALID : handle is null ? CKR.CKR_ARGUMENTS_BAD : CKR.CKR_OK;
    }

    private static CKR CheckMechanism(NativeMechanism* mechanism, bool isKnown) => mechanism is null ? CKR.CKR_ARGUMENTS_BAD
        : !isKnown ? Boundary.Refuse(CKR.CKR_MECHANISM_INVALID, $"{mechanism->Type} makes no keys here.")
        : mechanism->ParameterBytes > 0 ? Boundary.Refuse(CKR.CKR_MECHANISM_PARAM_INVALID, $"{mechanism->Type} has no parameter.")
        : CKR.CKR_OK;

    private static CKR RefuseSecrets() => Boundary.Refuse(CKR.CKR_ATTRIBUTE_READ_ONLY, "The values of a key can't be changed.");

    private static bool HasSecrets(AttributeSet attributes) => attributes.Class is CKO.CKO_PRIVATE_KEY or CKO.CKO_SECRET_KEY;

    private static CKR MayGenerate(Session session, CKO objectClass, CKM mechanism, CKK keyType, HostTemplate read)
    {
        AttributeSet wanted = ObjectRules.Generate(objectClass, mechanism, keyType, read.Rules, IsSecurityOfficer(session.Token));
        return MayHold(session, wanted.Is(CKA.CKA_TOKEN), wanted.Is(CKA.CKA_PRIVATE));
    }

    private static CKR MayCopy(Session session, TokenObject original, ObjectTemplate template) => MayHold(
        session, template.Flag(CKA.CKA_TOKEN) ?? original.Flag(CKA.CKA_TOKEN), template.Flag(CKA.CKA_PRIVATE) ?? original.IsPrivate);

    internal static CKR MayHold(Session session, bool isToken, bool isPrivate) =>
        isToken && !session.IsReadWrite ? CKR.CKR_SESSION_READ_ONLY
        : isPrivate && !session.Token.ShowsPrivateObjects ? CKR.CKR_USER_NOT_LOGGED_IN
        : CKR.CKR_OK;

    private static CKR MayChange(Session session, TokenObject found) =>
        found.Flag(CKA.CKA_TOKEN) && !session.IsReadWrite ? CKR.CKR_SESSION_READ_ONLY : CKR.CKR_OK;

    internal static bool IsSecurityOfficer(Token token) => token.Login.User == CKU.CKU_SO;
}
