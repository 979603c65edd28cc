namespace Fecom.Ingestion.Generators.GenerateTables;

/// <summary>Makes the eight Fecom tables up and writes them as CSV: <c>generate --fecom DIR --orders N --seed S</c>.</summary>
internal static class GenerateTablesCommand
{
    /// <summary>Writes the eight files; the same seed and number of orders give the same bytes.</summary>
    /// <param name="orders">Number of orders, from 1; the other tables follow from it.</param>
    /// <param name="seed">Names the shop, its customers and what they buy.</param>
    /// <param name="folder">Where the files go. They appear there when all are whole.</param>
    /// <param name="cancellationToken">Gives up and leaves no file.</param>
    /// <exception cref="ArgumentException">An argument is out of its range; the message names it.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Run(long orders, long seed, string folder, CancellationToken cancellationToken)
    {
        if (orders is < 1 or > int.MaxValue)
        {
            throw WrongArgument.Of($"--orders is {orders}; it must be 1 to {int.MaxValue}.");
        }

        if (string.IsNullOrWhiteSpace(folder) || File.Exists(folder))
        {
            throw WrongArgument.Of($"--fecom must name a folder; it is '{folder}'.");
        }

        DirectoryInfo target = Directory.CreateDirectory(folder);
        string part = Path.Combine(target.FullName, ".fecom.part");
        Directory.CreateDirectory(part);
        try
        {
            Write(part, orders, seed, cancellationToken);
            foreach (string path in Directory.GetFiles(part))
            {
                File.Move(path, Path.Combine(target.FullName, Path.GetFileName(path)), overwrite: true);
            }
        }
        finally
        {
            Directory.Delete(part, recursive: true);
        }
    }

    private static void Write(string folder, long orders, long seed, CancellationToken cancellationToken)
    {
        using TablesWriter writer = new(folder, orders, seed);
        for (long order = 0; order < orders; order++)
        {
            writer.WriteOrder(order);
            if (order % 1_024 == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }
}
