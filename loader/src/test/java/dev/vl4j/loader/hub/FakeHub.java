package dev.vl4j.loader.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Plays Hugging Face and ModelScope: an API, small files, and another host for large ones. What
 * goes wrong is said file by file, answer by answer.
 */
final class FakeHub implements AutoCloseable {
  static final String MODEL = "Org/Model-2B";
  static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  static final String TOKEN = "hf_secret";

  /** How to answer once; false for the usual way. */
  interface Fault {
    boolean answer(HttpExchange exchange, byte[] contents) throws IOException, InterruptedException;
  }

  /** A request as it arrived. */
  record Request(boolean atHub, String path, Map<String, String> headers) {
    String header(String name) {
      return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
    }
  }

  final Map<String, byte[]> files = new LinkedHashMap<>();
  final List<Request> requests = new CopyOnWriteArrayList<>();
  String commit = COMMIT;
  boolean pagesOfOne;

  /** Sizes and hashes that the listing lies about. */
  final Map<String, Long> sizes = new ConcurrentHashMap<>();

  final Map<String, String> hashes = new ConcurrentHashMap<>();

  private final Map<String, Deque<Fault>> faults = new ConcurrentHashMap<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer hub;
  private final HttpServer store;

  FakeHub() throws IOException {
    hub = server(this::answerAtHub);
    store = server(this::answerAtStore);
    text("config.json", "{\"model_type\": \"qwen3_vl\"}");
    text("tokenizer.json", "{\"version\": \"1.0\"}");
    text("modules.json", "[]");
    text("1_LogitScore/config.json", "{\"true_token_id\": 9693}");
    text("README.md", "# Model");
    text("pytorch_model.bin", "pickle");
    text("onnx/model.onnx", "onnx");
    random("model.safetensors", 300_001);
  }

  private HttpServer server(HttpHandler handler) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", handler);
    server.setExecutor(threads);
    server.start();
    return server;
  }

  void text(String name, String contents) {
    files.put(name, contents.getBytes(StandardCharsets.UTF_8));
  }

  byte[] random(String name, int bytes) {
    byte[] contents = new byte[bytes];
    new Random(bytes).nextBytes(contents);
    files.put(name, contents);
    return contents;
  }

  /** Answers requests for something in these ways, one after the other, then in the usual way. */
  void fault(String name, Fault... ways) {
    faults.computeIfAbsent(name, key -> new ArrayDeque<>()).addAll(List.of(ways));
  }

  HubSettings settings(Path cache) {
    return settings(Hub.HUGGING_FACE, cache, TOKEN);
  }

  HubSettings settings(Hub kind, Path cache, String token) {
    return new HubSettings(
        kind,
        URI.create("http://127.0.0.1:" + hub.getAddress().getPort()),
        cache,
        token,
        false,
        true,
        Duration.ofSeconds(5),
        Duration.ofSeconds(5));
  }

  /** The other host: the same machine by another name. */
  String store(String path) {
    return "http://localhost:" + store.getAddress().getPort() + path;
  }

  /** Requests whose path ends so, at the host that has the contents. */
  List<Request> contentRequests(String name) {
    return requests.stream()
        .filter(request -> request.path().contains(name))
        .filter(request -> request.atHub() != isLarge(name))
        .filter(request -> !request.path().startsWith("/api/models/"))
        .toList();
  }

  static boolean isLarge(String name) {
    return name.endsWith(".safetensors") || name.equals("tokenizer.json");
  }

  static String sha256(byte[] contents) {
    return hash("SHA-256", contents);
  }

  static String gitSha1(byte[] contents) {
    byte[] header = ("blob " + contents.length + "\0").getBytes(StandardCharsets.US_ASCII);
    byte[] all = Arrays.copyOf(header, header.length + contents.length);
    System.arraycopy(contents, 0, all, header.length, contents.length);
    return hash("SHA-1", all);
  }

  private static String hash(String algorithm, byte[] contents) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(contents));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  String blobName(String name) {
    return isLarge(name) ? sha256(files.get(name)) : gitSha1(files.get(name));
  }

  private void log(HttpExchange exchange, boolean atHub) {
    Map<String, String> headers = new LinkedHashMap<>();
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(",", values)));
    requests.add(new Request(atHub, exchange.getRequestURI().toString(), headers));
  }

  private boolean failed(String name, HttpExchange exchange, byte[] contents) throws IOException {
    Fault fault;
    Deque<Fault> ways = faults.getOrDefault(name, new ArrayDeque<>());
    synchronized (ways) {
      fault = ways.poll();
    }
    try {
      return fault != null && fault.answer(exchange, contents);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private void answerAtHub(HttpExchange exchange) throws IOException {
    log(exchange, true);
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      if (path.startsWith("/api/models/" + MODEL + "/revision/")) {
        if (!failed("revision", exchange, new byte[0])) {
          json(exchange, "{\"sha\": \"%s\", \"private\": false}".formatted(commit));
        }
      } else if (path.startsWith("/api/models/" + MODEL + "/tree/")) {
        if (!failed("tree", exchange, new byte[0])) {
          tree(exchange);
        }
      } else if (path.startsWith("/" + MODEL + "/resolve/")) {
        String name = path.substring(("/" + MODEL + "/resolve/" + commit + "/").length());
        byte[] contents = files.get(name);
        if (isLarge(name)) {
          exchange
              .getResponseHeaders()
              .set("Location", store("/blob/" + name + "?signature=abc&Policy=x"));
          exchange.sendResponseHeaders(302, -1);
        } else if (!failed(name, exchange, contents)) {
          send(exchange, contents, 206);
        }
      } else if (path.startsWith("/api/v1/models/" + MODEL)) {
        answerAsModelScope(exchange, path);
      } else {
        exchange.getResponseHeaders().set("X-Error-Code", "RepoNotFound");
        error(exchange, 404, "Repository not found");
      }
    }
  }

  private void answerAtStore(HttpExchange exchange) throws IOException {
    log(exchange, false);
    try (exchange) {
      String name = exchange.getRequestURI().getPath().substring("/blob/".length());
      byte[] contents = files.get(name);
      if (!failed(name, exchange, contents)) {
        exchange.getResponseHeaders().set("ETag", '"' + sha256(contents) + '"');
        send(exchange, contents, 206);
      }
    }
  }

  private void answerAsModelScope(HttpExchange exchange, String path) throws IOException {
    Map<String, String> query = new LinkedHashMap<>();
    for (String pair : exchange.getRequestURI().getRawQuery().split("&", -1)) {
      String[] parts = pair.split("=", 2);
      query.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    if (path.endsWith("/repo/files")) {
      StringBuilder entries = new StringBuilder("{\"Path\": \"onnx\", \"Type\": \"tree\"}");
      files.forEach((name, contents) ->
          entries.append(
              ", {\"Path\": \"%s\", \"Type\": \"blob\", \"Size\": %d, \"Sha256\": \"%s\"}"
                  .formatted(name, contents.length, sha256(contents))));
      boolean known = query.get("Revision").equals("master");
      json(
          exchange,
          "{\"Code\": 200, \"Message\": \"success\", \"Data\": {\"Files\": %s}}"
              .formatted(known ? "[" + entries + "]" : "null"));
    } else {
      String name = query.get("FilePath");
      if (!failed(name, exchange, files.get(name))) {
        // As ModelScope does: a part, with the status of the whole.
        send(exchange, files.get(name), 200);
      }
    }
  }

  private void tree(HttpExchange exchange) throws IOException {
    List<String> entries =
        files.entrySet().stream().map(file -> entry(file.getKey(), file.getValue())).toList();
    String query = exchange.getRequestURI().getQuery();
    int page = query.contains("cursor=") ? Integer.parseInt(query.replaceAll(".*cursor=", "")) : 0;
    if (!pagesOfOne) {
      json(
          exchange,
          "[{\"type\": \"directory\", \"path\": \"onnx\"}, %s]"
              .formatted(String.join(", ", entries)));
      return;
    }
    if (page + 1 < entries.size()) {
      exchange
          .getResponseHeaders()
          .set(
              "Link",
              "<%s?recursive=true&cursor=%d>; rel=\"next\""
                  .formatted(exchange.getRequestURI().getPath(), page + 1));
    }
    json(exchange, "[%s]".formatted(entries.get(page)));
  }

  private String entry(String name, byte[] contents) {
    long size = sizes.getOrDefault(name, (long) contents.length);
    String blob = isLarge(name) ? "0".repeat(40) : hashes.getOrDefault(name, gitSha1(contents));
    String lfs =
        isLarge(name)
            ? ", \"lfs\": {\"oid\": \"%s\", \"size\": %d, \"pointerSize\": 134}"
                .formatted(hashes.getOrDefault(name, sha256(contents)), size)
            : "";
    return "{\"type\": \"file\", \"path\": \"%s\", \"oid\": \"%s\", \"size\": %d%s}"
        .formatted(name, blob, size, lfs);
  }

  static void json(HttpExchange exchange, String json) throws IOException {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  static void error(HttpExchange exchange, int status, String message) throws IOException {
    exchange.getResponseHeaders().set("X-Error-Message", message);
    exchange.sendResponseHeaders(status, -1);
  }

  /** Sends contents, or the range asked for; parts have the status {@code partStatus}. */
  static void send(HttpExchange exchange, byte[] contents, int partStatus) throws IOException {
    String range = exchange.getRequestHeaders().getFirst("Range");
    String wanted = exchange.getRequestHeaders().getFirst("If-Range");
    String etag = exchange.getResponseHeaders().getFirst("ETag");
    int from = 0;
    if (range != null && (wanted == null || wanted.equals(etag))) {
      from = Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range",
              "bytes %d-%d/%d".formatted(from, contents.length - 1, contents.length));
      exchange.sendResponseHeaders(partStatus, contents.length - from);
    } else {
      exchange.sendResponseHeaders(200, contents.length);
    }
    exchange.getResponseBody().write(contents, from, contents.length - from);
  }

  @Override
  public void close() {
    hub.stop(0);
    store.stop(0);
    threads.shutdownNow();
  }
}
