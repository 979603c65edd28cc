using Fecom.Contracts;
using Fecom.Learning.Views;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Fecom.UnitTests.Learning.Views;

/// <summary>What holds of every view: a new one is tested by being in <see cref="FeatureViews.All"/>. The view of the README's example is tested with them.</summary>
public sealed class FeatureViewTests
{
    private static readonly FeatureView[] All = [.. FeatureViews.All, new DepartmentView()];

    public static TheoryData<string> Views => [.. All.Select(view => view.Name)];

    [Theory]
    [MemberData(nameof(Views))]
    public void Step_WhateverTheOrder_GivesTheSameBytes(string name) =>
        Prop.ForAll(
                SomeEvents.Of(products: 70),
                Gen.Choose(0, 1_000_000).ToArbitrary(),
                (events, seed) =>
                {
                    FeatureView view = ViewOf(name);
                    EntityState expected = After(view, events);

                    EntityState actual = After(view, SomeEvents.Shuffle(events, new Random(seed)));

                    Assert.Equal(expected.Pack(7), actual.Pack(7));
                    Assert.Equal(expected.EventTime, actual.EventTime);
                }
            )
            .QuickCheckThrowOnFailure();

    [Theory]
    [MemberData(nameof(Views))]
    public void Step_WhenTheStateIsPackedInBetween_GivesTheSameBytesAndValues(string name) =>
        Prop.ForAll(
                SomeEvents.Of(products: 70),
                Gen.Choose(0, 1_000_000).ToArbitrary(),
                (events, seed) =>
                {
                    FeatureView view = ViewOf(name);
                    Random random = new(seed);
                    EntityState state = view.Create();
                    foreach (BehaviorEvent e in SomeEvents.Shuffle(events, random))
                    {
                        state.Step(e);
                        state = random.Next(5) == 0 ? view.Unpack(state.Pack(random.Next())) : state;
                    }

                    EntityState expected = After(view, events);
                    Assert.Equal(expected.Pack(7), state.Pack(7));
                    DateTime at = expected.EventTime.AddHours(random.Next(100));
                    Assert.Equal(ValuesOf(view, expected, at), ValuesOf(view, view.Unpack(state.Pack(1)), at));
                }
            )
            .QuickCheckThrowOnFailure();

    /// <summary>A damaged value must end in this one exception, whatever was damaged: it is read in the middle of a request.</summary>
    [Theory]
    [MemberData(nameof(Views))]
    public void Unpack_WhenItIsDamaged_SaysWhichViewOrGivesAStateThatCanBeRead(string name) =>
        Prop.ForAll(
                SomeEvents.Of(products: 9),
                Gen.Choose(0, 1_000_000).ToArbitrary(),
                (events, seed) =>
                {
                    FeatureView view = ViewOf(name);
                    Random random = new(seed);
                    byte[] packed = After(view, events).Pack(7);
                    packed[random.Next(PackedFeatures.PrefixLength, packed.Length)] = (byte)random.Next(256);
                    byte[] damaged = random.Next(2) == 0 ? packed : packed[..random.Next(packed.Length)];
                    try
                    {
                        ValuesOf(view, view.Unpack(damaged), Events.Start);
                    }
                    catch (FormatException e)
                    {
                        Assert.Contains($"view {name}", e.Message, StringComparison.Ordinal);
                    }
                }
            )
            .QuickCheckThrowOnFailure();

    [Theory]
    [MemberData(nameof(Views))]
    public void Features_AreDescribedAndNamedOnce(string name)
    {
        FeatureView view = ViewOf(name);

        Assert.Equal(view.Features.Count, view.Features.Select(feature => feature.Name).Distinct().Count());
        Assert.All(
            view.Features,
            feature =>
            {
                Assert.Matches("^[a-z][a-z0-9_]*$", feature.Name);
                Assert.NotEmpty(feature.Meaning);
                Assert.True(feature.Type == FeatureType.Text || feature.Unit.Length > 0, $"{feature.Name} has no unit");
            }
        );
    }

    [Theory]
    [MemberData(nameof(Views))]
    public void Read_GivesValuesOfTheTypesThatAreListed(string name)
    {
        FeatureView view = ViewOf(name);
        EntityState state = After(view, SomeEvents.Make(new Random(1), 100, 1_000, 3, 9));

        FeatureValue[] values = ValuesOf(view, state, state.EventTime.AddMinutes(1));

        Assert.All(
            view.Features.Zip(values),
            pair =>
            {
                AssertType(pair.First, pair.Second);
                AssertType(pair.First, pair.First.Default);
            }
        );
    }

    [Theory]
    [MemberData(nameof(Views))]
    public void ReadSome_GivesWhatReadGivesForThem(string name)
    {
        FeatureView view = ViewOf(name);
        Random random = new(7);
        BehaviorEvent[] events = SomeEvents.Make(random, 200, 400_000, sessions: 3, products: 5);
        EntityState state = After(view, events);
        DateTime at = Events.Start.AddDays(5);
        int[] places = [.. Enumerable.Range(0, view.Features.Count)];
        random.Shuffle(places);
        places = places[..(places.Length / 2)];

        FeatureValue[] some = new FeatureValue[places.Length];
        view.ReadSome(state, at, places, some);

        FeatureValue[] all = ValuesOf(view, state, at);
        Assert.Equal(places.Select(place => all[place]), some);
    }

    internal static EntityState After(FeatureView view, IEnumerable<BehaviorEvent> events)
    {
        EntityState state = view.Create();
        foreach (BehaviorEvent e in events)
        {
            state.Step(e);
        }

        return state;
    }

    internal static FeatureValue[] ValuesOf(FeatureView view, EntityState state, DateTime at)
    {
        FeatureValue[] values = new FeatureValue[view.Features.Count];
        view.Read(state, at, values);
        return values;
    }

    private static FeatureView ViewOf(string name) => All.Single(view => view.Name == name);

    private static void AssertType(Feature feature, FeatureValue value)
    {
        Type[] types = feature.Type switch
        {
            FeatureType.Text => [typeof(string)],
            FeatureType.Integer => [typeof(long)],
            FeatureType.Number => [typeof(double), typeof(decimal)],
            FeatureType.Timestamp => [typeof(DateTime)],
            _ => [typeof(string[])],
        };
        Assert.True(
            value.IsMissing || types.Contains(value.ToObject()!.GetType()),
            $"{feature.Name} is {value.ToObject()}, not {feature.Type}"
        );
    }
}
