using System.Text.Json;
using Fecom.Contracts;
using Fecom.Validation.ReadEvents;
using FluentValidation;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.ValidateEvents;

/// <summary>Every check that a raw event must pass. A rule's error code is its name in errors and counts.</summary>
internal sealed class RawEventValidator : AbstractValidator<RawEvent>
{
    private const int MaxIdLength = BehaviorEventShape.MaxIdLength;
    private const int MaxTextLength = BehaviorEventShape.MaxTextLength;

    private const string Unscaled =
        "came as the bytes of a decimal without its scale, so its value is not known: have the connector write decimals as text with decimal.handling.mode=string, or with their schema, value.converter.schemas.enable=true";

    public RawEventValidator(IOptions<ValidationRules> options, TimeProvider time)
    {
        ValidationRules rules = options.Value;
        RuleLevelCascadeMode = CascadeMode.Stop;
        RuleFor(e => e.EventTime)
            .Must(field => !field.IsMissing)
            .WithErrorCode("event_time_present")
            .WithMessage("event_time is missing")
            .Must((e, _) => e.Time is not null)
            .WithErrorCode("event_time_format")
            .WithMessage(EventTimes.Refusal)
            .Must((e, _) => e.Time >= rules.OldestEventTime)
            .WithErrorCode("event_time_oldest")
            .WithMessage($"event_time is before {rules.OldestEventTime:yyyy-MM-dd}")
            .Must((e, _) => e.Time <= time.GetUtcNow().UtcDateTime.AddHours(rules.FutureHours))
            .WithErrorCode("event_time_future")
            .WithMessage($"event_time is more than {rules.FutureHours} hours in the future");
        RuleFor(e => e.EventType)
            .Must((e, _) => e.Type is not null)
            .WithErrorCode("event_type_known")
            .WithMessage("event_type is none of view, cart, remove_from_cart, purchase");
        Id("product_id", e => e.ProductId, required: true);
        Id("user_id", e => e.UserId, required: true);
        Id("user_session", e => e.UserSession, required: true);
        Id("category_id", e => e.CategoryId, required: false);
        Id("event_id", e => e.EventId, required: false);
        // One rule for all of them: it is looked at for every event, and almost never does an event have such a field.
        RuleFor(e => e.Unscaled)
            .Custom(
                (fields, context) =>
                {
                    foreach (string field in fields.Where(field => field != "price"))
                    {
                        context.AddFailure(
                            new FluentValidation.Results.ValidationFailure(field, $"{field} {Unscaled}")
                            {
                                ErrorCode = $"{field}_scale",
                            }
                        );
                    }
                }
            );
        Text("category_code", e => e.CategoryCode);
        Text("brand", e => e.Brand);
        RuleFor(e => e.Price)
            .Must(field => !field.IsMissing)
            .WithErrorCode("price_present")
            .WithMessage("price is missing")
            .Must((e, _) => !e.Unscaled.Contains("price"))
            .WithErrorCode("price_scale")
            .WithMessage($"price {Unscaled}")
            .Must((e, _) => e.Amount is not null)
            .WithErrorCode("price_number")
            .WithMessage("price is not a number")
            .Must((e, _) => e.Amount > 0)
            .WithErrorCode("price_positive")
            .WithMessage("price is not above 0")
            .Must((e, _) => e.Amount <= rules.HighestPrice)
            .WithErrorCode("price_highest")
            .WithMessage($"price is above {rules.HighestPrice}");
    }

    private void Id(string name, Func<RawEvent, RawField> field, bool required)
    {
        RuleFor(e => e)
            .Must(e => !required || !field(e).IsMissing)
            .WithErrorCode($"{name}_present")
            .WithMessage($"{name} is missing")
            .OverridePropertyName(name)
            .Must(e => field(e) is var id && (id.IsMissing || IsId(id)))
            .WithErrorCode($"{name}_id")
            .WithMessage($"{name} is neither an integer nor a string of 1 to {MaxIdLength} printable characters")
            .OverridePropertyName(name);
    }

    private void Text(string name, Func<RawEvent, RawField> field) =>
        RuleFor(e => e)
            .Must(e => field(e) is var text && (text.IsMissing || IsText(text)))
            .WithErrorCode($"{name}_text")
            .WithMessage($"{name} is not a string of up to {MaxTextLength} characters without control characters")
            .OverridePropertyName(name);

    private static bool IsId(in RawField field) =>
        field.Kind switch
        {
            JsonTokenType.String => field.Text!.Length <= MaxIdLength && BehaviorEventShape.IsPrintable(field.Text),
            JsonTokenType.Number => field.Text!.Length <= MaxIdLength && IsInteger(field.Text),
            _ => false,
        };

    private static bool IsText(in RawField field) =>
        field.Kind == JsonTokenType.String
        && field.Text!.Length <= MaxTextLength
        && !field.Text.AsSpan().ContainsAnyInRange('\0', '\u001f');

    private static bool IsInteger(string digits) =>
        !digits.AsSpan(digits[0] == '-' ? 1 : 0).ContainsAnyExceptInRange('0', '9');
}
