using System.Globalization;
using System.Text.Encodings.Web;

namespace Fecom.Access.SignIn;

/// <summary>The page on which people sign in: plain HTML that needs no script.</summary>
internal static class SignInPage
{
    private const string Style = """
        :root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
        body{margin:0;min-height:100vh;display:grid;place-items:center;background:Canvas;color:CanvasText}
        main{width:min(22rem,calc(100vw - 2rem))}
        h1{font-size:1.5rem}
        label{display:block;margin:1rem 0 .25rem}
        input{box-sizing:border-box;width:100%;padding:.6rem;font:inherit;border:1px solid GrayText;border-radius:.3rem}
        button,a.provider{box-sizing:border-box;display:block;width:100%;margin-top:1.5rem;padding:.7rem;font:inherit;text-align:center;
        text-decoration:none;border:0;border-radius:.3rem;background:#3d3a9e;color:#fff;cursor:pointer}
        .problem{padding:.6rem .8rem;border-left:4px solid #c62828;background:rgba(198,40,40,.1)}
        """;

    /// <param name="texts">Its words.</param>
    /// <param name="options">What there is to sign in with.</param>
    /// <param name="returnUrl">Where to go then.</param>
    /// <param name="name">The name that was typed before.</param>
    /// <param name="problem">What went wrong; null when nothing did.</param>
    public static string Write(
        SignInTexts texts,
        AccessOptions options,
        string returnUrl,
        string name = "",
        string? problem = null
    )
    {
        string told = problem is null ? "" : $"<p class=\"problem\" role=\"alert\">{Encode(problem)}</p>";
        string provider = options.OpenIdConnect.IsSet
            ? $"<a class=\"provider\" href=\"/signin/provider?return_url={Encode(Uri.EscapeDataString(returnUrl))}\">{Encode(texts.Provider)}</a>"
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            <!doctype html>
            <html lang="{texts.Language}">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width,initial-scale=1">
            <title>{Encode(texts.Title)}</title>
            <style>{Style}</style>
            </head>
            <body>
            <main>
            <h1>{Encode(texts.Title)}</h1>
            {told}
            <form method="post" action="/signin">
            <input type="hidden" name="return_url" value="{Encode(returnUrl)}">
            <label for="name">{Encode(texts.Name)}</label>
            <input id="name" name="name" value="{Encode(
                name
            )}" autocomplete="username" maxlength="100" required autofocus>
            <label for="password">{Encode(texts.Password)}</label>
            <input id="password" name="password" type="password" autocomplete="current-password" maxlength="200" required>
            <button type="submit">{Encode(texts.SignIn)}</button>
            </form>
            {provider}
            </main>
            </body>
            </html>
            """
        );
    }

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);
}
