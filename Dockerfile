FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
# Self-contained: the final image needs no .NET of its own and gets Debian's native libraries.
RUN dotnet publish src/Fecom.Monolith -c Release --self-contained -o /app \
    -r "linux-$(dpkg --print-architecture | sed 's/amd64/x64/')" -p:DebugType=none

FROM debian:13.6-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl librdkafka1 libssl3t64 libxgboost0 tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin fecom \
    && install -d -o fecom -g fecom /data /data/raw /data/processed /data/lake /models
COPY --from=build /app /app

ENV ASPNETCORE_URLS=http://0.0.0.0:8080 \
    Kafka__LibraryPath=librdkafka.so.1 \
    XGBoost__LibraryPath=libxgboost.so.0 \
    Paths__Data=/data \
    Paths__Models=/models \
    DOTNET_EnableDiagnostics=0
USER fecom
WORKDIR /data
EXPOSE 8080
VOLUME ["/data/processed", "/data/lake", "/models"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["curl", "-fsS", "-o", "/dev/null", "http://localhost:8080/health/live"]
ENTRYPOINT ["/app/Fecom.Monolith"]
CMD ["serve"]
