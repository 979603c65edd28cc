using System.Runtime.InteropServices;
using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>Takes a finished row.</summary>
/// <param name="row">Its place among the rows that were asked for.</param>
/// <param name="values">Its values, in the order of the columns; valid during the call only.</param>
public delegate void HistoricalRowHandler(int row, ReadOnlySpan<FeatureValue> values);

/// <summary>A column of a training set.</summary>
/// <param name="View">The view's name, or <c>cart</c>.</param>
/// <param name="Feature">The feature.</param>
public sealed record HistoricalColumn(string View, Feature Feature)
{
    /// <summary>The column's name: the view's, two underscores, the feature's; a feature of the cart view has its own name alone.</summary>
    public string Name => View == HistoricalFeatures.CartView ? Feature.Name : $"{View}__{Feature.Name}";
}

/// <summary>
/// Point-in-time features: the values that entities had at given moments, by one pass over the events in the order in which
/// they became known, through the same steps and reads as online.
/// </summary>
/// <remarks>
/// A row at a moment sees every event that was known by then and none other: what happened before but came later is not seen,
/// nor is anything of the future. Memory is that of the states the rows need: of visits, visitors and products those that the
/// rows name, each until its last row, and all categories and brands.
/// </remarks>
public sealed class HistoricalFeatures
{
    /// <summary>The name of the cart view among the columns.</summary>
    public const string CartView = "cart";

    private const string FileSource = "file:";

    private readonly IReadOnlyList<EntityRow> _rows;
    private readonly HistoricalRowHandler _handler;
    private readonly HistoricalStates[] _views;
    private readonly FeatureView[] _listed;
    private readonly TimeZoneInfo? _cartZone;
    private readonly FeatureValue[] _values;
    private DateTime _knownAt = DateTime.MinValue;
    private int _next;

    /// <summary>The next row's moment and last event, which every event is held against.</summary>
    private (DateTime At, Guid? Last) _until;

    /// <summary>Prepares the pass.</summary>
    /// <param name="rows">The rows, in the order of their moments, those of one moment in the order of the last events that they see.</param>
    /// <param name="views">The views whose features become columns.</param>
    /// <param name="cartZone">The shop's time zone when the cart view is wanted too; null leaves it out.</param>
    /// <param name="handler">Takes each row, in the order of the rows.</param>
    public HistoricalFeatures(
        IReadOnlyList<EntityRow> rows,
        IReadOnlyList<FeatureView> views,
        TimeZoneInfo? cartZone,
        HistoricalRowHandler handler
    )
    {
        _rows = rows;
        _handler = handler;
        _listed = [.. views];
        _cartZone = cartZone;
        Columns = ColumnsOf(views, withCart: cartZone is not null);
        _values = new FeatureValue[Columns.Count];
        _views = [.. Needed(views, cartZone is not null).Select(view => new HistoricalStates(view, IsDerived(view)))];
        foreach (EntityRow row in rows)
        {
            foreach (HistoricalStates states in _views)
            {
                states.Expect(states.View.EntityOf(row.Keys));
            }
        }

        LookAhead();
    }

    /// <summary>The columns, in the order of a row's values.</summary>
    public IReadOnlyList<HistoricalColumn> Columns { get; }

    /// <summary>The columns of some views.</summary>
    /// <param name="views">The views.</param>
    /// <param name="withCart">Whether the cart view's follow.</param>
    public static IReadOnlyList<HistoricalColumn> ColumnsOf(IReadOnlyList<FeatureView> views, bool withCart) =>
        [
            .. views.SelectMany(view => view.Features.Select(feature => new HistoricalColumn(view.Name, feature))),
            .. (withCart ? CartFeatures.Features : []).Select(feature => new HistoricalColumn(CartView, feature)),
        ];

    /// <summary>
    /// When an event became known: when it was received if it came live, and when it happened if it was loaded from a file,
    /// since history counts as known when it happened.
    /// </summary>
    public static DateTime KnownAt(BehaviorEvent e) =>
        e.Source.StartsWith(FileSource, StringComparison.Ordinal) ? e.EventTime : e.ReceivedAt;

    /// <summary>Takes the next event in; rows from before it was known are finished first.</summary>
    /// <param name="e">The event.</param>
    /// <param name="knownAt">When it became known, UTC: not before that of the event before.</param>
    /// <exception cref="ArgumentException">It was known before the event that was given before it.</exception>
    public void Take(BehaviorEvent e, DateTime knownAt)
    {
        if (knownAt < _knownAt)
        {
            throw new ArgumentException(
                $"An event known at {knownAt:O} follows one known at {_knownAt:O}.",
                nameof(knownAt)
            );
        }

        _knownAt = knownAt;
        FinishBefore(knownAt, int.MaxValue);
        foreach (HistoricalStates states in _views)
        {
            states.Step(e);
        }

        while (_next < _rows.Count && _until.Last == e.EventId)
        {
            FinishNext();
        }
    }

    /// <summary>
    /// Finishes rows from before a moment, for whoever takes a part of them at a time; <see cref="Take"/> finishes those that are left.
    /// </summary>
    /// <param name="moment">The moment, UTC: no event that is yet to come was known before it.</param>
    /// <param name="maxRows">How many rows at once.</param>
    /// <returns>Whether none from before the moment is left.</returns>
    public bool FinishBefore(DateTime moment, int maxRows)
    {
        for (; _next < _rows.Count && _until.At < moment; maxRows--)
        {
            if (maxRows <= 0)
            {
                return false;
            }

            FinishNext();
        }

        return true;
    }

    /// <summary>Finishes the rows that are left: there are no more events.</summary>
    public void Complete()
    {
        while (_next < _rows.Count)
        {
            FinishNext();
        }
    }

    private static IEnumerable<FeatureView> Needed(IReadOnlyList<FeatureView> views, bool withCart)
    {
        // Category and brand are those of the product when a row does not name them.
        IEnumerable<FeatureView> product = views.Any(IsDerived) ? [FeatureViews.Product] : [];
        IEnumerable<FeatureView> cart = withCart
            ?
            [
                FeatureViews.Session,
                FeatureViews.User,
                FeatureViews.Product,
                FeatureViews.Category,
                FeatureViews.Brand,
                FeatureViews.Shop,
            ]
            : [];
        return views.Concat(product).Concat(cart).Distinct();
    }

    private static bool IsDerived(FeatureView view) => view is CategoryView or BrandView;

    private void FinishNext()
    {
        Finish(_next, _rows[_next]);
        _next++;
        LookAhead();
    }

    private void LookAhead() => _until = _next < _rows.Count ? (_rows[_next].At, _rows[_next].Last) : default;

    private void Finish(int place, in EntityRow row)
    {
        EntityKeys keys = WithProduct(row.Keys);
        foreach (HistoricalStates states in _views)
        {
            states.Look(keys);
        }

        DateTime at = row.ReadAt ?? row.At;
        Span<FeatureValue> rest = _values;
        foreach (FeatureView view in _listed)
        {
            Read(view, StatesOf(view)!.Found, at, rest);
            rest = rest[view.Features.Count..];
        }

        if (_cartZone is not null)
        {
            CartFeatures.Read(MomentOf(keys, at), rest);
        }

        _handler(place, _values);
        foreach (HistoricalStates states in _views)
        {
            states.Release(states.View.EntityOf(row.Keys));
        }
    }

    private static void Read(FeatureView view, EntityState? state, DateTime at, Span<FeatureValue> values)
    {
        if (state is not null)
        {
            view.Read(state, at, values[..view.Features.Count]);
            return;
        }

        for (int i = 0; i < view.Features.Count; i++)
        {
            values[i] = view.Features[i].Default;
        }
    }

    private EntityKeys WithProduct(in EntityKeys keys)
    {
        if (StatesOf(FeatureViews.Product)?.Look(keys) is not ProductState product)
        {
            return keys;
        }

        return keys with
        {
            CategoryId = keys.CategoryId ?? product.Newest.CategoryId,
            Brand = keys.Brand ?? product.Newest.Brand,
        };
    }

    private CartMoment MomentOf(in EntityKeys keys, DateTime at) =>
        new()
        {
            ProductId = keys.ProductId ?? "",
            UserSession = keys.UserSession,
            At = at,
            Zone = _cartZone!,
            Session = (SessionState?)StatesOf(FeatureViews.Session)?.Found,
            User = (UserState?)StatesOf(FeatureViews.User)?.Found,
            Product = (ProductState?)StatesOf(FeatureViews.Product)?.Found,
            Category = (CategoryState?)StatesOf(FeatureViews.Category)?.Found,
            Brand = (BrandState?)StatesOf(FeatureViews.Brand)?.Found,
            Shop = (ShopState?)StatesOf(FeatureViews.Shop)?.Found,
        };

    /// <summary>The states of a view; null when neither a column nor the cart view needs them.</summary>
    private HistoricalStates? StatesOf(FeatureView view)
    {
        foreach (HistoricalStates states in _views)
        {
            if (states.View == view)
            {
                return states;
            }
        }

        return null;
    }

    /// <summary>The states of one view that rows still need.</summary>
    private sealed class HistoricalStates(FeatureView view, bool keepsAll)
    {
        private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

        /// <summary>The state that was stepped last, for a view of one entity such as the shop's.</summary>
        private (string Entity, EntityState State) _newest;

        public FeatureView View => view;

        /// <summary>A row will ask for an entity.</summary>
        public void Expect(string? entity)
        {
            if (entity is not null && !keepsAll)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(_entries, entity, out _).Rows++;
            }
        }

        /// <summary>A row that asked for an entity is done.</summary>
        public void Release(string? entity)
        {
            if (
                entity is not null
                && !keepsAll
                && --CollectionsMarshal.GetValueRefOrNullRef(_entries, entity).Rows == 0
            )
            {
                _entries.Remove(entity);
                _newest = default;
            }
        }

        /// <summary>The state that was looked for last; null when there is none.</summary>
        public EntityState? Found { get; private set; }

        /// <summary>Looks for a row's state.</summary>
        public EntityState? Look(in EntityKeys keys) =>
            Found = view.EntityOf(keys) is { } entity ? _entries.GetValueOrDefault(entity).State : null;

        public void Step(BehaviorEvent e)
        {
            if (view.EntityOf(e) is not { } entity)
            {
                return;
            }

            if (ReferenceEquals(entity, _newest.Entity))
            {
                _newest.State.Step(e);
                return;
            }

            ref Entry entry = ref keepsAll
                ? ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, entity, out _)
                : ref CollectionsMarshal.GetValueRefOrNullRef(_entries, entity);
            if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref entry))
            {
                entry.State ??= view.Create();
                entry.State.Step(e);
                _newest = (entity, entry.State);
            }
        }

        [StructLayout(LayoutKind.Auto)]
        private struct Entry
        {
            public EntityState? State;
            public int Rows;
        }
    }
}
