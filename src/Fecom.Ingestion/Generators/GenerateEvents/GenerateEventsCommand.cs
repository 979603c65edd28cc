using System.IO.Compression;
using Fecom.Ingestion.Generators.GenerateEvents;
using Fecom.Ingestion.Generators.Shared;

namespace Fecom.Ingestion;

/// <summary>Makes behaviour events up and writes them as the shop's CSV: <c>generate --events N --seed S --out F</c>.</summary>
internal static class GenerateEventsCommand
{
    /// <summary>Writes <paramref name="events"/> rows; the same seed gives the same rows, and a longer run begins with the shorter one's.</summary>
    /// <param name="events">Number of rows, from 1.</param>
    /// <param name="seed">Seed of the shop, its visitors and what they do.</param>
    /// <param name="output">A path, compressed when it ends in <c>.gz</c>; <c>-</c> for the standard output. A file appears when it is whole.</param>
    /// <param name="invalid">Share of invalid rows, 0 to 1, over twelve kinds equally; or a share for each kind: see <see cref="InvalidShares.Parse"/>.</param>
    /// <param name="cancellationToken">Gives up and leaves no file.</param>
    /// <exception cref="ArgumentException">An argument is out of its range; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Run(long events, long seed, string output, string invalid, CancellationToken cancellationToken)
    {
        Check(events, output);
        InvalidShares shares = InvalidShares.Parse(invalid);
        if (output == "-")
        {
            using Stream standardOutput = Console.OpenStandardOutput();
            Write(standardOutput, events, seed, shares, cancellationToken);
            return;
        }

        string path = Path.GetFullPath(output);
        WriteFile(path, stream => Write(stream, events, seed, shares, cancellationToken));
    }

    private static void Check(long events, string output)
    {
        if (events < 1)
        {
            throw WrongArgument.Of($"--events is {events}; it must be 1 or more.");
        }

        if (string.IsNullOrWhiteSpace(output) || Directory.Exists(output))
        {
            throw WrongArgument.Of($"--out must name a file, or - for the standard output; it is '{output}'.");
        }

        if (output != "-" && Path.GetDirectoryName(Path.GetFullPath(output)) is { } folder && !Directory.Exists(folder))
        {
            throw new ArgumentException($"--out is '{output}', and there is no folder {folder}.", nameof(output));
        }
    }

    /// <summary>Writes to a temporary file and renames it, so that a poller of the folder never sees half a file.</summary>
    private static void WriteFile(string path, Action<Stream> write)
    {
        string part = path + ".part";
        try
        {
            using (FileStream file = new(part, FileMode.Create, FileAccess.Write))
            using (
                Stream output = path.EndsWith(".gz", StringComparison.Ordinal)
                    ? new GZipStream(file, CompressionLevel.Fastest)
                    : file
            )
            {
                write(output);
            }

            File.Move(part, path, overwrite: true);
        }
        finally
        {
            File.Delete(part);
        }
    }

    private static void Write(
        Stream output,
        long events,
        long seed,
        InvalidShares invalid,
        CancellationToken cancellationToken
    )
    {
        using EventCsvWriter writer = new(output);
        EventStream stream = new(seed);
        Dice mangling = Dice.Of(seed, DiceOf.Mangling, 0);
        writer.WriteHeader();
        for (long row = 0; row < events; row++)
        {
            Step step = stream.Next(out Visit visit);
            int kind = invalid.Roll(ref mangling);
            if (kind >= 0)
            {
                writer.WriteInvalid(step, visit, kind, ref mangling);
            }
            else
            {
                writer.Write(step, visit);
            }

            if (row % 4_096 == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }
}
