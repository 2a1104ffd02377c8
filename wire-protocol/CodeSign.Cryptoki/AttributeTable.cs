using static CodeSign.Cryptoki.AttributeKind;
using static CodeSign.Cryptoki.AttributeRules;
using static CodeSign.Cryptoki.CKA;
using static CodeSign.Cryptoki.ObjectClasses;

namespace CodeSign.Cryptoki;

/// <summary>
/// The rows of <see cref="AttributeRow"/>, by the chapters of PKCS#11 v3.2. Rules are those of the tables for data objects,
/// certificates and keys; classes of which applications make no objects (one-time passwords, hardware features, profiles) are named
/// without theirs.
/// </summary>
internal static class AttributeTable
{
    private const string NoSuchKeys = "No keys of this kind yet.";
    private const string NoCapsules = "Keys are not encapsulated yet.";
    private const string NotOurCertificates = "Certificates are X.509 and whole: nothing stands elsewhere.";
    private const string NoSuchObjects = "No objects of this class.";
    private const string Gone = "Deprecated by the standard.";

    public static IEnumerable<AttributeRow> Rows() =>
    [
        .. Common(), .. Certificates(), .. Keys(), .. KeyUses(), .. Numbers(), .. Transport(), .. PostQuantum(), .. Ratchet(), .. Otp(), .. Features(),
        .. Trusts(), .. Validations(),
    ];

    private static IEnumerable<AttributeRow> Common() =>
    [
        Yes(CKA_CLASS, Ulong, On(ObjectClasses.All, RequiredOnCreate)),
        Yes(CKA_UNIQUE_ID, Text, On(ObjectClasses.All, TokenGiven)),
        Yes(CKA_TOKEN, Bool, On(Storage)),
        Yes(CKA_PRIVATE, Bool, On(Storage)),
        Yes(CKA_LABEL, Text, On(Storage, Settable)),
        Yes(CKA_MODIFIABLE, Bool, On(Storage)),
        Yes(CKA_COPYABLE, Bool, On(Storage, StaysFalse)),
        Yes(CKA_DESTROYABLE, Bool, On(Storage)),
        Yes(CKA_APPLICATION, Text, On(Data)),
        Yes(CKA_OBJECT_ID, Bytes, On(Data)),
        Yes(
            CKA_VALUE,
            Bytes,
            On(Data),
            On(Certificate, RequiredOnCreate),
            On(PublicKey, RequiredOnCreate | ForbiddenOnGenerate),
            On(PrivateKey | SecretKey | OtpKey, RequiredOnCreate | ForbiddenOnGenerate | ForbiddenOnUnwrap | Sensitive)),
        No(CKA_VENDOR_DEFINED, Bytes, "No attributes of our own.", On(ObjectClasses.All)),
    ];

    private static IEnumerable<AttributeRow> Certificates() =>
    [
        Yes(CKA_CERTIFICATE_TYPE, Ulong, On(Certificate, RequiredOnCreate)),
        Yes(CKA_TRUSTED, Bool, On(Certificate | PublicKey | SecretKey, TrueBySecurityOfficerOnly)),
        Yes(CKA_CERTIFICATE_CATEGORY, Ulong, On(Certificate)),
        No(CKA_CHECK_VALUE, Bytes, "A certificate's is a fragment of a SHA-1 digest; nobody should rely on it.", On(Certificate | SecretKey | OtpKey)),
        Yes(CKA_START_DATE, Date, On(Certificate), On(Key, Settable)),
        Yes(CKA_END_DATE, Date, On(Certificate), On(Key, Settable)),
        Yes(CKA_SUBJECT, Bytes, On(Certificate, RequiredOnCreate), On(KeyPair, Settable)),
        Yes(CKA_ISSUER, Bytes, On(Certificate, Settable), On(Trust, RequiredOnCreate)),
        Yes(CKA_SERIAL_NUMBER, Bytes, On(Certificate, Settable), On(Trust, RequiredOnCreate)),
        Yes(CKA_URL, Text, On(Certificate)),
        Yes(CKA_HASH_OF_SUBJECT_PUBLIC_KEY, Bytes, On(Certificate)),
        Yes(CKA_HASH_OF_ISSUER_PUBLIC_KEY, Bytes, On(Certificate)),
        No(CKA_NAME_HASH_ALGORITHM, Ulong, NotOurCertificates, On(Certificate | Trust)),
        No(CKA_JAVA_MIDP_SECURITY_DOMAIN, Ulong, NotOurCertificates, On(Certificate)),
        No(CKA_OWNER, Bytes, NotOurCertificates, On(Certificate, RequiredOnCreate)),
        No(CKA_AC_ISSUER, Bytes, NotOurCertificates, On(Certificate, Settable)),
        No(CKA_ATTR_TYPES, Bytes, NotOurCertificates, On(Certificate, Settable)),
    ];

    private static IEnumerable<AttributeRow> Keys() =>
    [
        Yes(CKA_KEY_TYPE, Ulong, On(Key, RequiredOnCreate | RequiredOnUnwrap), On(DomainParameters, RequiredOnCreate)),
        Yes(CKA_ID, Bytes, On(Certificate | Key, Settable)),
        Yes(CKA_LOCAL, Bool, On(Key | DomainParameters, TokenGiven)),
        Yes(CKA_KEY_GEN_MECHANISM, Ulong, On(Key, TokenGiven)),
        Yes(CKA_ALLOWED_MECHANISMS, UlongArray, On(Key)),
        Yes(CKA_PUBLIC_KEY_INFO, Bytes, On(Certificate | PublicKey), On(PrivateKey, Settable)),
        Yes(CKA_ALWAYS_AUTHENTICATE, Bool, On(PrivateKey)),
        Yes(CKA_SENSITIVE, Bool, On(PrivateKey | SecretKey | OtpKey, Settable | StaysTrue)),
        Yes(CKA_EXTRACTABLE, Bool, On(PrivateKey | SecretKey | OtpKey, Settable | StaysFalse)),
        Yes(CKA_ALWAYS_SENSITIVE, Bool, On(PrivateKey | SecretKey | OtpKey, TokenGiven)),
        Yes(CKA_NEVER_EXTRACTABLE, Bool, On(PrivateKey | SecretKey | OtpKey, TokenGiven)),
        Yes(CKA_WRAP_WITH_TRUSTED, Bool, On(PrivateKey | SecretKey | OtpKey, StaysTrue)),
        No(CKA_SECONDARY_AUTH, Bool, Gone, On(PrivateKey)),
        No(CKA_AUTH_PIN_FLAGS, Ulong, Gone, On(PrivateKey)),
        No(CKA_PUBLIC_CRC64_VALUE, Bytes, "The public key itself is there.", On(PrivateKey, RequiredOnCreate | ForbiddenOnGenerate)),
    ];

    private static IEnumerable<AttributeRow> KeyUses() =>
    [
        Yes(CKA_ENCRYPT, Bool, On(PublicKey | SecretKey | OtpKey, Settable)),
        Yes(CKA_DECRYPT, Bool, On(PrivateKey | SecretKey | OtpKey, Settable)),
        Yes(CKA_WRAP, Bool, On(PublicKey | SecretKey | OtpKey, Settable)),
        Yes(CKA_UNWRAP, Bool, On(PrivateKey | SecretKey | OtpKey, Settable)),
        Yes(CKA_SIGN, Bool, On(PrivateKey | SecretKey | OtpKey, Settable)),
        Yes(CKA_SIGN_RECOVER, Bool, On(PrivateKey, Settable)),
        Yes(CKA_VERIFY, Bool, On(PublicKey | SecretKey | OtpKey, Settable)),
        Yes(CKA_VERIFY_RECOVER, Bool, On(PublicKey, Settable)),
        Yes(CKA_DERIVE, Bool, On(Key, Settable)),
        No(CKA_ENCAPSULATE, Bool, NoCapsules, On(PublicKey, Settable)),
        No(CKA_DECAPSULATE, Bool, NoCapsules, On(PrivateKey, Settable)),
    ];

    private static IEnumerable<AttributeRow> Numbers() =>
    [
        Yes(
            CKA_MODULUS,
            BigInteger,
            On(PublicKey, RequiredOnCreate | ForbiddenOnGenerate),
            On(PrivateKey, RequiredOnCreate | ForbiddenOnGenerate | ForbiddenOnUnwrap)),
        Yes(CKA_MODULUS_BITS, Ulong, On(PublicKey, ForbiddenOnCreate | RequiredOnGenerate)),
        Yes(
            CKA_PUBLIC_EXPONENT,
            BigInteger,
            On(PublicKey, RequiredOnCreate),
            On(PrivateKey, RequiredOnCreate | ForbiddenOnGenerate | ForbiddenOnUnwrap)),
        Yes(CKA_PRIVATE_EXPONENT, BigInteger, Secret(RequiredOnCreate)),
        Yes(CKA_PRIME_1, BigInteger, Secret()),
        Yes(CKA_PRIME_2, BigInteger, Secret()),
        Yes(CKA_EXPONENT_1, BigInteger, Secret()),
        Yes(CKA_EXPONENT_2, BigInteger, Secret()),
        Yes(CKA_COEFFICIENT, BigInteger, Secret()),
        Yes(
            CKA_EC_PARAMS,
            Bytes,
            On(PublicKey, RequiredOnCreate | RequiredOnGenerate),
            On(PrivateKey, RequiredOnCreate | ForbiddenOnGenerate | ForbiddenOnUnwrap)),
        Yes(CKA_EC_POINT, Bytes, On(PublicKey, RequiredOnCreate | ForbiddenOnGenerate)),
        No(CKA_PRIME, BigInteger, NoSuchKeys, DiscreteLogarithm()),
        No(CKA_SUBPRIME, BigInteger, NoSuchKeys, DiscreteLogarithm()),
        No(CKA_BASE, BigInteger, NoSuchKeys, DiscreteLogarithm()),
        No(CKA_PRIME_BITS, Ulong, NoSuchKeys, On(DomainParameters, ForbiddenOnCreate | RequiredOnGenerate)),
        No(CKA_SUBPRIME_BITS, Ulong, NoSuchKeys, On(DomainParameters, ForbiddenOnCreate | RequiredOnGenerate)),
        No(CKA_VALUE_BITS, Ulong, NoSuchKeys, On(PrivateKey, ForbiddenOnCreate | ForbiddenOnUnwrap)),
        Yes(CKA_VALUE_LEN, Ulong, On(SecretKey | OtpKey, ForbiddenOnCreate | RequiredOnGenerate)),
        No(CKA_GOSTR3410_PARAMS, Bytes, NoSuchKeys, On(KeyPair | DomainParameters)),
        No(CKA_GOSTR3411_PARAMS, Bytes, NoSuchKeys, On(KeyPair | DomainParameters)),
        No(CKA_GOST28147_PARAMS, Bytes, NoSuchKeys, On(KeyPair | SecretKey | DomainParameters)),
    ];

    private static IEnumerable<AttributeRow> Transport() =>
    [
        Yes(CKA_WRAP_TEMPLATE, Template, On(PublicKey | SecretKey | OtpKey)),
        Yes(CKA_UNWRAP_TEMPLATE, Template, On(PrivateKey | SecretKey | OtpKey)),
        Yes(CKA_DERIVE_TEMPLATE, Template, On(PrivateKey | SecretKey | OtpKey)),
        No(CKA_ENCAPSULATE_TEMPLATE, Template, NoCapsules, On(PublicKey)),
        No(CKA_DECAPSULATE_TEMPLATE, Template, NoCapsules, On(PrivateKey)),
    ];

    private static IEnumerable<AttributeRow> PostQuantum() =>
    [
        Yes(
            CKA_PARAMETER_SET,
            Ulong,
            On(PublicKey, RequiredOnCreate | RequiredOnGenerate),
            On(PrivateKey, RequiredOnCreate | ForbiddenOnGenerate | ForbiddenOnUnwrap)),
        Yes(CKA_SEED, Bytes, On(PrivateKey, ForbiddenOnGenerate | ForbiddenOnUnwrap | Sensitive)),
        .. Group(NoSuchKeys, Ulong, KeyPair, CKA_HSS_LEVELS, CKA_HSS_LMS_TYPE, CKA_HSS_LMOTS_TYPE),
        .. Group(NoSuchKeys, UlongArray, PrivateKey, CKA_HSS_LMS_TYPES, CKA_HSS_LMOTS_TYPES),
        .. Group(NoSuchKeys, Ulong, PrivateKey, CKA_KEYS_REMAINING),
    ];

    private static IEnumerable<AttributeRow> Ratchet() =>
    [
        .. Group(
            NoSuchKeys, Bytes, SecretKey, CKA_X2RATCHET_BAG, CKA_X2RATCHET_BOBS1STMSG, CKA_X2RATCHET_CKR, CKA_X2RATCHET_CKS,
            CKA_X2RATCHET_DHP, CKA_X2RATCHET_DHR, CKA_X2RATCHET_DHS, CKA_X2RATCHET_HKR, CKA_X2RATCHET_HKS, CKA_X2RATCHET_NHKR,
            CKA_X2RATCHET_NHKS, CKA_X2RATCHET_RK),
        .. Group(
            NoSuchKeys, Ulong, SecretKey, CKA_X2RATCHET_BAGSIZE, CKA_X2RATCHET_NR, CKA_X2RATCHET_NS, CKA_X2RATCHET_PNS),
        .. Group(NoSuchKeys, Bool, SecretKey, CKA_X2RATCHET_ISALICE),
    ];

    private static IEnumerable<AttributeRow> Otp() =>
    [
        .. Group(
            NoSuchKeys, Ulong, OtpKey, CKA_OTP_FORMAT, CKA_OTP_LENGTH, CKA_OTP_TIME_INTERVAL, CKA_OTP_CHALLENGE_REQUIREMENT,
            CKA_OTP_TIME_REQUIREMENT, CKA_OTP_COUNTER_REQUIREMENT, CKA_OTP_PIN_REQUIREMENT),
        .. Group(NoSuchKeys, Bool, OtpKey, CKA_OTP_USER_FRIENDLY_MODE),
        .. Group(
            NoSuchKeys, Text, OtpKey, CKA_OTP_TIME, CKA_OTP_USER_IDENTIFIER, CKA_OTP_SERVICE_IDENTIFIER, CKA_OTP_SERVICE_LOGO_TYPE),
        .. Group(NoSuchKeys, Bytes, OtpKey, CKA_OTP_COUNTER, CKA_OTP_SERVICE_LOGO),
    ];

    private static IEnumerable<AttributeRow> Features() =>
    [
        .. Group(
            NoSuchObjects, Ulong, HardwareFeature, CKA_HW_FEATURE_TYPE, CKA_PIXEL_X, CKA_PIXEL_Y, CKA_RESOLUTION, CKA_CHAR_ROWS,
            CKA_CHAR_COLUMNS, CKA_BITS_PER_PIXEL),
        .. Group(NoSuchObjects, Bool, HardwareFeature, CKA_RESET_ON_INIT, CKA_HAS_RESET, CKA_COLOR),
        .. Group(NoSuchObjects, Text, HardwareFeature, CKA_CHAR_SETS, CKA_ENCODING_METHODS, CKA_MIME_TYPES),
        Yes(CKA_MECHANISM_TYPE, Ulong, On(Mechanism, TokenGiven)),
        .. Group(
            "CKM_CMS_SIG alone has them.", Bytes, Mechanism, CKA_REQUIRED_CMS_ATTRIBUTES, CKA_DEFAULT_CMS_ATTRIBUTES, CKA_SUPPORTED_CMS_ATTRIBUTES),
        Yes(CKA_PROFILE_ID, Ulong, On(Profile, TokenGiven)),
    ];

    private static IEnumerable<AttributeRow> Trusts() =>
    [
        .. Group(NoSuchObjects, Bytes, Trust, CKA_HASH_OF_CERTIFICATE),
        .. Group(
            NoSuchObjects, Ulong, Trust, CKA_TRUST_SERVER_AUTH, CKA_TRUST_CLIENT_AUTH, CKA_TRUST_CODE_SIGNING,
            CKA_TRUST_EMAIL_PROTECTION, CKA_TRUST_IPSEC_IKE, CKA_TRUST_TIME_STAMPING, CKA_TRUST_OCSP_SIGNING),
    ];

    private static IEnumerable<AttributeRow> Validations() =>
    [
        No(CKA_OBJECT_VALIDATION_FLAGS, Ulong, "The token claims no validation.", On(Key, ForbiddenOnGenerate | ForbiddenOnUnwrap | StaysFalse)),
        .. Group(
            NoSuchObjects, Ulong, Validation, CKA_VALIDATION_TYPE, CKA_VALIDATION_LEVEL, CKA_VALIDATION_FLAG,
            CKA_VALIDATION_AUTHORITY_TYPE),
        .. Group(NoSuchObjects, Bytes, Validation, CKA_VALIDATION_VERSION),
        .. Group(
            NoSuchObjects, Text, Validation, CKA_VALIDATION_MODULE_ID, CKA_VALIDATION_COUNTRY, CKA_VALIDATION_CERTIFICATE_IDENTIFIER,
            CKA_VALIDATION_CERTIFICATE_URI, CKA_VALIDATION_VENDOR_URI, CKA_VALIDATION_PROFILE),
    ];

    private static AttributeRow Yes(CKA attribute, AttributeKind kind, params AttributeUse[] uses) => new(attribute, kind, null, uses);

    private static AttributeRow No(CKA attribute, AttributeKind kind, string whyNot, params AttributeUse[] uses) =>
        new(attribute, kind, whyNot, uses);

    private static IEnumerable<AttributeRow> Group(string whyNot, AttributeKind kind, ObjectClasses classes, params CKA[] attributes) =>
        attributes.Select(attribute => No(attribute, kind, whyNot, On(classes)));

    private static AttributeUse On(ObjectClasses classes, AttributeRules rules = AttributeRules.None) => new(classes, rules);

    private static AttributeUse Secret(AttributeRules rules = AttributeRules.None) =>
        On(PrivateKey, rules | ForbiddenOnGenerate | ForbiddenOnUnwrap | Sensitive);

    // PKCS#11 v3.2 sections 6.2 and 6.4: the same three numbers, ruled by where they stand.
    private static AttributeUse[] DiscreteLogarithm() =>
    [
        On(PublicKey, RequiredOnCreate | RequiredOnGenerate),
        On(PrivateKey, RequiredOnCreate | ForbiddenOnGenerate | ForbiddenOnUnwrap),
        On(DomainParameters, RequiredOnCreate | ForbiddenOnGenerate),
    ];
}
