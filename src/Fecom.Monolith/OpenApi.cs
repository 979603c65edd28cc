using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Fecom.Monolith;

/// <summary>The API's description.</summary>
internal static class OpenApi
{
    public static void Describe(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer(
            (document, _, _) =>
            {
                document.Info = new OpenApiInfo
                {
                    Title = "Fecom",
                    Version = "v1",
                    Description = "Events in, purchase predictions and recommendations out.",
                };
                return Task.CompletedTask;
            }
        );
    }
}
