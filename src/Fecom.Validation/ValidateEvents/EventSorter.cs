using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Validation.FollowChanges;
using Fecom.Validation.ReadAvro;
using Fecom.Validation.ReadEvents;
using Microsoft.Extensions.Options;
using ValidationResult = FluentValidation.Results.ValidationResult;

namespace Fecom.Validation.ValidateEvents;

/// <summary>
/// Checks raw events and makes of each one message: a validated event, or an invalid one with every error. Changes that are no
/// events (see <see cref="RawEventReader"/>) become none, and are counted.
/// </summary>
/// <remarks>One batch at a time: the lists and buffers serve the next batch again, as large ones burden the collector.</remarks>
internal sealed class EventSorter(
    RawEventValidator validator,
    RowIdentity identity,
    FeedTally tally,
    IOptions<ValidationRules> rules,
    TimeProvider time
)
{
    private bool _ofChanges;
    private IReadOnlyDictionary<int, FramedContent>? _framed;
    private readonly RawEvent _raw = new();
    private readonly EventMessages _messages = new(rules.Value, time);
    private readonly List<OutgoingMessage> _valid = [];
    private readonly List<int> _validAt = [];
    private readonly List<ProductVisit> _visits = [];
    private readonly VisitBlockWriter _visitBlocks = new();
    private readonly List<OutgoingMessage> _invalid = [];
    private readonly List<int> _invalidAt = [];
    private readonly List<ClientEvent> _named = [];
    private readonly List<RowClaim> _rows = [];
    private readonly HashSet<int> _late = [];

    /// <summary>Messages of the last batch that were changes and no events, by what they were.</summary>
    public Dictionary<ChangeKind, int> Skipped { get; } = [];

    /// <summary>The changes of the last batch that name their row.</summary>
    public IReadOnlyList<RowClaim> Rows => _rows;

    /// <summary>What the last batch brought from others than Fecom's capture.</summary>
    public FeedTally Feeds => tally;

    /// <summary>The valid events of the batch that have an id of their client's: only these can be there twice.</summary>
    public IReadOnlyList<ClientEvent> Named => _named;

    /// <summary>The valid events of the last batch in short, many a message.</summary>
    public IReadOnlyList<OutgoingMessage> Visits() =>
        [.. _visitBlocks.Write(_visits).Select(block => new OutgoingMessage(null, block))];

    /// <summary>Valid events of the last batch that were received later than <c>Validation:LateHours</c> after they happened; they count all the same.</summary>
    public int Late => _late.Count;

    /// <param name="messages">The batch.</param>
    /// <param name="ofChanges">Whether the topic carries changes: see <see cref="RawEventReader.Read"/>.</param>
    /// <param name="maxBytes">The maximum number of bytes of a message that the topic of invalid events takes.</param>
    /// <param name="framed">What those messages say that are not JSON but framed by a schema registry's serializer, by their index.</param>
    public (IReadOnlyList<OutgoingMessage> Valid, IReadOnlyList<OutgoingMessage> Invalid) Sort(
        IReadOnlyList<TopicMessage<RawMessage>> messages,
        bool ofChanges = false,
        int maxBytes = int.MaxValue,
        IReadOnlyDictionary<int, FramedContent>? framed = null
    )
    {
        _ofChanges = ofChanges;
        _framed = framed;
        _messages.Begin(ofChanges, maxBytes);
        Skipped.Clear();
        tally.Clear();
        _rows.Clear();
        _valid.Clear();
        _validAt.Clear();
        _visits.Clear();
        _invalid.Clear();
        _invalidAt.Clear();
        _named.Clear();
        _late.Clear();
        for (int i = 0; i < messages.Count; i++)
        {
            Validate(messages[i], i);
        }

        return (_valid, _invalid);
    }

    /// <summary>Leaves out the rows that came before: neither valid nor invalid events become of them.</summary>
    /// <param name="repeats">Indexes of their messages in the batch.</param>
    /// <param name="messages">The batch.</param>
    public (IReadOnlyList<OutgoingMessage> Valid, IReadOnlyList<OutgoingMessage> Invalid) PassOver(
        HashSet<int> repeats,
        IReadOnlyList<TopicMessage<RawMessage>> messages
    )
    {
        foreach (int repeat in repeats)
        {
            tally.Of(messages[repeat].Origin.Source, messages[repeat].Origin.Position)?.Add(FeedNews.Repeated);
        }

        _late.ExceptWith(repeats);
        ClientEvent[] named = [.. _named.Where(e => !repeats.Contains(e.Message))];
        RemoveVisits(at => repeats.Contains(_validAt[at]));
        Remove(_valid, _validAt);
        Remove(_invalid, _invalidAt);
        _named.Clear();
        _named.AddRange(named.Select(e => e with { Valid = _validAt.BinarySearch(e.Message) }));
        return (_valid, _invalid);

        void Remove(List<OutgoingMessage> list, List<int> at)
        {
            int kept = 0;
            for (int i = 0; i < list.Count; i++)
            {
                if (!repeats.Contains(at[i]))
                {
                    (list[kept], at[kept]) = (list[i], at[i]);
                    kept++;
                }
            }

            list.RemoveRange(kept, list.Count - kept);
            at.RemoveRange(kept, at.Count - kept);
        }
    }

    /// <summary>Moves events that are there already from the valid to the invalid ones, each to its place in the order of the batch.</summary>
    public (IReadOnlyList<OutgoingMessage> Valid, IReadOnlyList<OutgoingMessage> Invalid) Refuse(
        IReadOnlyList<ClientEvent> duplicates,
        IReadOnlyList<TopicMessage<RawMessage>> messages
    )
    {
        _late.ExceptWith(duplicates.Select(duplicate => duplicate.Message));
        HashSet<int> moved = [.. duplicates.Select(duplicate => duplicate.Valid)];
        OutgoingMessage[] valid = [.. _valid.Where((_, at) => !moved.Contains(at))];
        RemoveVisits(moved.Contains);
        (int At, OutgoingMessage Message)[] invalid =
        [
            .. _invalidAt.Zip(_invalid),
            .. duplicates.Select(duplicate =>
                (duplicate.Message, _messages.Invalid(messages[duplicate.Message], [ClientEvent.Duplicate]))
            ),
        ];
        return (valid, [.. invalid.OrderBy(entry => entry.At).Select(entry => entry.Message)]);
    }

    private void Validate(in TopicMessage<RawMessage> message, int at)
    {
        if (message.Malformed is { } malformed)
        {
            AddInvalid(message, at, [new EventError("$", "well_formed", malformed)]);
            return;
        }

        FramedContent? content = _framed?.GetValueOrDefault(at);
        if (content?.Error is { } unreadable)
        {
            (_ofChanges ? tally.Of(message.Origin.Source, message.Origin.Position) : null)?.Refuse(unreadable.Message);
            AddInvalid(message, at, [unreadable]);
            return;
        }

        byte[] json = content?.Json ?? message.Value.Bytes;
        byte[] key = content?.Key ?? message.Key;
        RawEvent? raw = RawEventReader.Read(
            json,
            out string? problem,
            _ofChanges,
            _ofChanges ? ChangeHeaderNames.Read(message.Headers) : default,
            into: _raw
        );
        FeedNews? feed = _ofChanges ? tally.Of(message.Origin.Source, message.Origin.Position) : null;
        if (raw is null)
        {
            feed?.Refuse(problem!);
            AddInvalid(message, at, [EventCheck.Unreadable(problem!)]);
            return;
        }

        Guid? row =
            _ofChanges && raw.Kind is ChangeKind.Created or ChangeKind.Read or ChangeKind.Rekeyed
                ? identity.Of(raw, json, key)
                : null;
        Tell(feed, raw, row, key);
        if (raw.IsSkipped)
        {
            Skipped[raw.Kind] = Skipped.GetValueOrDefault(raw.Kind) + 1;
            Claim(row, message, at, refused: false);
            return;
        }

        ValidationResult? broken = validator.Passes(raw) ? null : validator.Validate(raw);
        Claim(row, message, at, refused: broken is not null);
        if (broken is not null)
        {
            feed?.Refuse(broken.Errors[0].ErrorMessage);
            AddInvalid(message, at, EventCheck.Errors(broken));
            return;
        }

        BehaviorEvent e = _messages.Event(raw, row, message);
        if (!raw[EventKey.EventId].IsMissing)
        {
            _named.Add(
                new ClientEvent(
                    at,
                    _valid.Count,
                    e.EventId,
                    _messages.HashOf(message.Origin.Source),
                    message.Origin.Position
                )
            );
        }

        if (e.Late)
        {
            _late.Add(at);
        }

        _valid.Add(_messages.Valid(e));
        _validAt.Add(at);
        _visits.Add(ProductVisit.Of(e));
    }

    /// <param name="isGone">Whether a valid event is no longer one, by its place among them.</param>
    private void RemoveVisits(Func<int, bool> isGone)
    {
        int kept = 0;
        for (int i = 0; i < _visits.Count; i++)
        {
            if (!isGone(i))
            {
                _visits[kept++] = _visits[i];
            }
        }

        _visits.RemoveRange(kept, _visits.Count - kept);
    }

    private void Claim(Guid? row, in TopicMessage<RawMessage> message, int at, bool refused)
    {
        if (row is { } id)
        {
            MessageOrigin origin = message.Origin;
            _rows.Add(
                new RowClaim(
                    at,
                    id,
                    _messages.HashOf(origin.Source),
                    origin.Position,
                    refused,
                    origin.Source == ResentEvents.ChangeSource
                )
            );
        }
    }

    private void Tell(FeedNews? feed, RawEvent raw, Guid? row, byte[] key)
    {
        if (feed is null)
        {
            return;
        }

        feed.Add(raw.Kind);
        if (raw.IsSkipped)
        {
            return;
        }

        if (row is null)
        {
            feed.Add(FeedNews.WithoutKey);
        }

        if (raw.LacksOp)
        {
            feed.Add(FeedNews.WithoutOp);
        }

        feed.KeyedByUser ??= identity.IsOfUser(raw, key);
    }

    private void AddInvalid(in TopicMessage<RawMessage> message, int at, IReadOnlyList<EventError> errors)
    {
        _invalid.Add(_messages.Invalid(message, errors));
        _invalidAt.Add(at);
    }
}
