using System.Xml.Linq;
using Dapper;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Npgsql;

namespace Fecom.Access.ProtectData;

/// <summary>Keeps the keys that protect sessions and forms in PostgreSQL, which all hosts share. The framework asks once in a day, and not asynchronously.</summary>
internal sealed class DataProtectionKeys(NpgsqlDataSource database) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using NpgsqlConnection connection = database.OpenConnection();
        return
        [
            .. connection
                .Query<string>("select xml from access.data_protection_key order by id")
                .Select(xml => XElement.Parse(xml)),
        ];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using NpgsqlConnection connection = database.OpenConnection();
        connection.Execute(
            "insert into access.data_protection_key (name, xml) values (@name, @xml)",
            new { name = friendlyName, xml = element.ToString(SaveOptions.DisableFormatting) }
        );
    }
}
