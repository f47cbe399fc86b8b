package dev.vl4j.server.http;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a server is started.
 *
 * @param host name or address to listen at
 * @param port 0 for any that is free
 * @param names what the model is called; answers carry the first
 * @param root where the model was opened from, for {@code /v1/models}
 * @param apiKeys keys of which a request must bring one; none for an open server
 * @param mediaRoot directory whose files requests may name, or null for none
 * @param maxImages in a query and a document together
 * @param maxBodyBytes of a request; longer ones are refused
 * @param grace how long stopping waits for requests that are running
 * @param accessLog whether each request is logged
 */
public record ServerOptions(
    String host,
    int port,
    List<String> names,
    String root,
    List<String> apiKeys,
    @Nullable Path mediaRoot,
    int maxImages,
    long maxBodyBytes,
    Duration grace,
    boolean accessLog) {
  public static final long DEFAULT_BODY_BYTES = 128L << 20;

  public ServerOptions {
    names = List.copyOf(names);
    apiKeys = List.copyOf(apiKeys);
  }
}
