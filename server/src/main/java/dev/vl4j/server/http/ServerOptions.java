package dev.vl4j.server.http;

import dev.vl4j.engine.RequestLimits;
import dev.vl4j.server.media.MediaSettings;
import dev.vl4j.server.net.TrustedProxies;
import dev.vl4j.server.transport.FileLimit;
import dev.vl4j.server.transport.Patience;
import dev.vl4j.server.transport.TlsIdentity;
import dev.vl4j.server.transport.TransportOptions;
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
 * @param embedderNames what the embedder is called, where it is served beside a reranker
 * @param embedderRoot where that was opened from
 * @param apiKeys keys of which a request must bring one; none for an open server
 * @param cors which web pages may read answers
 * @param mediaRoot directory whose files requests may name, or null for none
 * @param media which pictures are fetched by http and https URLs
 * @param maxImages in a query and a document together
 * @param maxVideos in a query and a document together
 * @param limits how large one request may be
 * @param maxRequests in flight beyond which others are refused
 * @param maxBodyBytes of a request, and of the pictures together that are fetched for it; longer
 *     ones are refused
 * @param heldBytes that the requests in flight of one peer may have brought; all together may have
 *     brought a third more
 * @param timeout how long a request may take, from its first byte to its answer; zero for any time
 * @param maxConnections that are open at once
 * @param identity what the server proves who it is by, over TLS; null to speak HTTP without it
 * @param proxies peers whose word is taken for who asks
 * @param rootPath what paths begin with for clients, such as {@code /rank}, behind a proxy that
 *     serves other things, too; empty for nothing
 * @param patience how long clients are waited for
 * @param grace how long stopping waits for requests that are running
 * @param outliveEngine whether the server stays when the engine has failed for good
 * @param accessLog whether each request is logged
 * @param parseSpecialTokens whether control-token strings in requests' texts act as control tokens
 * @param plainInput whether an embedder's plain inputs get no template, as in vLLM
 * @param queryInstruction what an embedder's instruction is for Cohere's search queries that come
 *     with none, or null for the model's default
 * @param playground whether there is a page at {@code /}
 */
public record ServerOptions(
    String host,
    int port,
    List<String> names,
    String root,
    List<String> embedderNames,
    String embedderRoot,
    List<String> apiKeys,
    Cors cors,
    @Nullable Path mediaRoot,
    MediaSettings media,
    int maxImages,
    int maxVideos,
    RequestLimits limits,
    int maxRequests,
    long maxBodyBytes,
    long heldBytes,
    Duration timeout,
    int maxConnections,
    @Nullable TlsIdentity identity,
    TrustedProxies proxies,
    String rootPath,
    Patience patience,
    Duration grace,
    boolean outliveEngine,
    boolean accessLog,
    boolean parseSpecialTokens,
    boolean plainInput,
    @Nullable String queryInstruction,
    boolean playground) {
  public static final long DEFAULT_BODY_BYTES = 128L << 20;

  /** Room for a benchmark that sends its thousand requests all at once. */
  public static final int DEFAULT_REQUESTS = 2048;

  private static final int HEAP_SHARE = 8;

  public ServerOptions {
    names = List.copyOf(names);
    embedderNames = List.copyOf(embedderNames);
    apiKeys = List.copyOf(apiKeys);
  }

  /** What URLs of the server begin with. */
  public String scheme() {
    return transport().scheme();
  }

  TransportOptions transport() {
    return new TransportOptions(
        host, port, identity, maxConnections, proxies, patience, timeout, maxBodyBytes);
  }

  /** vLLM's defaults, for a model of one name. */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /** Collects options. */
  public static final class Builder {
    private String host = "0.0.0.0";
    private int port = 8000;
    private List<String> names;
    private final String root;
    private List<String> embedderNames = List.of();
    private String embedderRoot = "";
    private List<String> apiKeys = List.of();
    private Cors cors = Cors.NONE;
    private @Nullable Path mediaRoot;
    private MediaSettings media = MediaSettings.DEFAULT;
    private int maxImages = Integer.MAX_VALUE;
    private int maxVideos = Integer.MAX_VALUE;
    private RequestLimits limits = RequestLimits.DEFAULT;
    private int maxRequests = DEFAULT_REQUESTS;
    private long maxBodyBytes = DEFAULT_BODY_BYTES;
    private @Nullable Long heldBytes;
    private Duration timeout = Duration.ZERO;
    private int maxConnections = FileLimit.connections();
    private @Nullable TlsIdentity identity;
    private TrustedProxies proxies = TrustedProxies.of(TrustedProxies.DEFAULT);
    private String rootPath = "";
    private Patience patience = Patience.DEFAULT;
    private Duration grace = Duration.ofSeconds(30);
    private boolean outliveEngine;
    private boolean accessLog = true;
    private boolean parseSpecialTokens;
    private boolean plainInput;
    private @Nullable String queryInstruction;
    private boolean playground = true;

    private Builder(String name) {
      root = name;
      names = List.of(name);
    }

    public Builder listen(String host, int port) {
      this.host = host;
      this.port = port;
      return this;
    }

    public Builder names(List<String> names) {
      this.names = names;
      return this;
    }

    /** Of an embedder beside a reranker. */
    public Builder embedder(List<String> names, String root) {
      embedderNames = names;
      embedderRoot = root;
      return this;
    }

    public Builder apiKeys(List<String> apiKeys) {
      this.apiKeys = apiKeys;
      return this;
    }

    public Builder cors(Cors cors) {
      this.cors = cors;
      return this;
    }

    public Builder mediaRoot(@Nullable Path mediaRoot) {
      this.mediaRoot = mediaRoot;
      return this;
    }

    public Builder media(MediaSettings media) {
      this.media = media;
      return this;
    }

    public Builder maxImages(int maxImages) {
      this.maxImages = maxImages;
      return this;
    }

    public Builder maxVideos(int maxVideos) {
      this.maxVideos = maxVideos;
      return this;
    }

    public Builder limits(RequestLimits limits) {
      this.limits = limits;
      return this;
    }

    public Builder maxRequests(int maxRequests) {
      this.maxRequests = maxRequests;
      return this;
    }

    public Builder maxBodyBytes(long maxBodyBytes) {
      this.maxBodyBytes = maxBodyBytes;
      return this;
    }

    /** Left out, it is a part of the heap, and room for one of the longest bodies in any case. */
    public Builder heldBytes(long heldBytes) {
      this.heldBytes = heldBytes;
      return this;
    }

    public Builder timeout(Duration timeout) {
      this.timeout = timeout;
      return this;
    }

    public Builder maxConnections(int maxConnections) {
      this.maxConnections = maxConnections;
      return this;
    }

    public Builder identity(@Nullable TlsIdentity identity) {
      this.identity = identity;
      return this;
    }

    public Builder proxies(TrustedProxies proxies) {
      this.proxies = proxies;
      return this;
    }

    /**
     * @throws IllegalArgumentException if it does not begin with a slash; one at its end is nothing
     */
    public Builder rootPath(String rootPath) {
      String path = rootPath.replaceFirst("/+$", "");
      if (!path.isEmpty() && !path.matches("/[\\x21-\\x7e&&[^?#]]+")) {
        throw new IllegalArgumentException("expected a path such as /rank, found " + rootPath);
      }
      this.rootPath = path;
      return this;
    }

    public Builder patience(Patience patience) {
      this.patience = patience;
      return this;
    }

    public Builder grace(Duration grace) {
      this.grace = grace;
      return this;
    }

    public Builder outliveEngine(boolean outliveEngine) {
      this.outliveEngine = outliveEngine;
      return this;
    }

    public Builder accessLog(boolean accessLog) {
      this.accessLog = accessLog;
      return this;
    }

    public Builder parseSpecialTokens(boolean parseSpecialTokens) {
      this.parseSpecialTokens = parseSpecialTokens;
      return this;
    }

    public Builder plainInput(boolean plainInput) {
      this.plainInput = plainInput;
      return this;
    }

    /** Null, the default, for the model's own instruction. */
    public Builder queryInstruction(@Nullable String queryInstruction) {
      this.queryInstruction = queryInstruction;
      return this;
    }

    public Builder playground(boolean playground) {
      this.playground = playground;
      return this;
    }

    /** A request holds about three times as much as it has brought. */
    private static long ofHeap(long longestBody) {
      return Math.max(longestBody, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
    }

    public ServerOptions build() {
      return new ServerOptions(
          host,
          port,
          names,
          root,
          embedderNames,
          embedderRoot,
          apiKeys,
          cors,
          mediaRoot,
          media,
          maxImages,
          maxVideos,
          limits,
          maxRequests,
          maxBodyBytes,
          heldBytes == null ? ofHeap(maxBodyBytes) : heldBytes,
          timeout,
          maxConnections,
          identity,
          proxies,
          rootPath,
          patience,
          grace,
          outliveEngine,
          accessLog,
          parseSpecialTokens,
          plainInput,
          queryInstruction,
          playground);
    }
  }
}
