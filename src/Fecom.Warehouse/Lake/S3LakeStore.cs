using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Options;

namespace Fecom.Warehouse.Lake;

/// <summary>The lake as a bucket of an S3. A large file goes up in parts; its object is there when the last one is confirmed.</summary>
internal sealed class S3LakeStore(IOptions<LakeOptions> options) : ILakeStore, IDisposable
{
    /// <summary>S3 takes no smaller part but the last one, and 10,000 of them.</summary>
    public const int PartBytes = 8 * 1024 * 1024;

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(60);

    private readonly LakeS3Options _options = options.Value.S3;
    private readonly Lazy<AmazonS3Client> _client = new(() => Client(options.Value.S3));

    public Task PutAsync(string name, string file, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            if (new FileInfo(file).Length > PartBytes)
            {
                await PutPartsAsync(Key(name), file, cancellationToken);
                return true;
            }

            await _client.Value.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = _options.Bucket,
                    Key = Key(name),
                    FilePath = file,
                },
                cancellationToken
            );
            return true;
        });

    public Task<bool> TryCreateAsync(string name, string text, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            try
            {
                await _client.Value.PutObjectAsync(
                    new PutObjectRequest
                    {
                        BucketName = _options.Bucket,
                        Key = Key(name),
                        ContentBody = text,
                        IfNoneMatch = "*",
                    },
                    cancellationToken
                );
                return true;
            }
            catch (AmazonS3Exception e)
                when (e.StatusCode is HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict)
            {
                return false;
            }
        });

    public Task<bool> TryGetAsync(string name, string file, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            try
            {
                using GetObjectResponse answer = await _client.Value.GetObjectAsync(
                    _options.Bucket,
                    Key(name),
                    cancellationToken
                );
                await using FileStream to = File.Create(file);
                await answer.ResponseStream.CopyToAsync(to, cancellationToken);
                return true;
            }
            catch (AmazonS3Exception e) when (e.ErrorCode == "NoSuchKey")
            {
                return false;
            }
        });

    public async IAsyncEnumerable<string> ListAsync(
        string prefix,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        ListObjectsV2Request request = new() { BucketName = _options.Bucket, Prefix = Key(prefix) };
        ListObjectsV2Response page;
        do
        {
            page = await GuardAsync(() => _client.Value.ListObjectsV2Async(request, cancellationToken));
            foreach (S3Object found in page.S3Objects ?? [])
            {
                yield return found.Key[_options.Prefix.Length..];
            }

            request.ContinuationToken = page.NextContinuationToken;
        } while (page.IsTruncated == true);
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken) =>
        GuardAsync(() => _client.Value.DeleteObjectAsync(_options.Bucket, Key(name), cancellationToken));

    /// <summary>Parts of an upload that never ended are kept, and paid for, until somebody aborts it.</summary>
    public Task CleanAsync(DateTime before, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            ListMultipartUploadsResponse uploads = await _client.Value.ListMultipartUploadsAsync(
                new ListMultipartUploadsRequest { BucketName = _options.Bucket, Prefix = Key(LakeNames.Events) },
                cancellationToken
            );
            // A moment that is not said counts as now.
            foreach (
                MultipartUpload upload in (uploads.MultipartUploads ?? []).Where(upload =>
                    upload.Initiated?.ToUniversalTime() < before
                )
            )
            {
                await AbortAsync(upload, cancellationToken);
            }

            return true;
        });

    public void Dispose()
    {
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }
    }

    private static AmazonS3Client Client(LakeS3Options options)
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

    private async Task PutPartsAsync(string key, string file, CancellationToken cancellationToken)
    {
        InitiateMultipartUploadResponse upload = await _client.Value.InitiateMultipartUploadAsync(
            _options.Bucket,
            key,
            cancellationToken
        );
        long length = new FileInfo(file).Length;
        List<PartETag> parts = [];
        for (long from = 0; from < length; from += PartBytes)
        {
            UploadPartResponse part = await _client.Value.UploadPartAsync(
                new UploadPartRequest
                {
                    BucketName = _options.Bucket,
                    Key = key,
                    UploadId = upload.UploadId,
                    PartNumber = parts.Count + 1,
                    FilePath = file,
                    FilePosition = from,
                    PartSize = Math.Min(PartBytes, length - from),
                },
                cancellationToken
            );
            parts.Add(new PartETag(parts.Count + 1, part.ETag));
        }

        await _client.Value.CompleteMultipartUploadAsync(
            new CompleteMultipartUploadRequest
            {
                BucketName = _options.Bucket,
                Key = key,
                UploadId = upload.UploadId,
                PartETags = parts,
            },
            cancellationToken
        );
    }

    private async Task AbortAsync(MultipartUpload upload, CancellationToken cancellationToken)
    {
        try
        {
            await _client.Value.AbortMultipartUploadAsync(
                _options.Bucket,
                upload.Key,
                upload.UploadId,
                cancellationToken
            );
        }
        catch (NoSuchUploadException)
        {
            // It has ended since it was listed, or an earlier abort whose answer was lost has reached the store.
        }
    }

    private string Key(string name) => _options.Prefix + name;

    private async Task<T> GuardAsync<T>(Func<Task<T>> work)
    {
        string store = string.IsNullOrEmpty(_options.Endpoint) ? $"S3 in {_options.Region}" : _options.Endpoint;
        try
        {
            return await work();
        }
        catch (AmazonS3Exception e)
            when (e.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized
                || e.ErrorCode is "InvalidAccessKeyId" or "SignatureDoesNotMatch"
            )
        {
            throw new LakeStoreException(
                $"{store} refuses the account for the bucket {_options.Bucket} ({e.ErrorCode}): see Lake:S3:AccessKey, Lake:S3:SecretKey and what the account may do",
                e
            );
        }
        catch (AmazonS3Exception e) when (e.ErrorCode == "NoSuchBucket")
        {
            throw new LakeStoreException(
                $"{store} has no bucket {_options.Bucket}: create it, or see Lake:S3:Bucket",
                e
            );
        }
        catch (AmazonClientException e)
        {
            throw new LakeStoreException($"{store} does not do its work (Lake:S3): {e.Message}", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException)
        {
            throw new LakeStoreException($"{store} does not answer (Lake:S3:Endpoint): {e.Message}", e);
        }
        catch (OperationCanceledException e) when (e.InnerException is TimeoutException)
        {
            throw new LakeStoreException(
                $"{store} did not answer within {RequestTimeout.TotalSeconds} s (Lake:S3:Endpoint)",
                e
            );
        }
    }
}
