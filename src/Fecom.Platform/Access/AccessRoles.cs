namespace Fecom.Platform.Access;

/// <summary>What a person is. Each is also the name of an authorization policy, for pages.</summary>
public static class AccessRoles
{
    /// <summary>Sees everything but people, keys and the audit log.</summary>
    public const string Viewer = "viewer";

    /// <summary>Also starts, stops, mends and promotes.</summary>
    public const string Operator = "operator";

    /// <summary>Also says who may do what.</summary>
    public const string Admin = "admin";

    /// <summary>Every role, the weakest first.</summary>
    public static IReadOnlyList<string> All { get; } = [Viewer, Operator, Admin];

    /// <summary>The scope that a role is about: who has it may open the pages of that role.</summary>
    public static string ScopeOf(string role) =>
        role switch
        {
            Viewer => AccessScopes.Read,
            Operator => AccessScopes.Operate,
            _ => AccessScopes.Admin,
        };

    /// <summary>Whether a person of a role has a scope.</summary>
    public static bool Has(string role, string scope) =>
        role switch
        {
            Admin => true,
            Operator => scope is not AccessScopes.Admin,
            Viewer => scope is AccessScopes.Read or AccessScopes.Serve,
            _ => false,
        };
}
