using System.Text;

namespace Fecom.Serving.RecommendProducts;

/// <summary>Reads ids from a query: <c>exclude=a,b&amp;exclude=c</c>. A comma within an id has a backslash before it, <c>\,</c>; two backslashes are one.</summary>
internal static class IdList
{
    /// <param name="values">Each time the parameter came. Blanks around an id and empty places are left out.</param>
    public static List<string> Read(IReadOnlyList<string?>? values)
    {
        List<string> ids = [];
        StringBuilder id = new();
        foreach (string? value in values ?? [])
        {
            for (int i = 0; i < value?.Length; i++)
            {
                if (value[i] == ',')
                {
                    Take(id, ids);
                }
                else
                {
                    bool isEscape = value[i] == '\\' && i + 1 < value.Length && value[i + 1] is ',' or '\\';
                    id.Append(value[isEscape ? ++i : i]);
                }
            }

            Take(id, ids);
        }

        return ids;
    }

    private static void Take(StringBuilder id, List<string> ids)
    {
        string text = id.ToString().Trim();
        id.Clear();
        if (text.Length > 0)
        {
            ids.Add(text);
        }
    }
}
