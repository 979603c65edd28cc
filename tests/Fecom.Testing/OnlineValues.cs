using Fecom.Learning.Views;
using StackExchange.Redis;

namespace Fecom.Testing;

/// <summary>Reads the online store's values.</summary>
public static class OnlineValues
{
    /// <summary>An entity's names and values by turns, as its state's <c>ToFields</c> gives them; none when Redis does not know it.</summary>
    public static async Task<string[]> FieldsAsync(IDatabase redis, FeatureView view, string entity)
    {
        byte[] packed = (byte[]?)await redis.StringGetAsync(FeatureKeys.Key(view.Name, entity)) ?? [];
        return packed.Length == 0
            ? []
            :
            [
                .. view
                    .FieldNames.Zip(PackedFeatures.Unpack(packed, view))
                    .SelectMany(field => new[] { field.First, field.Second! }),
            ];
    }

    /// <summary>One value of an entity; null when Redis does not know it.</summary>
    public static async Task<string?> FieldAsync(IDatabase redis, FeatureView view, string entity, string field)
    {
        string[] fields = await FieldsAsync(redis, view, entity);
        return fields.Length == 0 ? null : fields[1 + Array.IndexOf(fields, field)];
    }
}
