using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fecom.Platform.Settings;

/// <summary>A section of the configuration and the class that it is read into.</summary>
/// <param name="Name">Its path, such as <c>Ingestion:Files</c>.</param>
/// <param name="Options">The class, whose properties are the keys.</param>
public sealed record SettingsSection(string Name, Type Options);

/// <summary>The one way to add options, so that every key is known: to the check at the start and to the page of the settings.</summary>
public static class SettingsRegistration
{
    /// <summary>Reads <typeparamref name="TOptions"/> from a section, checked at the start.</summary>
    public static OptionsBuilder<TOptions> AddSettings<TOptions>(this IServiceCollection services, string section)
        where TOptions : class
    {
        services.AddSingleton(new SettingsSection(section, typeof(TOptions)));
        return services.AddOptions<TOptions>().BindConfiguration(section).ValidateOnStart();
    }
}
