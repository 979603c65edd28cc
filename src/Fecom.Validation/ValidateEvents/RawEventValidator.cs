using Fecom.Contracts;
using Fecom.Validation.ReadEvents;
using FluentValidation;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.ValidateEvents;

/// <summary>Every check that a raw event must pass: the table of <see cref="EventRules"/>, with this installation's bounds. A rule's error code is its name.</summary>
internal sealed class RawEventValidator : AbstractValidator<RawEvent>
{
    public RawEventValidator(IOptions<ValidationRules> options, TimeProvider time)
    {
        RuleLevelCascadeMode = CascadeMode.Stop;
        foreach (EventField field in new EventRules(options.Value.Bounds(time)).Fields)
        {
            Func<RawEvent, FieldValue> value = RawEvent.Field(field.Name);
            IRuleBuilderInitial<RawEvent, FieldValue> rules = RuleFor(e => value(e));
            if (field.Missing is { } missing)
            {
                Add(rules, field, missing, held => !held.Raw.IsMissing);
            }

            foreach (EventRule rule in field.Rules)
            {
                Add(rules, field, rule, held => held.Raw.IsMissing || rule.Holds(held));
            }
        }
    }

    private static void Add(
        IRuleBuilder<RawEvent, FieldValue> rules,
        EventField field,
        EventRule rule,
        Func<FieldValue, bool> holds
    ) => rules.Must(holds).WithErrorCode(rule.Name).WithMessage(rule.Message).OverridePropertyName(field.Name);
}
