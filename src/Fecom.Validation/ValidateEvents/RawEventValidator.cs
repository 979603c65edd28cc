using Fecom.Contracts;
using Fecom.Validation.ReadEvents;
using FluentValidation;
using FluentValidation.Results;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.ValidateEvents;

/// <summary>Every check that a raw event must pass: the table of <see cref="EventRules"/>, with this installation's bounds. A rule's error code is its name.</summary>
internal sealed class RawEventValidator : AbstractValidator<RawEvent>
{
    private readonly EventField[] _fields;

    public RawEventValidator(IOptions<ValidationRules> options, TimeProvider time)
    {
        _fields = [.. new EventRules(options.Value.Bounds(time)).Fields];
        // One check of the whole event, not one a field or a rule: each check of FluentValidation's allocates.
        RuleFor(e => e)
            .Custom(
                (e, context) =>
                {
                    foreach (EventField field in _fields)
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

    /// <summary>
    /// Whether an event breaks no rule. Every event passes here and almost none breaks a rule: only of those that do is
    /// <see cref="AbstractValidator{T}.Validate(T)"/> asked for all that is wrong, for which it makes a dozen objects.
    /// </summary>
    public bool Passes(RawEvent e)
    {
        foreach (EventField field in _fields)
        {
            if (field.Broken(e.Value(field.Key)) is not null)
            {
                return false;
            }
        }

        return true;
    }
}
