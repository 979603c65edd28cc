# shellcheck shell=bash
# The images by the names that Dockerfile and docker-compose.yml use: stand-ins made from Debian 13. Docker keeps their layers, so a
# second run takes seconds.

servers=${FECOM_TEST_SERVERS:-$root/../shared/servers}

# named NAME: the one image of that name, with its tag.
named() {
    local found
    found=$(grep -hoE "(^FROM( --platform=[^ ]+)?|image:) $1:[^ ]+" Dockerfile docker-compose.yml | grep -oE '[^ ]+$' | sort -u)
    [[ $(wc -l <<<"$found") == 1 && -n $found ]] || die "not one version of $1: $found"
    echo "$found"
}

has_image() { docker image inspect "$1" >/dev/null 2>&1; }

# Debian 13 as the official slim image has it: no documentation, no translations, nothing of apt's.
make_debian() {
    local image=$1 mirror folder=$home/debian
    if has_image "$image"; then return; fi
    mirror=${FECOM_DEBIAN_MIRROR:-$(sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
        awk '/\/debian\/?$/ && !found { print; found = 1 }' || true)}
    [[ -n $mirror ]] || { echo "apt's sources name no mirror of Debian: set FECOM_DEBIAN_MIRROR" >&2; return 1; }
    rm -rf -- "$folder"
    debootstrap --variant=minbase trixie "$folder" "$mirror" >"$home/debootstrap.log" 2>&1 ||
        { tail -n 5 "$home/debootstrap.log" >&2; return 1; }
    find "$folder"/usr/share/{doc,man,info,locale,lintian} "$folder"/var/{lib/apt/lists,cache/apt,log} ! -type d -delete
    printf 'path-exclude=/usr/share/%s/*\n' doc man info locale lintian >"$folder/etc/dpkg/dpkg.cfg.d/slim"
    {
        echo "deb $mirror trixie main"
        echo "deb $mirror trixie-updates main"
        echo "deb ${mirror%/}-security trixie-security main"
    } >"$folder/etc/apt/sources.list"
    # Whether this machine checks the age of its mirror's lists.
    apt-config dump | grep '^Acquire::Check-' >"$folder/etc/apt/apt.conf.d/90machine" || true
    tar -C "$folder" -c . |
        docker import -c 'CMD ["bash"]' -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$image" >/dev/null
    rm -rf -- "$folder"
}

# stand_in FOLDER IMAGE [PATH=NAME …]: builds stand-ins/FOLDER, with copies of these paths beside it.
stand_in() {
    local folder=$1 image=$2 context=$home/context pair
    shift 2
    rm -rf -- "$context"
    cp -a "docker/prove/stand-ins/$folder" "$context"
    for pair; do
        cp -aL "${pair%=*}" "$context/${pair##*=}"
        chmod -R u+w "$context/${pair##*=}"
    done
    docker build --network host --build-arg "BASE=$debian" --build-arg "KAFKA=$(named apache/kafka)" \
        --build-arg "NUGET_CERT_REVOCATION_MODE=${NUGET_CERT_REVOCATION_MODE:-online}" \
        -t "$image" "$context" >"$home/image-$folder.log" 2>&1 || { tail -n 20 "$home/image-$folder.log" >&2; return 1; }
    rm -rf -- "$context"
}

make_sdk() {
    local sdk settings
    sdk=$(named mcr.microsoft.com/dotnet/sdk)
    if has_image "$sdk"; then return; fi
    settings=$home/NuGet
    rm -rf -- "$settings"
    mkdir -p "$settings"
    [[ ! -s ~/.nuget/NuGet/NuGet.Config ]] || cp ~/.nuget/NuGet/NuGet.Config "$settings/"
    stand_in sdk "$sdk" "$(dirname -- "$(readlink -f -- "$(command -v dotnet)")")=dotnet" "$settings=NuGet" \
        /etc/ssl/certs/ca-certificates.crt=ca-certificates.crt
}

make_images() {
    debian=$(named debian)
    [[ -d $servers/kafka/lib && -d $servers/s3/lib ]] || { figure="no Kafka and S3 in $servers: set FECOM_TEST_SERVERS"; return 1; }
    make_debian "$debian" &&
        stand_in postgres "$(named postgres)" &&
        stand_in redis "$(named redis)" &&
        stand_in nginx "$(named nginx)" &&
        stand_in kafka "$(named apache/kafka)" "$servers/kafka/lib=libs" &&
        stand_in connect "$(named quay.io/debezium/connect)" "$servers/kafka/connect=plugins" &&
        stand_in objects "$(named chrislusf/seaweedfs)" "$servers/s3=s3" &&
        stand_in prometheus "$(named prom/prometheus)" &&
        stand_in alertmanager "$(named prom/alertmanager)" &&
        make_sdk || { figure="see the logs in $home"; return 1; }
    figure="$(docker run --rm --entrypoint cat "$debian" /etc/debian_version) as $debian, $(version postgres postgres --version),"
    figure+=" $(version redis redis-server --version | cut -d' ' -f1-3), $(version nginx nginx -v),"
    figure+=" Prometheus $(version prom/prometheus prometheus --version | head -n 1 | cut -d' ' -f3)"
}

version() { docker run --rm --entrypoint "$2" "$(named "$1")" "$3" 2>&1; }
