using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>The newest marks, one a key, whatever the order in which they come.</summary>
/// <remarks>
/// Of a key the newest mark stays, and of the keys those with the newest marks. Nothing is added up, so a key that was
/// dropped can come back only by a newer mark of its own, which is then all there is to know of it: what is kept does not
/// depend on when it was dropped.
/// </remarks>
/// <param name="shape">What the list holds.</param>
public sealed class MarkList(MarkShape shape)
{
    private Mark[] _marks = [];
    private int _count;

    /// <summary>The marks, the newest last.</summary>
    public ReadOnlySpan<Mark> Marks => _marks.AsSpan(0, _count);

    /// <summary>Whether it holds as many as it can, so that others may have been dropped.</summary>
    public bool IsFull => _count == shape.Capacity;

    /// <summary>Takes a mark in.</summary>
    public void Add(in Mark mark)
    {
        int gap = IndexOf(mark);
        if (gap >= 0 && Mark.Compare(mark, _marks[gap]) <= 0)
        {
            return;
        }

        int place = _count;
        while (place > 0 && Mark.Compare(_marks[place - 1], mark) > 0)
        {
            place--;
        }

        if (gap < 0 && _count < shape.Capacity)
        {
            Grow();
            gap = _count++;
        }
        else if (gap < 0)
        {
            if (place == 0)
            {
                return;
            }

            gap = 0;
        }

        if (gap < place)
        {
            Array.Copy(_marks, gap + 1, _marks, gap, --place - gap);
        }
        else
        {
            Array.Copy(_marks, place, _marks, place + 1, gap - place);
        }

        _marks[place] = mark;
    }

    internal void Write(PackedWriter writer, long since)
    {
        writer.Count(_count);
        Mark before = new() { Time = since };
        for (int i = _count - 1; i >= 0; i--)
        {
            ref Mark mark = ref _marks[i];
            writer.Integer(before.Time - mark.Time);
            writer.Integer((int)(before.Tie - mark.Tie));
            WriteFields(writer, mark);
            before = mark;
        }
    }

    internal void Read(ref PackedReader reader, long since)
    {
        _count = reader.Count(shape.Capacity);
        _marks = new Mark[_count];
        Mark before = new() { Time = since };
        for (int i = _count - 1; i >= 0; i--)
        {
            Mark mark = new() { Time = reader.TimeBefore(before.Time), Tie = before.Tie - (uint)(int)reader.Integer() };
            ReadFields(ref reader, ref mark);
            _marks[i] = before = mark;
        }
    }

    private int IndexOf(in Mark mark)
    {
        if (shape.Key == MarkFields.None)
        {
            return -1;
        }

        bool byProduct = shape.Key.HasFlag(MarkFields.Product);
        for (int i = _count - 1; i >= 0; i--)
        {
            ref Mark known = ref _marks[i];
            if (known.Session == mark.Session && (!byProduct || known.Product == mark.Product))
            {
                return i;
            }
        }

        return -1;
    }

    private void Grow()
    {
        if (_count == _marks.Length)
        {
            Array.Resize(ref _marks, Math.Min(shape.Capacity, Math.Max(4, 2 * _count)));
        }
    }

    private void WriteFields(PackedWriter writer, in Mark mark)
    {
        MarkFields fields = shape.Fields;
        if (fields.HasFlag(MarkFields.Session))
        {
            writer.Hash(mark.Session);
        }

        if (fields.HasFlag(MarkFields.Type))
        {
            writer.Count((long)mark.Type);
        }

        if (fields.HasFlag(MarkFields.Product))
        {
            writer.Text(mark.Product);
        }

        if (fields.HasFlag(MarkFields.Category))
        {
            writer.Text(mark.Category);
        }

        if (fields.HasFlag(MarkFields.Brand))
        {
            writer.Text(mark.Brand);
        }

        if (fields.HasFlag(MarkFields.Price))
        {
            writer.Number(mark.Price);
        }
    }

    private void ReadFields(ref PackedReader reader, ref Mark mark)
    {
        MarkFields fields = shape.Fields;
        if (fields.HasFlag(MarkFields.Session))
        {
            mark.Session = reader.Hash();
        }

        if (fields.HasFlag(MarkFields.Type))
        {
            mark.Type = (BehaviorEventType)reader.Count((int)BehaviorEventType.Purchase);
        }

        if (fields.HasFlag(MarkFields.Product))
        {
            mark.Product = reader.Text();
        }

        if (fields.HasFlag(MarkFields.Category))
        {
            mark.Category = reader.Text();
        }

        if (fields.HasFlag(MarkFields.Brand))
        {
            mark.Brand = reader.Text();
        }

        if (fields.HasFlag(MarkFields.Price))
        {
            mark.Price = reader.Number();
        }
    }
}
