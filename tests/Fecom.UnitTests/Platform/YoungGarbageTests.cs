using Fecom.Platform.Messaging;
using Xunit;

namespace Fecom.UnitTests.Platform;

public sealed class YoungGarbageTests
{
    private readonly List<int> _collected = [];
    private long _allocated = 1_000;
    private long _generation1;

    [Fact]
    public void CollectWhenMuch_WhenMuchHasComeSinceTheLastTime_Collects()
    {
        YoungGarbage garbage = Garbage();

        _allocated += YoungGarbage.Much - 1;
        garbage.CollectWhenMuch();
        Assert.Empty(_collected);

        _allocated++;
        garbage.CollectWhenMuch();
        garbage.CollectWhenMuch();
        Assert.Equal([0], _collected);

        _allocated += YoungGarbage.Much;
        garbage.CollectWhenMuch();
        Assert.Equal([0, 0], _collected);
    }

    [Fact]
    public void CollectWhenMuch_BehindALoad_CollectsWhatItLeftInGeneration1()
    {
        YoungGarbage garbage = Garbage();
        _generation1 = YoungGarbage.MuchInGeneration1;
        garbage.CollectWhenMuch();
        Assert.Empty(_collected);

        _allocated += YoungGarbage.Much;
        garbage.CollectWhenMuch();
        Assert.Equal([0, 1], _collected);

        _generation1 = YoungGarbage.MuchInGeneration1 - 1;
        garbage.CollectWhenMuch();
        Assert.Equal([0, 1], _collected);
    }

    [Fact]
    public void CollectWhenMuch_WhenGeneration1StaysAsItIs_TriesAFewTimesOnly()
    {
        YoungGarbage garbage = Garbage();
        _generation1 = YoungGarbage.MuchInGeneration1;
        _allocated += YoungGarbage.Much;
        for (int call = 0; call < 10; call++)
        {
            garbage.CollectWhenMuch();
        }

        Assert.Equal([0, 1, 1, 1], _collected);
    }

    private YoungGarbage Garbage() => new(() => _allocated, () => _generation1, _collected.Add);
}
