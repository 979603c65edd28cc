using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using Fecom.Platform.ObjectStore;
using Microsoft.Extensions.Options;

namespace Fecom.Warehouse.Lake;

/// <summary>The lake as a bucket of an S3. A large file goes up in parts; its object is there when the last one is confirmed.</summary>
internal sealed class S3LakeStore(IOptions<LakeOptions> options) : ILakeStore, IDisposable
{
    /// <summary>S3 takes no smaller part but the last one, and 10,000 of them.</summary>
    public const int PartBytes = 8 * 1024 * 1024;

    private readonly Bucket _s3 = new(options.Value.S3, "Lake:S3");

    public Task PutAsync(string name, string file, CancellationToken cancellationToken) =>
        _s3.GuardAsync(async () =>
        {
            if (new FileInfo(file).Length > PartBytes)
            {
                await PutPartsAsync(_s3.KeyOf(name), file, cancellationToken);
                return true;
            }

            await _s3.Client.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = _s3.Name,
                    Key = _s3.KeyOf(name),
                    FilePath = file,
                },
                cancellationToken
            );
            return true;
        });

    public Task<bool> TryCreateAsync(string name, string text, CancellationToken cancellationToken) =>
        _s3.GuardAsync(async () =>
        {
            try
            {
                await _s3.Client.PutObjectAsync(
                    new PutObjectRequest
                    {
                        BucketName = _s3.Name,
                        Key = _s3.KeyOf(name),
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
        _s3.GuardAsync(async () =>
        {
            try
            {
                using GetObjectResponse answer = await _s3.Client.GetObjectAsync(
                    _s3.Name,
                    _s3.KeyOf(name),
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
        ListObjectsV2Request request = new() { BucketName = _s3.Name, Prefix = _s3.KeyOf(prefix) };
        ListObjectsV2Response page;
        do
        {
            page = await _s3.GuardAsync(() => _s3.Client.ListObjectsV2Async(request, cancellationToken));
            foreach (S3Object found in page.S3Objects ?? [])
            {
                yield return _s3.NameOf(found.Key);
            }

            request.ContinuationToken = page.NextContinuationToken;
        } while (page.IsTruncated == true);
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken) =>
        _s3.GuardAsync(() => _s3.Client.DeleteObjectAsync(_s3.Name, _s3.KeyOf(name), cancellationToken));

    /// <summary>Parts of an upload that never ended are kept, and paid for, until somebody aborts it.</summary>
    public async Task CleanAsync(DateTime before, CancellationToken cancellationToken)
    {
        foreach (string prefix in (string[])[LakeNames.Events, LakeNames.Gold])
        {
            await CleanAsync(prefix, before, cancellationToken);
        }
    }

    public void Dispose() => _s3.Dispose();

    private Task<bool> CleanAsync(string prefix, DateTime before, CancellationToken cancellationToken) =>
        _s3.GuardAsync(async () =>
        {
            ListMultipartUploadsResponse uploads = await _s3.Client.ListMultipartUploadsAsync(
                new ListMultipartUploadsRequest { BucketName = _s3.Name, Prefix = _s3.KeyOf(prefix) },
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

    private async Task PutPartsAsync(string key, string file, CancellationToken cancellationToken)
    {
        InitiateMultipartUploadResponse upload = await _s3.Client.InitiateMultipartUploadAsync(
            _s3.Name,
            key,
            cancellationToken
        );
        long length = new FileInfo(file).Length;
        List<PartETag> parts = [];
        for (long from = 0; from < length; from += PartBytes)
        {
            UploadPartResponse part = await _s3.Client.UploadPartAsync(
                new UploadPartRequest
                {
                    BucketName = _s3.Name,
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

        await _s3.Client.CompleteMultipartUploadAsync(
            new CompleteMultipartUploadRequest
            {
                BucketName = _s3.Name,
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
            await _s3.Client.AbortMultipartUploadAsync(_s3.Name, upload.Key, upload.UploadId, cancellationToken);
        }
        catch (NoSuchUploadException)
        {
            // It has ended since it was listed, or an earlier abort whose answer was lost has reached the store.
        }
    }
}
