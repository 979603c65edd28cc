using Fecom.Features;
using Fecom.Monolith;
using Fecom.Platform;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Fecom.Validation;
using Fecom.Warehouse;

if (CommandLine.IsTool(args))
{
    return await CommandLine.RunAsync(args);
}

return await StartFailure.ReportAsync(async () =>
{
    WebApplicationBuilder builder = WebHost.CreateBuilder(args);
    builder.Services.AddStorage(builder.Configuration);
    builder.AddValidation();
    builder.AddFeatures();
    builder.AddWarehouse();
    builder.Services.AddMessaging(builder.Configuration);

    await using WebApplication app = builder.Build();
    app.UseWebHost();
    app.MapFeatures();

    await app.PrepareAsync();
    await app.RunAsync();
});
