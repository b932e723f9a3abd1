# Fedirally in an image that holds the program, CA certificates and an empty folder, and no shell.
#
#     docker build --build-arg VERSION=v0.1.0 --build-arg REVISION="$(git rev-parse HEAD)" -t fedirally .
#
# docs/operations.md tells how to run it, by itself or with docker-compose.yml.

FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# The repository is not here, so the program is told what it is built from.
ARG VERSION=""
ARG REVISION=""
ARG TARGETOS
ARG TARGETARCH
RUN --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -buildvcs=false \
    -ldflags="-X main.givenVersion=$VERSION -X main.givenRevision=$REVISION" \
    -o /out/fedirally ./cmd/fedirally
RUN mkdir /out/data

FROM scratch
ARG VERSION=""
ARG REVISION=""
LABEL org.opencontainers.image.title="Fedirally" \
      org.opencontainers.image.description="Fundraising races between Fediverse instances" \
      org.opencontainers.image.licenses="AGPL-3.0-only" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY LICENSE /
COPY --from=build /out/fedirally /usr/local/bin/fedirally
# A volume that is made for it takes over the owner. With PostgreSQL nothing is written there.
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
WORKDIR /data
VOLUME /data
ENV PATH=/usr/local/bin
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["/usr/local/bin/fedirally", "healthy"]
ENTRYPOINT ["/usr/local/bin/fedirally"]
CMD ["serve"]
