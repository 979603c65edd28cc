using System.Text;

namespace Fecom.Features.ExportFeatures;

/// <summary>The records of a CSV file in UTF-8, a field in quotes where it has commas, quotes or line breaks.</summary>
internal sealed class CsvRecords(TextReader text)
{
    /// <summary>Characters that a record may have: far more than the longest of entities.</summary>
    private const int MaxRecord = 65_536;

    private readonly StringBuilder _field = new();
    private int _line = 1;
    private int _length;

    /// <summary>The line on which the record begins, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>Reads the next record that is not an empty line.</summary>
    /// <param name="fields">Takes its fields.</param>
    /// <returns>False at the end of the file.</returns>
    /// <exception cref="InvalidDataException">It is no CSV; the message says why, without the line.</exception>
    public bool TryRead(List<string> fields)
    {
        do
        {
            fields.Clear();
            Line = _line;
            _length = 0;
            if (text.Peek() < 0)
            {
                return false;
            }

            while (ReadField(fields)) { }
        } while (fields is [""]);
        return true;
    }

    /// <returns>Whether another field follows in the record.</returns>
    private bool ReadField(List<string> fields)
    {
        _field.Clear();
        bool isQuoted = text.Peek() == '"';
        if (isQuoted)
        {
            Next();
            ReadQuoted();
        }

        while (true)
        {
            int c = Next();
            if (c is ',' or '\n' or -1)
            {
                if (c != ',' && !isQuoted && _field is [.., '\r'])
                {
                    _field.Length--;
                }

                fields.Add(_field.ToString());
                return c == ',';
            }

            if (!isQuoted)
            {
                _field.Append((char)c);
            }
            else if (c != '\r')
            {
                throw new InvalidDataException("text follows a closing quote");
            }
        }
    }

    private void ReadQuoted()
    {
        while (true)
        {
            int c = Next();
            if (c < 0)
            {
                throw new InvalidDataException("a quote is not closed");
            }

            if (c == '"')
            {
                if (text.Peek() != '"')
                {
                    return;
                }

                Next();
            }

            _field.Append((char)c);
        }
    }

    private int Next()
    {
        int c = text.Read();
        _line += c == '\n' ? 1 : 0;
        return ++_length <= MaxRecord
            ? c
            : throw new InvalidDataException($"the row has more than {MaxRecord:N0} characters");
    }
}
