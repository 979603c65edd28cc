using System.Runtime.InteropServices;
using Fecom.Contracts;

namespace Fecom.Ingestion.Generators.Shared;

/// <summary>One event of a visit, before it is written.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Step(double Second, BehaviorEventType Type, Product Product, long Cents);

/// <summary>One visit of one shopper, planned from its beginning to its end; the object is reused for later visits.</summary>
internal sealed class Visit
{
    private const int MaxVisit = 80;

    private readonly List<Step> _steps = [];
    private readonly List<(int DueIn, Step Step)> _pending = [];
    private Dice _dice;
    private double _second;
    private int _next;

    public long Number { get; private set; }

    public Guid Session { get; private set; }

    public long UserId { get; private set; }

    public bool Over => _next >= _steps.Count;

    public Step Current => _steps[_next];

    public void MoveOn() => _next++;

    /// <summary>Plans visit <paramref name="number"/>, which begins at <paramref name="second"/>.</summary>
    public void Begin(long seed, long number, double second, in Shopper shopper, Shop shop)
    {
        _steps.Clear();
        _pending.Clear();
        (_dice, _second, _next) = (Dice.Of(seed, DiceOf.Visit, number), second, 0);
        (Number, UserId, Session) = (number, shopper.Id, NewSession());
        Browse(shopper, shop);
        while (_pending.Count > 0)
        {
            Settle(int.MaxValue);
        }
    }

    private void Browse(in Shopper shopper, Shop shop)
    {
        int looks = Math.Min(MaxVisit, 1 + (int)Math.Exp(0.5 + (1.0 * _dice.Normal())));
        int category = shopper.Interest(shop, ref _dice);
        Product product = shop.Popular(category, ref _dice);
        for (int look = 0; look < looks; look++)
        {
            bool again = _steps.Any(step => step.Product == product);
            Step view = new(_second, BehaviorEventType.View, product, shop.PriceToday(product));
            Add(view);
            Settle(1);
            Consider(view, again, shopper);
            product = NextProduct(product, shopper, shop);
        }
    }

    /// <summary>After a view: into the cart, bought at once, or neither.</summary>
    private void Consider(in Step view, bool again, in Shopper shopper)
    {
        double wish = Wish(view, shopper) + (again ? 0.6 : 0);
        if (_dice.Hits(Sigmoid(wish - 2.6)))
        {
            Add(view with { Second = _second, Type = BehaviorEventType.Cart });
            bool buys = _dice.Hits(Sigmoid((1.3 * wish) + (0.9 * Math.Log(_steps.Count / 4.0)) - 2.9));
            if (buys || _dice.Hits(0.25))
            {
                BehaviorEventType fate = buys ? BehaviorEventType.Purchase : BehaviorEventType.RemoveFromCart;
                _pending.Add((1 + _dice.Below(4), view with { Type = fate }));
            }
        }
        else if (_dice.Hits(Sigmoid(wish - 4.4)))
        {
            Add(view with { Second = _second, Type = BehaviorEventType.Purchase });
        }
    }

    private static double Wish(in Step view, in Shopper shopper)
    {
        double weekend = ((int)(view.Second / 86_400) + Traffic.FirstWeekday) % 7 >= 5 ? 0.3 : 0;
        Product product = view.Product;
        double sale = view.Cents < product.PriceCents ? 0.5 : 0;
        return shopper.Eagerness
            + (0.35 * product.Quality)
            + product.BrandAppeal
            + product.CategoryAppeal
            - (shopper.Thrift * product.Dearness(view.Cents))
            + sale
            + weekend;
    }

    private Product NextProduct(Product product, in Shopper shopper, Shop shop) =>
        _dice.Unit() switch
        {
            < 0.18 => _steps[_dice.Below(_steps.Count)].Product,
            < 0.55 => shop.Beside(product, ref _dice),
            < 0.88 => shop.Popular(product.MadeCategory, ref _dice),
            _ => shop.Popular(shopper.Interest(shop, ref _dice), ref _dice),
        };

    /// <summary>Advances the cart by so many views: each product in it is bought or removed when its number of views has passed.</summary>
    private void Settle(int looks)
    {
        for (int i = 0; i < _pending.Count; i++)
        {
            (int dueIn, Step step) = _pending[i];
            _pending[i] = (dueIn - Math.Min(looks, dueIn), step);
            if (_pending[i].DueIn == 0)
            {
                _pending.RemoveAt(i--);
                Add(step with { Second = _second });
            }
        }
    }

    private void Add(in Step step)
    {
        _steps.Add(step);
        // Half a minute between two events, as a rule; now and then a long break.
        _second += Math.Exp(3.3 + (0.9 * _dice.Normal())) + (_dice.Hits(0.02) ? 900 * _dice.Unit() : 0);
    }

    private Guid NewSession()
    {
        Span<ulong> bits = [_dice.Bits(), _dice.Bits()];
        // Version 4 and its variant, as session ids in real exports are.
        bits[0] = (bits[0] & 0x0FFF_FFFF_FFFF_FFFF) | 0x4000_0000_0000_0000;
        bits[1] = (bits[1] & ~0xC0UL) | 0x80;
        return new Guid(MemoryMarshal.AsBytes(bits));
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
