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
        EventField[] fields = [.. new EventRules(options.Value.Bounds(time)).Fields];
        // One check of the whole event, not one a field or a rule: every event passes here, almost none breaks a rule, and each
        // check of FluentValidation's allocates.
        RuleFor(e => e)
            .Custom(
                (e, context) =>
                {
                    foreach (EventField field in fields)
                    {
                        if (field.Broken(e.Value(field.Key)) is { } rule)
                        {
                            context.AddFailure(
                                new ValidationFailure(field.Name, rule.Message) { ErrorCode = rule.Name }
                            );
                        }
                    }
                }
            );
    }
}
