using System.Text;
using Fecom.Ingestion.EventFiles.Shared;
using Fecom.Ingestion.Shared.FindFiles;
using Fecom.Ingestion.Shared.ReadCsv;
using Fecom.Platform.Messaging;

namespace Fecom.UnitTests.Ingestion.EventFiles.LoadEventFiles;

internal static class BehaviorCsv
{
    public const string Header =
        "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session";
    public const string Row =
        "2019-10-01 00:00:00 UTC,view,44600062,2103807459595387724,,shiseido,35.79,541312140,72d76fde-8bb3-4e00-8c23-a032dfed738c";
    public static readonly DateTime Received = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    /// <summary>The messages of a file's rows.</summary>
    public static List<OutgoingMessage> Messages(Stream file)
    {
        using CsvRecordReader reader = new(file);
        reader.ReadHeader();
        BehaviorHeader.TryRead(reader, out BehaviorHeader? header, out _);
        using RawEventWriter writer = new(header!, "file:test.csv@0");
        List<OutgoingMessage> messages = [];
        while (reader.Read())
        {
            messages.Add(writer.Write(reader, Received));
        }

        return messages;
    }

    public static OutgoingMessage Message(string row, string header = Header) =>
        Messages(new MemoryStream(Encoding.UTF8.GetBytes($"{header}\n{row}\n")))[0];

    public static string Text(byte[]? bytes) => Encoding.UTF8.GetString(bytes ?? []);
}
