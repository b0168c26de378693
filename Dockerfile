# walferry in containers; compose.yaml puts them together, docs/compose.md explains.
#
#   walferry   the programs, for every part of the pipeline
#   database   a PostgreSQL server for the demonstration, with pgbench

FROM debian:bookworm-slim AS build
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        build-essential cmake ninja-build pkg-config libpq-dev libzmq3-dev libprotobuf-c-dev \
        protobuf-c-compiler libconfig-dev libcurl4-openssl-dev libsqlite3-dev libjansson-dev \
        uthash-dev zlib1g-dev libmicrohttpd-dev libcmocka-dev && \
    rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cmake --preset release && \
    cmake --build --preset release --target walferry walferry-supervisor walferry-schema \
        walferry-capture walferry-copy walferry-transform walferry-loader

FROM debian:bookworm-slim AS walferry
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        libpq5 libzmq5 libprotobuf-c1 libconfig9 libcurl4 libsqlite3-0 libjansson4 zlib1g ca-certificates && \
    rm -rf /var/lib/apt/lists/* && \
    useradd --uid 10001 --user-group --home-dir /var/lib/walferry walferry && \
    install -d -m 0700 -o walferry -g walferry /var/lib/walferry
COPY --from=build /src/build/bin/ /usr/local/bin/
COPY compose/health.sh /usr/local/bin/walferry-health
ENV WALFERRY_STATE_DIR=/var/lib/walferry
USER walferry
CMD ["walferry", "--help"]

FROM debian:bookworm-slim AS database
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        postgresql-common && \
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf && \
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql-15 && \
    rm -rf /var/lib/apt/lists/*
ENV PATH=/usr/lib/postgresql/15/bin:$PATH
COPY compose/database.sh compose/load.sh /usr/local/bin/
USER postgres
# A fast shutdown: a smart one would wait for its clients.
STOPSIGNAL SIGINT
CMD ["database.sh"]
