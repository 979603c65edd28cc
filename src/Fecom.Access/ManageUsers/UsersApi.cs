using System.ComponentModel;
using System.Globalization;
using Fecom.Access.KnowCallers;
using Fecom.Platform.Access;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Access.ManageUsers;

/// <summary>People who sign in: <c>/api/v1/access/users</c>.</summary>
internal static class UsersApi
{
    private const string IdMeaning = "The person's number.";

    public static void MapUsers(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder users = routes.MapApi("access/users", "Access", "access");
        users
            .MapPost("", AddAsync)
            .WithName("CreateUser")
            .WithSummary("Adds a person who signs in with a password")
            .WithBodyExample("""{"name":"lan","role":"viewer","password":"a long pass phrase"}""");
        users
            .MapGet("", ListAsync)
            .WithName("ListUsers")
            .WithSummary("People who sign in with a password, newest first");
        users
            .MapPut("{id:long}", ChangeAsync)
            .WithName("ChangeUser")
            .WithSummary("Gives a person another role or password; their sessions end within 5 seconds")
            .WithBodyExample("""{"role":"operator"}""")
            .WithNewest("id", "1", NewestAsync)
            .ProducesProblem(StatusCodes.Status404NotFound);
        users
            .MapDelete("{id:long}", RemoveAsync)
            .WithName("DeleteUser")
            .WithSummary("Removes a person; their sessions end within 5 seconds")
            .WithNewest("id", "1", NewestAsync)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<string?> NewestAsync(IServiceProvider services, CancellationToken cancellationToken) =>
        await services.GetRequiredService<PersonTable>().ListAsync(long.MaxValue, 1, cancellationToken) is [var person]
            ? Text(person.Id)
            : null;

    private static async Task<Results<Created<PersonAnswer>, ValidationProblem>> AddAsync(
        PersonRequest request,
        PersonTable table,
        ConfiguredAdmin admin,
        Passwords passwords,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        if (request.Name is not { Length: > 0 and <= 100 } name || string.IsNullOrWhiteSpace(name))
        {
            return ApiProblems.Invalid("name", "name is a text of 1 to 100 characters.");
        }

        if (!AccessRoles.All.Contains(request.Role!))
        {
            return ApiProblems.Invalid("role", RoleMistake);
        }

        if (!IsPassword(request.Password))
        {
            return ApiProblems.Invalid("password", PasswordMistake);
        }

        bool isAdmins = string.Equals(admin.Person?.Name, name, StringComparison.OrdinalIgnoreCase);
        return
            !isAdmins
            && await table.AddAsync(
                name,
                request.Role!,
                passwords.Hash(request.Password!),
                ApiCaller.Of(http),
                cancellationToken
            )
                is { } person
            ? TypedResults.Created(ApiRoutes.Address("access", "users"), PersonAnswer.Of(person))
            : ApiProblems.Invalid(
                "name",
                $"There is somebody of that name already, or {PersonTable.MaxPeople} people."
            );
    }

    private static async Task<Results<Ok<PersonList>, ValidationProblem>> ListAsync(
        PersonTable table,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        Page<PersonRow> found = page.Of(
            await table.ListAsync(page.Below, page.Wanted, cancellationToken),
            person => person.Id
        );
        return TypedResults.Ok(new PersonList([.. found.Items.Select(PersonAnswer.Of)], found.Next));
    }

    private static async Task<Results<Ok<PersonAnswer>, ValidationProblem, ProblemHttpResult>> ChangeAsync(
        [Description(IdMeaning)] long id,
        PersonChange change,
        PersonTable table,
        Passwords passwords,
        CancellationToken cancellationToken
    )
    {
        if (change.Role is not null && !AccessRoles.All.Contains(change.Role))
        {
            return ApiProblems.Invalid("role", RoleMistake);
        }

        if (change.Password is not null && !IsPassword(change.Password))
        {
            return ApiProblems.Invalid("password", PasswordMistake);
        }

        return
            await table.ChangeAsync(
                id,
                change.Role,
                change.Password is { } password ? passwords.Hash(password) : null,
                cancellationToken
            )
                is { } person
            ? TypedResults.Ok(PersonAnswer.Of(person))
            : Unknown(id);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(
        [Description(IdMeaning)] long id,
        PersonTable table,
        CancellationToken cancellationToken
    ) => await table.RemoveAsync(id, cancellationToken) ? TypedResults.NoContent() : Unknown(id);

    private static string RoleMistake => $"role is one of {string.Join(", ", AccessRoles.All)}.";

    private static string PasswordMistake =>
        $"password is a text of {AccessSettingsValidator.MinPassword} to {Passwords.Max} characters.";

    private static bool IsPassword(string? text) =>
        text?.Length is >= AccessSettingsValidator.MinPassword and <= Passwords.Max;

    private static ProblemHttpResult Unknown(long id) =>
        ApiProblems.Unknown("person", $"There is no person {Text(id)}.");

    private static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);
}
