using Fecom.Learning.Views;
using StackExchange.Redis;

namespace Fecom.Testing;

/// <summary>Reads the online store's values.</summary>
public static class OnlineValues
{
    /// <summary>An entity's packed value; empty when Redis does not know it.</summary>
    public static async Task<byte[]> PackedAsync(IDatabase redis, FeatureView view, string entity) =>
        (byte[]?)await redis.StringGetAsync(FeatureKeys.Key(view.Name, entity)) ?? [];

    /// <summary>One feature of an entity at its newest event, as text; null when Redis does not know the entity.</summary>
    public static async Task<string?> FeatureAsync(IDatabase redis, FeatureView view, string entity, string feature)
    {
        byte[] packed = await PackedAsync(redis, view, entity);
        return packed.Length == 0 ? null : Read(view, view.Unpack(packed), feature);
    }

    /// <summary>One feature of a state at its newest event, as text.</summary>
    public static string Read(FeatureView view, EntityState state, string feature)
    {
        FeatureValue[] values = new FeatureValue[view.Features.Count];
        view.Read(state, state.EventTime, values);
        return values[view.Features.Select(one => one.Name).ToList().IndexOf(feature)].ToString();
    }
}
