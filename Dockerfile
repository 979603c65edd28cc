# Only what a restore reads, so that a change of the code does not restore again.
FROM --platform=linux/amd64 mcr.microsoft.com/dotnet/sdk:10.0 AS projects
WORKDIR /source
COPY . .
RUN mkdir /projects \
    && find . \( -name '*.csproj' -o -name '*.props' -o -name global.json \) -exec cp --parents -t /projects {} +

FROM --platform=linux/amd64 mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY --from=projects /projects .
RUN dotnet restore src/Fecom.Monolith -p:SelfContained=true
COPY . .
RUN dotnet publish src/Fecom.Monolith -c Release --self-contained --no-restore -o /app

FROM --platform=linux/amd64 debian:13.6-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libgomp1 tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin fecom \
    && install -d -o fecom -g fecom /data /data/raw /data/processed /data/lake /models
COPY --from=build /app /app

# Without Kerberos' library here, asking PostgreSQL for its encryption can only fail, with a line on stderr.
ENV ASPNETCORE_URLS=http://0.0.0.0:8080 \
    PGGSSENCMODE=disable \
    DOTNET_GCgen0size=0xA000000 \
    Paths__Data=/data \
    Paths__Models=/models \
    DOTNET_EnableDiagnostics=0
USER fecom
WORKDIR /data
EXPOSE 8080
VOLUME ["/data/processed", "/data/lake", "/models"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/localhost/8080 && printf 'GET /health/live HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ code _ <&3 && [[ $code == 200 ]]"]
ENTRYPOINT ["/app/Fecom.Monolith"]
CMD ["serve"]
