using System.Net;
using Amazon.Runtime;
using Amazon.S3;

namespace Fecom.Platform.ObjectStore;

/// <summary>A bucket of an S3: its client, the names of objects in it, and failures as messages for a person.</summary>
/// <param name="options">Which one.</param>
/// <param name="section">The settings that say so, for the messages.</param>
public sealed class Bucket(S3Options options, string section) : IDisposable
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(60);

    private readonly Lazy<AmazonS3Client> _client = new(() => Connect(options));

    /// <summary>The client; made when it is first needed.</summary>
    public IAmazonS3 Client => _client.Value;

    /// <summary>The bucket's name.</summary>
    public string Name => options.Bucket;

    /// <summary>An object's key, by its name: <see cref="S3Options.Prefix"/> goes before it.</summary>
    public string KeyOf(string name) => options.Prefix + name;

    /// <summary>An object's name, by its key.</summary>
    public string NameOf(string key) => key[options.Prefix.Length..];

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }
    }

    /// <summary>Does something with the bucket.</summary>
    /// <exception cref="ObjectStoreException">It failed; the message says why, and what to look at.</exception>
    public async Task<T> GuardAsync<T>(Func<Task<T>> work)
    {
        string store = string.IsNullOrEmpty(options.Endpoint) ? $"S3 in {options.Region}" : options.Endpoint;
        try
        {
            return await work();
        }
        catch (AmazonS3Exception e)
            when (e.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized
                || e.ErrorCode is "InvalidAccessKeyId" or "SignatureDoesNotMatch"
            )
        {
            throw new ObjectStoreException(
                $"{store} refuses the account for the bucket {Name} ({e.ErrorCode}): see {section}:AccessKey, {section}:SecretKey and what the account may do",
                e
            );
        }
        catch (AmazonS3Exception e) when (e.ErrorCode == "NoSuchBucket")
        {
            throw new ObjectStoreException($"{store} has no bucket {Name}: create it, or see {section}:Bucket", e);
        }
        catch (AmazonClientException e)
        {
            throw new ObjectStoreException($"{store} does not do its work ({section}): {e.Message}", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException)
        {
            throw new ObjectStoreException($"{store} does not answer ({section}:Endpoint): {e.Message}", e);
        }
        catch (OperationCanceledException e) when (e.InnerException is TimeoutException)
        {
            throw new ObjectStoreException(
                $"{store} did not answer within {RequestTimeout.TotalSeconds} s ({section}:Endpoint)",
                e
            );
        }
    }

    private static AmazonS3Client Connect(S3Options options)
    {
        AmazonS3Config config = new()
        {
            AuthenticationRegion = options.Region,
            Timeout = RequestTimeout,
            MaxErrorRetry = 2,
            // Stores that are not Amazon's may not know the newer checksums.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (string.IsNullOrEmpty(options.Endpoint))
        {
            config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(options.Region);
        }
        else
        {
            config.ServiceURL = options.Endpoint;
            config.ForcePathStyle = true;
        }

        return string.IsNullOrEmpty(options.AccessKey)
            ? new AmazonS3Client(config)
            : new AmazonS3Client(new BasicAWSCredentials(options.AccessKey, options.SecretKey), config);
    }
}
