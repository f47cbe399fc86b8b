# Build:  docker build -t vl4j .
# Run:    docker run -p 8000:8000 -v vl4j-models:/models vl4j serve Qwen/Qwen3-VL-Reranker-2B
# With NVIDIA GPUs: docker build --build-arg BASE=nvidia/cuda:13.0.1-runtime-ubuntu24.04 -t vl4j ., and docker run --gpus all.
# With Ascend NPUs: BASE is an image of the vendor's with CANN, see docs/ascend.md.
# docs/operations.md, docs/cuda.md and docs/ascend.md have the rest.

# Each base is one release. `docker buildx imagetools inspect NAME` shows a digest, to pin it to the last bit: NAME@sha256:...
ARG BASE=ubuntu:noble-20260911
ARG JDK=eclipse-temurin:25.0.4_7-jdk-noble
ARG MAVEN=maven:3.9.11-eclipse-temurin-21

FROM $MAVEN AS maven

FROM $JDK AS build
COPY --from=maven /usr/share/maven /usr/share/maven
ENV PATH=/usr/share/maven/bin:$PATH
WORKDIR /src
COPY . .
# The launcher builds on first use, and the demo shows that what it built works. What Maven downloads stays on the builder.
RUN --mount=type=cache,target=/root/.m2 ./vl4j demo
# A JRE with no more modules than the application resolves.
RUN "$JAVA_HOME/bin/jlink" \
      --add-modules java.desktop,java.logging,java.management,java.naming,java.net.http,jdk.incubator.vector,jdk.management,jdk.unsupported \
      --no-header-files --no-man-pages --generate-cds-archive --output /opt/jre
RUN mkdir -p /opt/vl4j/server/target/app \
    && cp vl4j LICENSE NOTICE /opt/vl4j/ \
    && cp server/target/app/*.jar /opt/vl4j/server/target/app/ \
    && JAVA_HOME=/opt/jre /opt/vl4j/vl4j --archive-classes

FROM $BASE
RUN useradd --uid 10001 --user-group --create-home --home-dir /home/vl4j vl4j \
    && install -d -o vl4j -g vl4j /models
COPY --from=build /opt/jre /opt/jre
COPY --from=build /opt/vl4j /opt/vl4j
# Models that are named by id are downloaded to HF_HOME and found there by the next container.
ENV JAVA_HOME=/opt/jre HF_HOME=/models LANG=C.UTF-8
VOLUME /models
USER 10001:10001
EXPOSE 8000
# Opening a model may take a download first, and is no failure.
HEALTHCHECK --start-period=15m --interval=10s --timeout=5s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8000 && printf 'GET /health HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
# The launcher ends by becoming Java, so signals reach the server. Allow docker stop more than --shutdown-grace.
ENTRYPOINT ["/opt/vl4j/vl4j"]
CMD ["serve", "demo"]
