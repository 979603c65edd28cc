using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using NSwag;
using NSwag.CodeGeneration.CSharp;

namespace Fecom.FunctionalTests;

/// <summary>A client as a shop's developer makes it from <c>/swagger</c>: by NSwag, in C#.</summary>
internal static class GeneratedClient
{
    /// <summary>Why the client does not compile; nothing when it does.</summary>
    public static IReadOnlyList<string> Errors(string document)
    {
        OpenApiDocument api = OpenApiDocument.FromJsonAsync(document).GetAwaiter().GetResult();
        CSharpClientGeneratorSettings settings = new() { ClassName = "FecomClient" };
        settings.CSharpGeneratorSettings.Namespace = "Shop";
        settings.CSharpGeneratorSettings.JsonLibrary = NJsonSchema
            .CodeGeneration
            .CSharp
            .CSharpJsonLibrary
            .SystemTextJson;
        string code = new CSharpClientGenerator(api, settings).GenerateFile();
        string[] libraries = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Shop",
            [CSharpSyntaxTree.ParseText(code)],
            libraries.Select(library => MetadataReference.CreateFromFile(library)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary)
        );
        return
        [
            .. compilation
                .GetDiagnostics()
                .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
                .Select(diagnostic => diagnostic.ToString()),
        ];
    }
}
