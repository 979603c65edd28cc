using Fecom.Learning.Views;

namespace Fecom.Serving.ReadOnlineStore;

/// <summary>
/// The shop's state, unpacked once for as long as it stays the same. Every prediction reads it, it changes some times a second, and it is
/// the largest state there is. Asked from any number of threads at once.
/// </summary>
internal sealed class UnpackedShop
{
    private volatile Known? _known;

    /// <summary>The state that some bytes hold. It is shared: nobody changes it.</summary>
    /// <exception cref="FormatException">They are not a shop's state, or another version of the view wrote them.</exception>
    public ShopState Of(ReadOnlySpan<byte> packed)
    {
        if (_known is { } known && packed.SequenceEqual(known.Packed))
        {
            return known.State;
        }

        ShopState state = FeatureViews.Shop.Unpack(packed);
        _known = new Known(packed.ToArray(), state);
        return state;
    }

    private sealed record Known(byte[] Packed, ShopState State);
}
