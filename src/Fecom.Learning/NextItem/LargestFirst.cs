namespace Fecom.Learning.NextItem;

/// <summary>Brings the largest values to the front.</summary>
internal static class LargestFirst
{
    /// <summary>Brings the <paramref name="count"/> largest values to the front, in no order; keys move with them (Hoare's quickselect).</summary>
    /// <param name="values">The values, no NaN.</param>
    /// <param name="keys">As many keys.</param>
    /// <param name="count">How many.</param>
    public static void Select(Span<float> values, Span<int> keys, int count)
    {
        int low = 0;
        int high = values.Length - 1;
        while (low < high && count > low && count <= high)
        {
            float pivot = values[low + ((high - low) / 2)];
            (int i, int j) = (low, high);
            while (i <= j)
            {
                while (values[i] > pivot)
                {
                    i++;
                }

                while (values[j] < pivot)
                {
                    j--;
                }

                if (i <= j)
                {
                    (values[i], values[j]) = (values[j], values[i]);
                    (keys[i], keys[j]) = (keys[j], keys[i]);
                    i++;
                    j--;
                }
            }

            if (count - 1 <= j)
            {
                high = j;
            }
            else if (count - 1 >= i)
            {
                low = i;
            }
            else
            {
                return;
            }
        }
    }
}
