# linux/amd64 alone: LightGBM's native library has no arm64 build, and the build on another architecture says so.
FROM --platform=linux/amd64 mcr.microsoft.com/dotnet/sdk:10.0.100 AS projects
WORKDIR /source
COPY . .
# Only what a restore reads, so that a change of the code does not restore again.
RUN mkdir /projects \
    && find . \( -name '*.csproj' -o -name '*.props' -o -name global.json \) -exec cp --parents -t /projects {} +

FROM --platform=linux/amd64 mcr.microsoft.com/dotnet/sdk:10.0.100 AS build
ARG TARGETARCH=amd64
RUN [ "$TARGETARCH" = amd64 ] || { echo "Fecom runs on linux/amd64: LightGBM has no build for $TARGETARCH. Build with --platform linux/amd64." >&2; exit 1; }
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
    && install -d -o fecom -g fecom /data /data/raw /data/processed /data/lake /models /scratch
COPY --from=build /app /app

# The root file system may be read-only: what is written lies in the volumes, and a training's temporary files in /scratch.
# Without Kerberos' library here, asking PostgreSQL for its encryption can only fail, with a line on stderr.
ENV ASPNETCORE_URLS=http://0.0.0.0:8080 \
    PGGSSENCMODE=disable \
    DOTNET_GCgen0size=0xA000000 \
    DOTNET_EnableDiagnostics=0 \
    TMPDIR=/scratch \
    Paths__Data=/data \
    Paths__Models=/models
USER fecom
WORKDIR /data
EXPOSE 8080
VOLUME ["/data/processed", "/data/lake", "/models", "/scratch"]
# The process itself gets SIGTERM and drains: it takes no new calls and ends what is under way, in at most 25 s.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/localhost/8080 && printf 'GET /health/live HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ code _ <&3 && [[ $code == 200 ]]"]
ENTRYPOINT ["/app/Fecom.Monolith"]
CMD ["serve"]
