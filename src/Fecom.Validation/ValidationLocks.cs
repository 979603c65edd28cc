namespace Fecom.Validation;

/// <summary>The module's advisory locks.</summary>
internal static class ValidationLocks
{
    public const long KeepInvalidEvents = 0x6665_636f_6d20;
    public const long AskResend = 0x6665_636f_6d21;
    public const long Resend = 0x6665_636f_6d22;
    public const long Index = 0x6665_636f_6d23;
    public const long Alert = 0x6665_636f_6d24;
}
