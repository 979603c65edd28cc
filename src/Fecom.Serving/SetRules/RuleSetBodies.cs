using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Fecom.Contracts;

namespace Fecom.Serving.SetRules;

/// <summary>A new version of the rules.</summary>
/// <param name="RuleSet">The rules, all of them.</param>
/// <param name="Reason">Why, for whoever looks later.</param>
/// <param name="Replaces">The version that this one is made from: if another is in force by now, nothing changes and the answer is 409. Null replaces whichever is in force.</param>
internal sealed record RuleSetChange(
    [property: Required] RuleSetBody? RuleSet,
    [property: MaxLength(RuleSetChecks.MaxReason)] string? Reason = null,
    int? Replaces = null
);

/// <summary>The rules for recommendations.</summary>
/// <param name="ExcludeCarted">Whether products in the session's cart stay out, also where seen products may come.</param>
/// <param name="ExcludeBought">Whether products that the session or the visitor bought stay out, also where seen products may come.</param>
/// <param name="MaxPerCategory">How many products of one category an answer holds at most; null for any number.</param>
/// <param name="MaxPerBrand">How many products of one brand an answer holds at most; null for any number.</param>
/// <param name="Diversity">What being unlike the products before it (category, brand) counts in a product's place, beside its score: 0 nothing, 1 all.</param>
/// <param name="ExplorationShare">Share of the places that go to candidates further back, drawn at random.</param>
/// <param name="Rules">Rules about some products.</param>
internal sealed record RuleSetBody(
    bool ExcludeCarted = false,
    bool ExcludeBought = false,
    [property: Range(1, RuleSetChecks.MaxCap)] int? MaxPerCategory = null,
    [property: Range(1, RuleSetChecks.MaxCap)] int? MaxPerBrand = null,
    [property: Range(0.0, 1.0)] double Diversity = 0,
    [property: Range(0.0, RuleSetChecks.MaxExploration)] double ExplorationShare = 0,
    [property: MaxLength(RuleSetChecks.MaxRules)] IReadOnlyList<RuleBody?>? Rules = null
);

/// <summary>A rule about the products that meet every kind of condition that it names; one of each kind is enough. A product whose brand or price is not known meets no condition on it.</summary>
/// <param name="Name">For people, and in explanations; no other rule has it.</param>
/// <param name="Action"><c>exclude</c> keeps them out; <c>include</c> lets only them come, and what other such rules match; <c>pin</c> puts them at a place; <c>boost</c> and <c>bury</c> multiply their scores. What is excluded is not pinned.</param>
/// <param name="Products">Ids.</param>
/// <param name="Categories">Ids, paths such as electronics.smartphone, or levels above them.</param>
/// <param name="Brands">Brands, in any case.</param>
/// <param name="MinPrice">The lowest price.</param>
/// <param name="MaxPrice">The highest price.</param>
/// <param name="Factor">What scores are multiplied by: above 1 and up to 100 for a boost, from 0.001 to below 1 for a bury.</param>
/// <param name="Position">Of a pin: the place, from 1. Products that it names stand one after the other; where it names none, the best candidate that matches stands there.</param>
/// <param name="FromAt">When it begins to hold; null for at once.</param>
/// <param name="UntilAt">When it no longer holds; null for never.</param>
internal sealed record RuleBody(
    [property: Required, Length(1, RuleSetChecks.MaxName)] string? Name,
    [property: Required, AllowedValues("exclude", "include", "pin", "boost", "bury")] string? Action,
    [property: MaxLength(RuleSetChecks.MaxProducts), JsonConverter(typeof(OpaqueIdListConverter))]
        IReadOnlyList<string>? Products = null,
    [property: MaxLength(RuleSetChecks.MaxWords)] IReadOnlyList<string>? Categories = null,
    [property: MaxLength(RuleSetChecks.MaxWords)] IReadOnlyList<string>? Brands = null,
    [property: Range(0.0, RuleSetChecks.MaxPriceLimit)] decimal? MinPrice = null,
    [property: Range(0.0, RuleSetChecks.MaxPriceLimit)] decimal? MaxPrice = null,
    [property: Range(RuleSetChecks.MinFactor, RuleSetChecks.MaxFactor)] double? Factor = null,
    [property: Range(1, RuleSetChecks.MaxPosition)] int? Position = null,
    DateTimeOffset? FromAt = null,
    DateTimeOffset? UntilAt = null
);

/// <summary>A version of the rules, and who made it.</summary>
/// <param name="Version">Counts the versions, from 1; 0 while there was none.</param>
/// <param name="ChangedAt">When; null of version 0.</param>
/// <param name="ChangedBy">Who; null of version 0.</param>
/// <param name="Reason">Why; null of version 0.</param>
/// <param name="RuleSet">The rules.</param>
internal sealed record RuleSetVersion(
    int Version,
    DateTimeOffset? ChangedAt,
    string? ChangedBy,
    string? Reason,
    RuleSetBody RuleSet
);

/// <summary>Versions of the rules.</summary>
/// <param name="Versions">Newest first.</param>
/// <param name="Next">The cursor of the page that follows; null on the last one.</param>
internal sealed record RuleSetVersionList(IReadOnlyList<RuleSetVersion> Versions, string? Next);

/// <summary>What is in stock, of some products.</summary>
/// <param name="Products">1 to 10,000 products.</param>
internal sealed record StockChange(
    [property: Required, Length(1, StockApi.MaxProducts)] IReadOnlyList<StockOfProduct?>? Products
);

/// <summary>Whether a product is in stock.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="InStock">False keeps it out of recommendations; true lets it come again.</param>
internal sealed record StockOfProduct(
    [property: Required, JsonConverter(typeof(OpaqueIdConverter))] string? ProductId,
    [property: Required] bool? InStock
);

/// <summary>What a change of the stock did.</summary>
/// <param name="Changed">Products of which it said something new.</param>
internal sealed record StockChanged(int Changed);

/// <summary>Products that are out of stock.</summary>
/// <param name="Products">The products, in the order of their ids.</param>
/// <param name="Next">The cursor of the page that follows; null on the last one.</param>
internal sealed record OutOfStockList(IReadOnlyList<OutOfStockProduct> Products, string? Next);

/// <summary>A product that is out of stock.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="ChangedAt">Since when.</param>
internal sealed record OutOfStockProduct(string ProductId, DateTime ChangedAt);
