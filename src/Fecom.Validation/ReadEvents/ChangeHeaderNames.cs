using System.Text;

namespace Fecom.Validation.ReadEvents;

/// <summary>Reads the headers with which Debezium says what happened to a row.</summary>
internal static class ChangeHeaderNames
{
    private const string OldKey = "__debezium.oldkey";

    public static ChangeHeaders Read(IReadOnlyList<KeyValuePair<string, byte[]>> headers)
    {
        (string? op, bool rekeyed) = (null, false);
        foreach ((string name, byte[] value) in headers)
        {
            rekeyed |= name == OldKey;
            if (Wrapping.IsNamedOp(Encoding.UTF8.GetBytes(name)))
            {
                // JsonConverter as the header's converter leaves the quotes.
                op = Wrapping.Operation(Encoding.UTF8.GetString(value).Trim('"')) ?? op;
            }
        }

        return new ChangeHeaders(op, rekeyed);
    }
}
