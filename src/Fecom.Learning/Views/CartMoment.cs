using Fecom.Learning.Purchase;

namespace Fecom.Learning.Views;

/// <summary>A product in a visit at a moment, with all that is known of both, of the visitor and of the shop: what <see cref="CartFeatures"/> are read from.</summary>
/// <remarks>The same at a request and in training. A state that is not known is null.</remarks>
public sealed class CartMoment
{
    private readonly string? _userSession;
    private List<Mark>? _openCarts;
    private SessionFeatures? _candidate;
    private bool _hasCandidate;

    /// <summary>The product at hand.</summary>
    public required string ProductId { get; init; }

    /// <summary>The visit's id; null when there is none.</summary>
    public required string? UserSession
    {
        get => _userSession;
        init
        {
            _userSession = value;
            SessionHash = value is null ? null : StableHash.Of(value);
        }
    }

    /// <summary>The moment, UTC.</summary>
    public required DateTime At { get; init; }

    /// <summary>The shop's time zone.</summary>
    public required TimeZoneInfo Zone { get; init; }

    /// <summary>The visit.</summary>
    public SessionState? Session { get; init; }

    /// <summary>The visitor.</summary>
    public UserState? User { get; init; }

    /// <summary>The product.</summary>
    public ProductState? Product { get; init; }

    /// <summary>The product's category.</summary>
    public CategoryState? Category { get; init; }

    /// <summary>The product's brand.</summary>
    public BrandState? Brand { get; init; }

    /// <summary>The shop.</summary>
    public ShopState? Shop { get; init; }

    /// <summary>The six features of the original model; null when nothing is known of the product.</summary>
    public SessionFeatures? Candidate
    {
        get
        {
            if (!_hasCandidate)
            {
                _candidate = CandidateFeatures.Of(ProductId, Session, Product, At);
                _hasCandidate = true;
            }

            return _candidate;
        }
    }

    /// <summary>The moment in the shop's time zone.</summary>
    public DateTime LocalTime => TimeZoneInfo.ConvertTimeFromUtc(At, Zone);

    /// <summary>The visit among the visitor's marks: history leaves it out.</summary>
    public uint? SessionHash { get; private init; }

    /// <summary>Products that earlier visits put into the cart and neither took out nor bought.</summary>
    public List<Mark> OpenCarts => _openCarts ??= User is null ? [] : UserHistory.OpenCarts(User, SessionHash);

    /// <summary>The price at hand; null when nothing is known of the product.</summary>
    public decimal? Price => Candidate?.Price;
}
