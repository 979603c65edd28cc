namespace Fecom.Learning.Views;

/// <summary>How many visits a visitor has made, in how many a product was carted and in how many bought: exact up to 128 visits, estimated beyond.</summary>
/// <remarks>
/// The 128 visits whose ids have the smallest hashes are kept (a bottom-k sample). Whatever the order of the events, a visit
/// of the final sample was in it from its first event on, so its marks are whole. Beyond 128 visits their number follows from
/// how closely the kept hashes lie (standard error 9%), and the shares from the sample.
/// </remarks>
public sealed class SessionSample
{
    private const int Capacity = 128;
    private const int CartFlag = 1;
    private const int PurchaseFlag = 2;
    private const double Hashes = 1L << 32;

    private uint[] _hashes = [];
    private byte[] _flags = [];
    private int _count;

    /// <summary>Visits.</summary>
    public long Sessions =>
        _count < Capacity ? _count : (long)Math.Round((Capacity - 1) * Hashes / (_hashes[^1] + 1.0));

    /// <summary>Visits in which a product was put into the cart.</summary>
    public long CartSessions => Estimate(CartFlag);

    /// <summary>Visits in which a product was bought.</summary>
    public long PurchaseSessions => Estimate(PurchaseFlag);

    /// <summary>Takes an event of a visit in.</summary>
    public void Add(uint session, bool isCart, bool isPurchase)
    {
        int place = Array.BinarySearch(_hashes, 0, _count, session);
        byte flags = (byte)((isCart ? CartFlag : 0) | (isPurchase ? PurchaseFlag : 0));
        if (place >= 0)
        {
            _flags[place] |= flags;
            return;
        }

        place = ~place;
        if (place == Capacity)
        {
            return;
        }

        if (_count == _hashes.Length && _count < Capacity)
        {
            int size = Math.Min(Capacity, Math.Max(4, 2 * _count));
            Array.Resize(ref _hashes, size);
            Array.Resize(ref _flags, size);
        }

        _count = Math.Min(_count + 1, Capacity);
        Array.Copy(_hashes, place, _hashes, place + 1, _count - place - 1);
        Array.Copy(_flags, place, _flags, place + 1, _count - place - 1);
        (_hashes[place], _flags[place]) = (session, flags);
    }

    internal void Write(PackedWriter writer)
    {
        writer.Count(_count);
        uint before = 0;
        for (int i = 0; i < _count; i++)
        {
            writer.Count(((long)(_hashes[i] - before) << 2) | _flags[i]);
            before = _hashes[i];
        }
    }

    internal void Read(ref PackedReader reader)
    {
        _count = reader.Count(Capacity);
        (_hashes, _flags) = (new uint[_count], new byte[_count]);
        uint before = 0;
        for (int i = 0; i < _count; i++)
        {
            long entry = reader.Count();
            _hashes[i] = before += (uint)(entry >> 2);
            _flags[i] = (byte)(entry & (CartFlag | PurchaseFlag));
        }
    }

    private long Estimate(int flag)
    {
        long marked = 0;
        for (int i = 0; i < _count; i++)
        {
            marked += (_flags[i] & flag) == 0 ? 0 : 1;
        }

        return _count < Capacity ? marked : (long)Math.Round((double)marked * Sessions / _count);
    }
}
