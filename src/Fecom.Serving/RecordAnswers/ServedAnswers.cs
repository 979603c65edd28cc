using System.Threading.Channels;
using Microsoft.Extensions.Options;

namespace Fecom.Serving.RecordAnswers;

/// <summary>A recommendation that was given.</summary>
/// <param name="Id">Its id, in which its time is.</param>
/// <param name="Kind">The call that was answered, such as <c>session</c>.</param>
/// <param name="Model">The recommender that was asked.</param>
/// <param name="RulesVersion">The version of the rules that were followed.</param>
/// <param name="Products">The products, the best first.</param>
/// <param name="Sources">What named each of them.</param>
/// <param name="Exposure">Its part in an experiment; null when it is of none.</param>
internal sealed record ServedAnswer(
    Guid Id,
    string Kind,
    AnsweringModel Model,
    int RulesVersion,
    string[] Products,
    string[] Sources,
    Exposure? Exposure = null
);

/// <summary>Recommendations on their way to the table: a request never waits for it.</summary>
internal sealed class ServedAnswers(IOptions<FeedbackOptions> options)
{
    private readonly Channel<ServedAnswer> _answers = Channel.CreateBounded<ServedAnswer>(
        new BoundedChannelOptions(options.Value.MaxWaitingAnswers)
        {
            // With this mode a full channel refuses the write, so that what is not recorded can be counted.
            FullMode = BoundedChannelFullMode.Wait,
            SingleReader = true,
        }
    );

    private long _lost;

    /// <summary>Answers that found no place and are not recorded, since the host's start.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Records an answer; when too many wait, it is counted as lost.</summary>
    public void Add(ServedAnswer answer)
    {
        if (!_answers.Writer.TryWrite(answer))
        {
            Interlocked.Increment(ref _lost);
        }
    }

    /// <summary>Waits until there is an answer to take.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken) =>
        await _answers.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>Takes what waits, up to a maximum.</summary>
    public void Take(List<ServedAnswer> taken, int max)
    {
        while (taken.Count < max && _answers.Reader.TryRead(out ServedAnswer? answer))
        {
            taken.Add(answer);
        }
    }
}
