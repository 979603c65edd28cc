using Fecom.Contracts;
using Fecom.Validation.ReadEvents;
using FluentValidation.Results;

namespace Fecom.Validation.ValidateEvents;

/// <summary>What is wrong with an event's JSON, as its <see cref="EventError"/>s.</summary>
internal sealed class EventCheck(RawEventValidator validator)
{
    /// <summary>Every error; empty when the event is valid. A change without a new row is an error here, since validation would skip it.</summary>
    /// <param name="json">The event.</param>
    /// <param name="ofChanges">Whether it is read as the topic of changes is: see <see cref="RawEventReader.Read"/>.</param>
    public IReadOnlyList<EventError> Errors(ReadOnlySpan<byte> json, bool ofChanges = false) =>
        RawEventReader.Read(json, out string? problem, ofChanges) switch
        {
            null => [Unreadable(problem!)],
            { IsSkipped: true } => [Unreadable("this tells of a row that was changed or removed, which is no event")],
            { } raw => Errors(validator.Validate(raw)),
        };

    public static IReadOnlyList<EventError> Errors(ValidationResult result) => [.. result.Errors.Select(Error)];

    public static EventError Unreadable(string problem) => EventRules.NoEvent(problem);

    private static EventError Error(ValidationFailure failure) =>
        new(failure.PropertyName, failure.ErrorCode, failure.ErrorMessage);
}
