namespace Fecom.Access.SignIn;

/// <summary>The words of the page, in the console's two languages.</summary>
internal sealed record SignInTexts(
    string Language,
    string Title,
    string Name,
    string Password,
    string SignIn,
    string Provider,
    string Wrong,
    string Wait,
    string NoRole,
    string ProviderFailed,
    string Busy
)
{
    private static readonly SignInTexts English = new(
        "en",
        "Sign in to Fecom",
        "Name",
        "Password",
        "Sign in",
        "Sign in with your organisation",
        "Name or password is wrong.",
        "Too many attempts. Try again in {0} seconds.",
        "Your organisation knows you, but gives you no role here. Ask its administrator for one.",
        "Your organisation's sign-in failed; the host's log says why. Try again.",
        "Many people sign in just now. Try again in some seconds."
    );

    private static readonly SignInTexts Vietnamese = new(
        "vi",
        "Đăng nhập Fecom",
        "Tên",
        "Mật khẩu",
        "Đăng nhập",
        "Đăng nhập bằng tài khoản của tổ chức",
        "Tên hoặc mật khẩu không đúng.",
        "Quá nhiều lần thử. Hãy thử lại sau {0} giây.",
        "Tổ chức của bạn biết bạn nhưng chưa cấp vai trò ở đây. Hãy hỏi quản trị viên của tổ chức.",
        "Đăng nhập bằng tài khoản của tổ chức không thành công; xem nhật ký của máy chủ. Hãy thử lại.",
        "Nhiều người đang đăng nhập. Hãy thử lại sau vài giây."
    );

    /// <summary>The language that the browser prefers of the two.</summary>
    public static SignInTexts For(string acceptLanguage)
    {
        int vietnamese = acceptLanguage.IndexOf("vi", StringComparison.OrdinalIgnoreCase);
        int english = acceptLanguage.IndexOf("en", StringComparison.OrdinalIgnoreCase);
        return vietnamese >= 0 && (english < 0 || vietnamese < english) ? Vietnamese : English;
    }
}
