namespace Fecom.Ingestion.Shared.ReadCsv;

/// <summary>Why a record cannot be read as what the header announces.</summary>
internal enum CsvFault
{
    None,
    FieldCount,
    OpenQuote,
    TextAfterQuote,
    TooLong,
    NotUtf8,
}
