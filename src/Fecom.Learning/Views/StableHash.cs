namespace Fecom.Learning.Views;

/// <summary>A hash that is the same in every process and version: it lies in stored states.</summary>
public static class StableHash
{
    /// <summary>Thirty-two bits of a text, evenly spread: FNV-1a over its UTF-16 units with the last steps of MurmurHash3.</summary>
    public static uint Of(ReadOnlySpan<char> text)
    {
        uint hash = 2_166_136_261;
        foreach (char c in text)
        {
            hash = (hash ^ c) * 16_777_619;
        }

        hash = (hash ^ (hash >> 16)) * 0x85eb_ca6b;
        hash = (hash ^ (hash >> 13)) * 0xc2b2_ae35;
        return hash ^ (hash >> 16);
    }
}
