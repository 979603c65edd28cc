using System.Runtime.InteropServices;
using Fecom.Contracts;
using Fecom.Learning.Recommend;

namespace Fecom.Learning.NextItem;

/// <summary>A <see cref="PastProduct"/> by the product's number, which is -1 where the index does not know it.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PastVisit(int Product, BehaviorEventType Type, int Visits);
