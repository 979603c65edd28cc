using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Warehouse.PublishGold;

/// <summary>How far the cloud warehouse is: <c>GET /api/v1/warehouse/cloud</c>.</summary>
internal static class CloudApi
{
    public static void MapCloud(this IEndpointRouteBuilder warehouse) =>
        warehouse
            .MapGet("cloud", GetAsync)
            .WithName("GetCloudWarehouse")
            .WithSummary("How far the cloud warehouse follows gold, what waits, and what hinders it");

    private static async Task<Ok<CloudBody>> GetAsync(CloudStatus status, CancellationToken cancellationToken) =>
        TypedResults.Ok(await status.ReadAsync(cancellationToken));
}
