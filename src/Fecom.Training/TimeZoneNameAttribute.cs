using System.ComponentModel.DataAnnotations;

namespace Fecom.Training;

/// <summary>The name of a time zone that this machine knows.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class TimeZoneNameAttribute : ValidationAttribute
{
    public override bool IsValid(object? value) =>
        value is string name && TimeZoneInfo.TryFindSystemTimeZoneById(name, out _);

    public override string FormatErrorMessage(string name) =>
        $"Training:{name} is no time zone that this machine knows; it is a name of the IANA data base, such as Europe/Rome.";
}
