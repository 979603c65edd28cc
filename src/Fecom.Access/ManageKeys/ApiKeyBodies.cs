using System.ComponentModel.DataAnnotations;

namespace Fecom.Access.ManageKeys;

/// <summary>Asks for an API key.</summary>
/// <param name="Name">What uses it, for people.</param>
/// <param name="Scopes">What it may do: <c>ingest</c> (send events and feedback), <c>serve</c> (ask for predictions, recommendations, online features), <c>read</c>, <c>operate</c>, <c>admin</c>.</param>
/// <param name="ExpiresAt">When it ends; never when left out.</param>
/// <param name="Origins">Makes it a publishable key: the origins whose pages may send it, each of which is in the setting <c>Access:Origins</c>. It has the scope <c>ingest</c> alone.</param>
internal sealed record ApiKeyRequest(
    [property: Required] [property: Length(1, 100)] string? Name,
    [property: Required] [property: Length(1, 5)] IReadOnlyList<string>? Scopes,
    DateTimeOffset? ExpiresAt = null,
    [property: MaxLength(20)] IReadOnlyList<string>? Origins = null
);

/// <summary>An API key, without its secret.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">What uses it.</param>
/// <param name="Kind">Whether it is secret, or may stand in a page.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="Origins">Of a publishable key: the origins whose pages may send it.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="CreatedBy">Who made it.</param>
/// <param name="ExpiresAt">When it ends; null when it does not.</param>
/// <param name="LastUsedAt">When it was used last, to some minutes; null when it has not been.</param>
/// <param name="RevokedAt">When it was revoked; null when it was not.</param>
internal sealed record ApiKeyAnswer(
    long Id,
    string Name,
    [property: AllowedValues("secret", "publishable")] string Kind,
    IReadOnlyList<string> Scopes,
    IReadOnlyList<string> Origins,
    DateTime CreatedAt,
    string CreatedBy,
    DateTime? ExpiresAt,
    DateTime? LastUsedAt,
    DateTime? RevokedAt
)
{
    public static ApiKeyAnswer Of(ApiKeyRow row) =>
        new(
            row.Id,
            row.Name,
            row.Origins.Length > 0 ? "publishable" : "secret",
            row.Scopes,
            row.Origins,
            row.CreatedAt,
            row.CreatedBy,
            row.ExpiresAt,
            row.LastUsedAt,
            row.RevokedAt
        );
}

/// <summary>A key that was made.</summary>
/// <param name="Key">The key itself. It is shown this once and kept nowhere: send it as <c>Authorization: Bearer</c>.</param>
/// <param name="ApiKey">What is known of it.</param>
internal sealed record NewApiKey(string Key, ApiKeyAnswer ApiKey);

/// <summary>API keys.</summary>
/// <param name="Keys">The newest first.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record ApiKeyList(IReadOnlyList<ApiKeyAnswer> Keys, string? Next);
