using Amazon.S3;
using Amazon.S3.Model;

namespace Fecom.Platform.ObjectStore;

/// <summary>Files in a bucket.</summary>
internal sealed class BucketFileStore(Bucket bucket) : IFileStore, IDisposable
{
    public string Place => $"the bucket {bucket.Name}";

    public Task WriteAsync(string name, byte[] bytes, CancellationToken cancellationToken) =>
        bucket.GuardAsync(async () =>
        {
            using MemoryStream content = new(bytes, writable: false);
            return await bucket.Client.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = bucket.Name,
                    Key = bucket.KeyOf(name),
                    InputStream = content,
                },
                cancellationToken
            );
        });

    public Task<byte[]?> ReadAsync(string name, CancellationToken cancellationToken) =>
        bucket.GuardAsync(async () =>
        {
            try
            {
                using GetObjectResponse answer = await bucket.Client.GetObjectAsync(
                    bucket.Name,
                    bucket.KeyOf(name),
                    cancellationToken
                );
                using MemoryStream content = new();
                await answer.ResponseStream.CopyToAsync(content, cancellationToken);
                return content.ToArray();
            }
            catch (AmazonS3Exception e) when (e.ErrorCode == "NoSuchKey")
            {
                return null;
            }
        });

    public async Task<IReadOnlyList<string>> ListAsync(string folder, CancellationToken cancellationToken)
    {
        List<string> names = [];
        ListObjectsV2Request request = new() { BucketName = bucket.Name, Prefix = bucket.KeyOf(folder) };
        ListObjectsV2Response page;
        do
        {
            page = await bucket.GuardAsync(() => bucket.Client.ListObjectsV2Async(request, cancellationToken));
            names.AddRange((page.S3Objects ?? []).Select(found => bucket.NameOf(found.Key)));
            request.ContinuationToken = page.NextContinuationToken;
        } while (page.IsTruncated == true);
        return names;
    }

    public Task RemoveAsync(string name, CancellationToken cancellationToken) =>
        bucket.GuardAsync(() => bucket.Client.DeleteObjectAsync(bucket.Name, bucket.KeyOf(name), cancellationToken));

    public void Dispose() => bucket.Dispose();
}
