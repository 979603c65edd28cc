using System.ComponentModel.DataAnnotations;
using Fecom.Platform.Access;

namespace Fecom.Access.ManageUsers;

/// <summary>A person to be.</summary>
/// <param name="Name">The name with which they sign in.</param>
/// <param name="Role">What they are: a <c>viewer</c> sees, an <c>operator</c> also changes, an <c>admin</c> also says who may do what.</param>
/// <param name="Password">Their password, 12 to 200 characters.</param>
internal sealed record PersonRequest(
    [property: Required] [property: Length(1, 100)] string? Name,
    [property: Required]
    [property: AllowedValues(AccessRoles.Viewer, AccessRoles.Operator, AccessRoles.Admin)]
        string? Role,
    [property: Required] [property: Length(12, 200)] string? Password
);

/// <summary>What changes of a person. Their sessions end.</summary>
/// <param name="Role">Their new role; left out, it stays.</param>
/// <param name="Password">Their new password; left out, it stays.</param>
internal sealed record PersonChange(
    [property: AllowedValues(AccessRoles.Viewer, AccessRoles.Operator, AccessRoles.Admin, null)] string? Role = null,
    [property: Length(12, 200)] string? Password = null
);

/// <summary>A person.</summary>
/// <param name="Id">Their number.</param>
/// <param name="Name">The name with which they sign in.</param>
/// <param name="Role">What they are.</param>
/// <param name="CreatedAt">When they were added.</param>
/// <param name="CreatedBy">Who added them.</param>
internal sealed record PersonAnswer(
    long Id,
    string Name,
    [property: AllowedValues(AccessRoles.Viewer, AccessRoles.Operator, AccessRoles.Admin)] string Role,
    DateTime CreatedAt,
    string CreatedBy
)
{
    public static PersonAnswer Of(PersonRow row) => new(row.Id, row.Name, row.Role, row.CreatedAt, row.CreatedBy);
}

/// <summary>People who sign in with a password, besides the administrator of the settings.</summary>
/// <param name="Users">The newest first.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record PersonList(IReadOnlyList<PersonAnswer> Users, string? Next);
