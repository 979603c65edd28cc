using Fecom.Contracts;
using Fecom.Validation.ReadEvents;
using FluentValidation;
using FluentValidation.Results;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.ValidateEvents;

/// <summary>Every check that a raw event must pass: the table of <see cref="EventRules"/>, with this installation's bounds. A rule's error code is its name.</summary>
internal sealed class RawEventValidator : AbstractValidator<RawEvent>
{
    public RawEventValidator(IOptions<ValidationRules> options, TimeProvider time)
    {
        foreach (EventField field in new EventRules(options.Value.Bounds(time)).Fields)
        {
            Func<RawEvent, FieldValue> value = RawEvent.Field(field.Name);
            // One check a field, not one a rule: every event passes here, and almost none breaks a rule.
            RuleFor(e => value(e))
                .Custom(
                    (held, context) =>
                    {
                        if (field.Broken(held) is { } rule)
                        {
                            context.AddFailure(
                                new ValidationFailure(field.Name, rule.Message) { ErrorCode = rule.Name }
                            );
                        }
                    }
                );
        }
    }
}
