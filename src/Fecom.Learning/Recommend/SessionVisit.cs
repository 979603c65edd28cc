using System.Runtime.InteropServices;
using Fecom.Contracts;

namespace Fecom.Learning.Recommend;

/// <summary>An event of a session, as far as recommenders learn from it.</summary>
/// <param name="Product">The product, in the builder's numbering.</param>
/// <param name="Type">What was done with it.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct SessionVisit(int Product, BehaviorEventType Type);
