namespace CodeSign.Cryptoki;

/// <summary>Where the objects of a class come from.</summary>
public enum ObjectSource
{
    /// <summary>Nowhere: there are none.</summary>
    Nobody,

    /// <summary>The module makes them for each token; nobody changes them.</summary>
    Module,

    /// <summary>Applications and administrators make them; the appliance, or a session, keeps them.</summary>
    Application,
}
