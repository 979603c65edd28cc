using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Confluent.SchemaRegistry;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.ReadAvro;

/// <summary>The schemas of the registry by their ids, each asked for once: what an id means never changes.</summary>
internal sealed class Schemas : IDisposable
{
    /// <summary>Ids that are remembered; a sender that makes up ids is not to fill the memory.</summary>
    private const int MaxKnown = 10_000;

    private const int MaxReferences = 100;

    private readonly Lazy<ISchemaRegistryClient> _registry;
    private readonly TimeSpan _unknown;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<int, KnownSchema> _known = new();

    public Schemas(IOptions<SchemaRegistryOptions> options, TimeProvider time)
    {
        _registry = new(() => Connect(options.Value));
        _unknown = TimeSpan.FromSeconds(options.Value.UnknownSeconds);
        _time = time;
    }

    /// <summary>What an id means.</summary>
    /// <exception cref="SchemaRegistryAwayException">The registry does not answer, or refuses the account.</exception>
    public ValueTask<KnownSchema> FindAsync(int id, CancellationToken cancellationToken) =>
        _known.TryGetValue(id, out KnownSchema? known) && !(known.Until <= _time.GetUtcNow())
            ? ValueTask.FromResult(known)
            : new ValueTask<KnownSchema>(AskAsync(id, cancellationToken));

    /// <summary>Registers a schema, unless the registry has it.</summary>
    /// <exception cref="SchemaRegistryAwayException">The registry does not answer, or does not take it.</exception>
    public Task<int> RegisterAsync(string subject, string schema, CancellationToken cancellationToken) =>
        GuardAsync(
            () => _registry.Value.RegisterSchemaAsync(subject, new Schema(schema, SchemaType.Avro)),
            cancellationToken
        );

    public void Dispose()
    {
        if (_registry.IsValueCreated)
        {
            _registry.Value.Dispose();
        }
    }

    private async Task<KnownSchema> AskAsync(int id, CancellationToken cancellationToken)
    {
        if (_known.Count >= MaxKnown)
        {
            _known.Clear();
        }

        return _known[id] = await ReadAsync(id, cancellationToken);
    }

    private async Task<KnownSchema> ReadAsync(int id, CancellationToken cancellationToken)
    {
        try
        {
            Schema schema = await GuardAsync(() => _registry.Value.GetSchemaAsync(id), cancellationToken);
            if (schema.SchemaType == SchemaType.Json)
            {
                return new KnownSchema { IsJson = true };
            }

            if (schema.SchemaType != SchemaType.Avro)
            {
                return new KnownSchema
                {
                    Rule = "schema_avro",
                    Problem = Text($"schema {id} is {schema.SchemaType}; Avro and JSON are read"),
                };
            }

            Dictionary<string, AvroType> named = new(StringComparer.Ordinal);
            await ReadReferencesAsync(schema.References ?? [], named, [], cancellationToken);
            return new KnownSchema { Type = AvroType.Parse(schema.SchemaString, named) };
        }
        catch (SchemaRegistryException e) when (e.Status == HttpStatusCode.NotFound)
        {
            // It may be registered yet.
            return new KnownSchema
            {
                Rule = "schema_known",
                Problem = Text($"the schema registry (SchemaRegistry:Url) has no schema {id}"),
                Until = _time.GetUtcNow() + _unknown,
            };
        }
        catch (InvalidDataException e)
        {
            return new KnownSchema
            {
                Rule = "schema_avro",
                Problem = Text($"schema {id} is no Avro schema: {e.Message}"),
            };
        }
    }

    /// <summary>The schemas whose types a schema names.</summary>
    private async Task ReadReferencesAsync(
        IReadOnlyList<SchemaReference> references,
        Dictionary<string, AvroType> named,
        HashSet<(string, int)> seen,
        CancellationToken cancellationToken
    )
    {
        foreach (SchemaReference reference in references)
        {
            if (!seen.Add((reference.Subject, reference.Version)))
            {
                continue;
            }

            if (seen.Count > MaxReferences)
            {
                throw new InvalidDataException(Text($"it refers to more than {MaxReferences} others"));
            }

            RegisteredSchema schema = await GuardAsync(
                () => _registry.Value.GetRegisteredSchemaAsync(reference.Subject, reference.Version),
                cancellationToken
            );
            await ReadReferencesAsync(schema.References ?? [], named, seen, cancellationToken);
            AvroType.Parse(schema.SchemaString, named);
        }
    }

    /// <summary>What the registry says of a schema passes; all else is the registry's trouble.</summary>
    private static async Task<T> GuardAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask().WaitAsync(cancellationToken);
        }
        catch (SchemaRegistryException e) when (e.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            throw new SchemaRegistryAwayException(
                "the schema registry refuses the account: see SchemaRegistry:Username and SchemaRegistry:Password",
                e
            );
        }
        catch (SchemaRegistryException e) when (e.Status != HttpStatusCode.NotFound)
        {
            throw new SchemaRegistryAwayException(
                Text($"the schema registry does not do its work (SchemaRegistry:Url): {(int)e.Status}, {e.Message}"),
                e
            );
        }
        catch (Exception e)
            when (e is (HttpRequestException and not SchemaRegistryException) or TimeoutException or IOException
                || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            throw new SchemaRegistryAwayException(
                $"the schema registry does not answer (SchemaRegistry:Url): {e.Message}",
                e
            );
        }
    }

    private static CachedSchemaRegistryClient Connect(SchemaRegistryOptions options)
    {
        SchemaRegistryConfig config = new()
        {
            Url = options.Url,
            RequestTimeoutMs = options.TimeoutSeconds * 1_000,
            // Whoever asks waits and asks again by itself, so that health shows at once why. With none the client fails.
            MaxRetries = 1,
            RetriesWaitMs = 100,
        };
        if (!string.IsNullOrEmpty(options.Username))
        {
            config.BasicAuthCredentialsSource = AuthCredentialsSource.UserInfo;
            config.BasicAuthUserInfo = $"{options.Username}:{options.Password}";
        }

        return new CachedSchemaRegistryClient(config);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What an id of the registry means.</summary>
internal sealed record KnownSchema
{
    /// <summary>The schema, if it is Avro.</summary>
    public AvroType? Type { get; init; }

    /// <summary>Whether what follows the id is JSON.</summary>
    public bool IsJson { get; init; }

    /// <summary>Otherwise the rule that its messages break.</summary>
    public string Rule { get; init; } = "";

    /// <summary>Why.</summary>
    public string? Problem { get; init; }

    /// <summary>When to ask again; null when never.</summary>
    public DateTimeOffset? Until { get; init; }
}
