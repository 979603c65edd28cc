using System.Runtime.InteropServices;

namespace Fecom.Learning.Views;

/// <summary>The entities that a row is about; null where it names none.</summary>
/// <param name="UserId">The visitor.</param>
/// <param name="UserSession">The visit.</param>
/// <param name="ProductId">The product.</param>
/// <param name="CategoryId">The category; when null, that of the product's newest event.</param>
/// <param name="Brand">The brand; when null, that of the product's newest event.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct EntityKeys(
    string? UserId,
    string? UserSession,
    string? ProductId,
    string? CategoryId = null,
    string? Brand = null
);

/// <summary>A row of a training set before it has features: which entities, and when.</summary>
/// <param name="Keys">The entities.</param>
/// <param name="At">The moment, UTC: the row sees what was known then.</param>
/// <param name="Last">
/// The last event that the row sees, which was known at that moment; null when it sees all that were known then. In a file whose times
/// are whole seconds, what followed an event within its second is a later thing.
/// </param>
/// <param name="ReadAt">
/// The moment of which its features speak, where that is not <paramref name="At"/>, UTC: a visit that is over stays in its own time,
/// whatever has become known since.
/// </param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct EntityRow(EntityKeys Keys, DateTime At, Guid? Last = null, DateTime? ReadAt = null);
