using Microsoft.ML;
using Microsoft.ML.Data;

namespace Fecom.Learning.NextItem;

/// <summary>Candidates of many questions as ML.NET reads them: a vector column <c>Features</c>, a label and a key of the question.</summary>
/// <param name="questions">For each question its candidates' features, row after row, and which of them came next.</param>
/// <param name="width">Numbers a candidate.</param>
/// <param name="cancellationToken">Ends whoever reads the rows.</param>
internal sealed class RankingRows(
    IReadOnlyList<RankingRows.Question> questions,
    int width,
    CancellationToken cancellationToken
) : IDataView
{
    public const string Features = "Features";
    public const string Label = "Label";
    public const string Group = "Group";

    private readonly VectorDataViewType _vector = new(NumberDataViewType.Single, width);

    public bool CanShuffle => false;

    public DataViewSchema Schema => field ??= Describe();

    public long? GetRowCount() => questions.Sum(question => (long)question.Features.Length / width);

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        new Cursor(this);

    public DataViewRowCursor[] GetRowCursorSet(
        IEnumerable<DataViewSchema.Column> columnsNeeded,
        int n,
        Random? rand = null
    ) => [new Cursor(this)];

    private DataViewSchema Describe()
    {
        DataViewSchema.Builder builder = new();
        builder.AddColumn(Features, _vector);
        builder.AddColumn(Label, NumberDataViewType.Single);
        builder.AddColumn(Group, new KeyDataViewType(typeof(uint), questions.Count));
        return builder.ToSchema();
    }

    /// <summary>A question's candidates.</summary>
    /// <param name="Features">Their features, row after row.</param>
    /// <param name="Target">Which of them came next.</param>
    internal sealed record Question(float[] Features, int Target);

    private sealed class Cursor(RankingRows rows) : DataViewRowCursor
    {
        private long _position = -1;
        private int _question;
        private int _candidate = -1;

        public override long Position => _position;

        public override long Batch => 0;

        public override DataViewSchema Schema => rows.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => true;

        public override bool MoveNext()
        {
            _candidate++;
            while (_question < rows.Count && _candidate >= rows.CandidatesOf(_question))
            {
                rows.ThrowIfCancelled();
                (_question, _candidate) = (_question + 1, 0);
            }

            _position++;
            return _question < rows.Count;
        }

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Delegate getter = column.Name switch
            {
                Features => new ValueGetter<VBuffer<float>>(CopyFeatures),
                Label => new ValueGetter<float>((ref float to) => to = rows.IsTarget(_question, _candidate) ? 1 : 0),
                _ => new ValueGetter<uint>((ref uint to) => to = (uint)_question + 1),
            };
            return (ValueGetter<TValue>)getter;
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() =>
            (ref DataViewRowId id) => id = new DataViewRowId((ulong)_position, 0);

        private void CopyFeatures(ref VBuffer<float> to)
        {
            ReadOnlySpan<float> row = rows.Row(_question, _candidate);
            VBufferEditor<float> editor = VBufferEditor.Create(ref to, row.Length);
            row.CopyTo(editor.Values);
            to = editor.Commit();
        }
    }

    private int Count => questions.Count;

    private int CandidatesOf(int question) => questions[question].Features.Length / width;

    private bool IsTarget(int question, int candidate) => questions[question].Target == candidate;

    private ReadOnlySpan<float> Row(int question, int candidate) =>
        questions[question].Features.AsSpan(candidate * width, width);

    private void ThrowIfCancelled() => cancellationToken.ThrowIfCancellationRequested();
}
