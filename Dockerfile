# syndic in a container: built from source, run without a shell, as a user without rights.
FROM rust:1.95-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libclang-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/target \
    CARGO_TARGET_DIR=/target cargo build --release --locked --workspace --bin syndic \
    && install -s /target/release/syndic /usr/local/bin/syndic \
    && mkdir -p /var/lib/syndic

FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="syndic" \
      org.opencontainers.image.description="A permissioned blockchain node" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /usr/local/bin/syndic /usr/local/bin/syndic
COPY --from=build --chown=65532:65532 /var/lib/syndic /var/lib/syndic
USER 65532:65532
VOLUME /var/lib/syndic
# RPC, 7100, only once config.toml gives it another address than loopback, with TLS and tokens.
EXPOSE 7100 7101
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["/usr/local/bin/syndic", "doctor", "--node", "http://127.0.0.1:7100", "--quiet"]
ENTRYPOINT ["/usr/local/bin/syndic"]
CMD ["run", "--home", "/var/lib/syndic"]
