using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>What a visitor's marks say, with one visit left out or none.</summary>
public static class UserHistory
{
    private const int Preferences = 3;
    private const int CartWeight = 3;
    private const int PurchaseWeight = 5;

    // A visitor's features are read millions of times for a training set: a list and a set of a thread serve all of them.
    [ThreadStatic]
    private static List<(string Text, int Weight)>? t_weights;

    [ThreadStatic]
    private static HashSet<string>? t_products;

    /// <summary>The newest mark that is not of a visit; null when there is none.</summary>
    /// <param name="marks">Marks, the newest last.</param>
    /// <param name="except">The visit's hash; null leaves none out.</param>
    public static Mark? Newest(ReadOnlySpan<Mark> marks, uint? except)
    {
        for (int i = marks.Length - 1; i >= 0; i--)
        {
            if (marks[i].Session != except)
            {
                return marks[i];
            }
        }

        return null;
    }

    /// <summary>How many marks lie at or after a moment and are not of a visit.</summary>
    public static int CountSince(ReadOnlySpan<Mark> marks, DateTime since, uint? except = null)
    {
        long oldest = EventOrder.ToMicroseconds(since);
        int count = 0;
        for (int i = marks.Length - 1; i >= 0 && marks[i].Time >= oldest; i--)
        {
            count += marks[i].Session != except ? 1 : 0;
        }

        return count;
    }

    /// <summary>Whether a visit other than this one dealt with a product.</summary>
    public static bool Has(ReadOnlySpan<Mark> marks, string productId, uint? except)
    {
        foreach (ref readonly Mark mark in marks)
        {
            if (mark.Session != except && mark.Product == productId)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The products that were put into a cart and neither taken out nor bought since, the newest first.</summary>
    /// <param name="user">The visitor.</param>
    /// <param name="except">A visit's hash: its events are left out.</param>
    public static List<Mark> OpenCarts(UserState user, uint? except = null)
    {
        List<Mark> open = [];
        Span<int> places = stackalloc int[user.Acted.Length];
        foreach (int place in places[..OpenCarts(user.Acted, except, places)])
        {
            open.Add(user.Acted[place]);
        }

        return open;
    }

    /// <summary>How many products were put into a cart and neither taken out nor bought since.</summary>
    public static int OpenCartCount(UserState user)
    {
        Span<int> places = stackalloc int[user.Acted.Length];
        return OpenCarts(user.Acted, except: null, places);
    }

    /// <summary>The sum of their prices.</summary>
    public static decimal OpenCartValue(UserState user)
    {
        Span<int> places = stackalloc int[user.Acted.Length];
        UInt128 value = 0;
        foreach (int place in places[..OpenCarts(user.Acted, except: null, places)])
        {
            value += Money.UnitsOf(user.Acted[place].Price);
        }

        return Money.AmountOf(value);
    }

    /// <summary>Their ids, the newest first.</summary>
    public static string[] OpenCartProducts(UserState user)
    {
        Span<int> places = stackalloc int[user.Acted.Length];
        string[] products = new string[OpenCarts(user.Acted, except: null, places)];
        for (int i = 0; i < products.Length; i++)
        {
            products[i] = user.Acted[places[i]].Product!;
        }

        return products;
    }

    /// <summary>The sum of the marks' prices.</summary>
    public static decimal Value(List<Mark> marks)
    {
        UInt128 value = 0;
        foreach (Mark mark in marks)
        {
            value += Money.UnitsOf(mark.Price);
        }

        return Money.AmountOf(value);
    }

    /// <summary>How many products the remembered marks name, those of a visit left out.</summary>
    public static int DistinctProducts(UserState user, uint? except = null)
    {
        HashSet<string> products = t_products ??= [];
        products.Clear();
        foreach (ref readonly Mark mark in user.Viewed)
        {
            if (mark.Session != except)
            {
                products.Add(mark.Product!);
            }
        }

        foreach (ref readonly Mark mark in user.Acted)
        {
            if (mark.Session != except)
            {
                products.Add(mark.Product!);
            }
        }

        return products.Count;
    }

    /// <summary>The three categories or brands that weigh most, a view one, an add to the cart three, a purchase five; the heaviest first, of equal ones by text.</summary>
    /// <param name="user">The visitor.</param>
    /// <param name="since">Marks from then on count.</param>
    /// <param name="textOf">The category or brand.</param>
    public static string[] Preferred(UserState user, DateTime since, MarkText textOf)
    {
        List<(string Text, int Weight)> weights = t_weights ??= [];
        weights.Clear();
        long oldest = since == DateTime.MinValue ? long.MinValue : EventOrder.ToMicroseconds(since);
        Weigh(weights, user.Viewed, oldest, textOf);
        Weigh(weights, user.Acted, oldest, textOf);
        string[] heaviest = new string[Math.Min(Preferences, weights.Count)];
        for (int i = 0; i < heaviest.Length; i++)
        {
            heaviest[i] = TakeHeaviest(weights);
        }

        return heaviest;
    }

    private static string TakeHeaviest(List<(string Text, int Weight)> weights)
    {
        int heaviest = 0;
        for (int i = 1; i < weights.Count; i++)
        {
            int order = weights[i].Weight.CompareTo(weights[heaviest].Weight);
            if (order > 0 || (order == 0 && string.CompareOrdinal(weights[i].Text, weights[heaviest].Text) < 0))
            {
                heaviest = i;
            }
        }

        string text = weights[heaviest].Text;
        weights[heaviest] = weights[^1];
        weights.RemoveAt(weights.Count - 1);
        return text;
    }

    /// <summary>Finds the marks of products that are in a cart, the newest first.</summary>
    /// <param name="acted">What was done with products, the newest last.</param>
    /// <param name="except">A visit's hash: its marks are left out.</param>
    /// <param name="places">Takes the places of the marks; as long as they are.</param>
    /// <returns>How many there are.</returns>
    private static int OpenCarts(ReadOnlySpan<Mark> acted, uint? except, Span<int> places)
    {
        int count = 0;
        for (int i = acted.Length - 1; i >= 0; i--)
        {
            if (
                acted[i].Session != except
                && acted[i].Type == BehaviorEventType.Cart
                && !Has(acted[(i + 1)..], acted[i].Product!, except)
            )
            {
                places[count++] = i;
            }
        }

        return count;
    }

    private static void Weigh(
        List<(string Text, int Weight)> weights,
        ReadOnlySpan<Mark> marks,
        long oldest,
        MarkText textOf
    )
    {
        for (int i = marks.Length - 1; i >= 0 && marks[i].Time >= oldest; i--)
        {
            if (textOf(marks[i]) is not { } text || WeightOf(marks[i].Type) is not (> 0 and int weight))
            {
                continue;
            }

            int known = 0;
            while (known < weights.Count && weights[known].Text != text)
            {
                known++;
            }

            if (known == weights.Count)
            {
                weights.Add((text, 0));
            }

            weights[known] = (text, weights[known].Weight + weight);
        }
    }

    private static int WeightOf(BehaviorEventType type) =>
        type switch
        {
            BehaviorEventType.View => 1,
            BehaviorEventType.Cart => CartWeight,
            BehaviorEventType.Purchase => PurchaseWeight,
            _ => 0,
        };
}
