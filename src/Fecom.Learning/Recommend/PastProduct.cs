using System.Runtime.InteropServices;
using Fecom.Contracts;
using Fecom.Learning.Views;

namespace Fecom.Learning.Recommend;

/// <summary>A product that a visitor dealt with on earlier visits.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="Type">The newest event with it that was not a view; <c>View</c> when it was only looked at.</param>
/// <param name="Visits">How many of the remembered earlier visits dealt with it, from 1.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PastProduct(string ProductId, BehaviorEventType Type, int Visits)
{
    /// <summary>What a visitor dealt with on all remembered visits but one, each product once, the newest first.</summary>
    /// <param name="user">The visitor.</param>
    /// <param name="session">The visit that is left out.</param>
    public static PastProduct[] Of(UserState user, string session)
    {
        ArgumentNullException.ThrowIfNull(user);
        uint except = StableHash.Of(session);
        List<PastProduct> past = [];
        int viewed = user.Viewed.Length - 1;
        int acted = user.Acted.Length - 1;
        while (viewed >= 0 || acted >= 0)
        {
            bool isView = acted < 0 || (viewed >= 0 && Mark.Compare(user.Viewed[viewed], user.Acted[acted]) > 0);
            ref readonly Mark mark = ref isView ? ref user.Viewed[viewed--] : ref user.Acted[acted--];
            if (mark.Session != except)
            {
                // A product that was looked at and acted on in one visit has a mark of each kind.
                Add(past, mark.Product!, mark.Type, isView || !IsMarked(user.Viewed, mark) ? 1 : 0);
            }
        }

        return [.. past];
    }

    /// <summary>Takes in what is older than all before it.</summary>
    internal static void Add(List<PastProduct> past, string product, BehaviorEventType type, int visits)
    {
        int known = 0;
        while (known < past.Count && past[known].ProductId != product)
        {
            known++;
        }

        if (known == past.Count)
        {
            past.Add(new PastProduct(product, type, visits));
            return;
        }

        PastProduct newer = past[known];
        past[known] = newer with
        {
            Type = newer.Type == BehaviorEventType.View ? type : newer.Type,
            Visits = newer.Visits + visits,
        };
    }

    private static bool IsMarked(ReadOnlySpan<Mark> marks, in Mark sought)
    {
        foreach (ref readonly Mark mark in marks)
        {
            if (mark.Session == sought.Session && mark.Product == sought.Product)
            {
                return true;
            }
        }

        return false;
    }
}
