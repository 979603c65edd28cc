using System.Runtime.InteropServices;
using Fecom.Learning.Recommend;

namespace Fecom.Learning.Merchandising;

/// <summary>What rules go by: what the shop said last of a product.</summary>
/// <param name="Category">Where it belongs.</param>
/// <param name="Brand">Null when the shop did not say.</param>
/// <param name="Price">In the shop's currency; null when it is not known.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ProductFacts(Category Category, string? Brand, decimal? Price);
