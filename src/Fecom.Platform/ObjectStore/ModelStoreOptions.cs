using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Platform.ObjectStore;

/// <summary>Where models are kept, for trainings that write them and hosts that serve them. Section <c>Models</c>.</summary>
internal sealed class ModelStoreOptions : IValidatableObject
{
    /// <summary><c>files</c>: the folder <c>Paths:Models</c>; <c>s3</c>: the bucket of <see cref="S3"/>, which hosts on other machines read too. Default <c>files</c>.</summary>
    [AllowedValues("files", "s3")]
    public string Store { get; set; } = "files";

    /// <summary>Of <see cref="Store"/> <c>s3</c>.</summary>
    [ValidateObjectMembers]
    public S3Options S3 { get; set; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Store == "s3" ? S3.Problems("Models") : [];
}

[OptionsValidator]
internal sealed partial class ModelStoreOptionsValidator : IValidateOptions<ModelStoreOptions>;
