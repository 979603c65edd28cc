using Microsoft.ML;
using Microsoft.ML.Data;

namespace Fecom.Learning.Boosting;

/// <summary>Labelled rows of numbers as ML.NET reads them: a vector column <c>Features</c> and a column <c>Label</c>.</summary>
/// <remarks>
/// ML.NET walks over the rows several times; here each step copies a row out of one array, without an object a row.
/// A cancelled <paramref name="cancellationToken"/> ends the walk.
/// </remarks>
/// <param name="values">Row-major numbers.</param>
/// <param name="labels">One label a row.</param>
/// <param name="columns">Numbers a row, from 1.</param>
/// <param name="cancellationToken">Ends whoever reads the rows.</param>
/// <param name="weights">How much each row counts, in a column <c>Weight</c>; null when all count alike, without such a column.</param>
internal sealed class FeatureMatrix(
    float[] values,
    bool[] labels,
    int columns,
    CancellationToken cancellationToken,
    float[]? weights = null
) : IDataView
{
    public const string Features = "Features";
    public const string Label = "Label";
    public const string Weight = "Weight";

    private readonly VectorDataViewType _vector = new(NumberDataViewType.Single, columns);

    public int Rows => labels.Length;

    public int Columns => columns;

    public bool HasWeights => weights is not null;

    /// <summary>Row-major numbers.</summary>
    public float[] Values => values;

    public bool[] Labels => labels;

    public float[]? Weights => weights;

    public bool CanShuffle => false;

    public DataViewSchema Schema => field ??= Describe();

    public ReadOnlySpan<float> Row(int row) => values.AsSpan(row * columns, columns);

    /// <summary>So many rows at most, evenly spread, without weights.</summary>
    public FeatureMatrix Spread(int max)
    {
        double step = Math.Max(1, (double)Rows / max);
        int count = (int)Math.Ceiling(Rows / step);
        float[] spread = new float[count * columns];
        bool[] spreadLabels = new bool[count];
        for (int i = 0; i < count; i++)
        {
            int row = (int)(i * step);
            Row(row).CopyTo(spread.AsSpan(i * columns));
            spreadLabels[i] = labels[row];
        }

        return new FeatureMatrix(spread, spreadLabels, columns, cancellationToken);
    }

    public bool LabelOf(int row) => labels[row];

    private float WeightOf(int row) => weights![row];

    public long? GetRowCount() => labels.Length;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        new Cursor(this);

    public DataViewRowCursor[] GetRowCursorSet(
        IEnumerable<DataViewSchema.Column> columnsNeeded,
        int n,
        Random? rand = null
    ) => [new Cursor(this)];

    private DataViewSchema Describe()
    {
        if (values.Length != (long)labels.Length * columns)
        {
            throw new ArgumentException(
                $"{labels.Length} rows of {columns} numbers do not take {values.Length} values.",
                nameof(values)
            );
        }

        DataViewSchema.Builder builder = new();
        builder.AddColumn(Features, _vector);
        builder.AddColumn(Label, BooleanDataViewType.Instance);
        if (HasWeights)
        {
            builder.AddColumn(Weight, NumberDataViewType.Single);
        }

        return builder.ToSchema();
    }

    private sealed class Cursor(FeatureMatrix matrix) : DataViewRowCursor
    {
        /// <summary>Rows between two looks at the cancellation.</summary>
        private const int Stride = 4_096;

        private int _row = -1;

        public override long Position => _row;

        public override long Batch => 0;

        public override DataViewSchema Schema => matrix.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => true;

        public override bool MoveNext()
        {
            matrix.ThrowIfCancelled(_row + 1);
            if (_row + 1 >= matrix.Rows)
            {
                return false;
            }

            _row++;
            return true;
        }

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Delegate getter = column.Index switch
            {
                0 => new ValueGetter<VBuffer<float>>(CopyFeatures),
                1 => new ValueGetter<bool>(CopyLabel),
                _ => new ValueGetter<float>(CopyWeight),
            };
            return (ValueGetter<TValue>)getter;
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() =>
            (ref DataViewRowId id) => id = new DataViewRowId((ulong)_row, 0);

        private void CopyFeatures(ref VBuffer<float> to)
        {
            VBufferEditor<float> editor = VBufferEditor.Create(ref to, matrix.Columns);
            matrix.Row(_row).CopyTo(editor.Values);
            to = editor.Commit();
        }

        private void CopyLabel(ref bool to) => to = matrix.LabelOf(_row);

        private void CopyWeight(ref float to) => to = matrix.WeightOf(_row);

        internal static bool IsStride(int row) => row % Stride == 0;
    }

    private void ThrowIfCancelled(int row)
    {
        if (Cursor.IsStride(row))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
