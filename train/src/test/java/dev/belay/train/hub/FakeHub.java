package dev.belay.train.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/**
 * Hub with one repository, as the public one speaks: descriptions by HEAD with commit, hash and
 * size; small files from itself, large ones from another host, to which it redirects.
 */
final class FakeHub implements AutoCloseable {
  static final String NAME = "org/tiny";
  static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  private static final int LARGE = 1000;

  /** Fault of the next answers to requests for a file. */
  enum Fault {
    SERVER_ERROR,
    TOO_MANY_REQUESTS,
    CUT,
    WRONG_BYTES,
    WRONG_SIZE,
    IGNORED_RANGE,
    NO_HASH,
    HUGE
  }

  /** A request that arrived. */
  record Request(String method, String host, String path, String authorization, String range) {}

  final Map<String, byte[]> files = new TreeMap<>();
  final List<Request> requests = new CopyOnWriteArrayList<>();
  final Map<String, List<Fault>> faults = new ConcurrentHashMap<>();
  volatile String commit = COMMIT;

  /** The token that is asked for; empty: open to all. */
  volatile String required = "";

  /** What the hub says to a request without the token. */
  volatile String refusal = "401 RepoNotFound";

  volatile boolean renamed;

  private final HttpServer server;

  FakeHub() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(
        Executors.newCachedThreadPool(
            work -> {
              Thread thread = new Thread(work, "fake-hub");
              thread.setDaemon(true);
              return thread;
            }));
    server.createContext("/", this::answer);
    server.start();
  }

  String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  FakeHub with(String file, String content) {
    files.put(file, content.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  /** A file that is stored on the other host. */
  FakeHub withLarge(String file, int bytes) {
    byte[] content = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      content[i] = (byte) (i * 31 + i / 251);
    }
    files.put(file, content);
    return this;
  }

  FakeHub fails(String file, Fault... next) {
    faults.put(file, new CopyOnWriteArrayList<>(List.of(next)));
    return this;
  }

  List<Request> of(String method, String end) {
    return requests.stream()
        .filter(request -> request.method().equals(method) && request.path().endsWith(end))
        .toList();
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String host = exchange.getRequestHeaders().getFirst("Host");
      requests.add(
          new Request(
              exchange.getRequestMethod(),
              host.replaceFirst(":.*", ""),
              path,
              exchange.getRequestHeaders().getFirst("Authorization"),
              exchange.getRequestHeaders().getFirst("Range")));
      if (path.startsWith("/store/")) {
        content(exchange, path.substring("/store/".length()));
      } else {
        resolve(exchange, path.substring(1));
      }
    }
  }

  private void resolve(HttpExchange exchange, String path) throws IOException {
    String authorization = exchange.getRequestHeaders().getFirst("Authorization");
    if (!required.isEmpty() && !("Bearer " + required).equals(authorization)) {
      fail(exchange, refusal + ": not with " + authorization);
      return;
    }
    if (renamed && path.startsWith("old/")) {
      exchange.getResponseHeaders().set("Location", "/" + path.replaceFirst("^old/\\w+", NAME));
      exchange.sendResponseHeaders(307, -1);
      return;
    }
    if (!path.startsWith(NAME + "/resolve/")) {
      fail(exchange, "404 RepoNotFound");
      return;
    }
    String[] parts = path.substring((NAME + "/resolve/").length()).split("/", 2);
    if (!List.of("main", "v1", commit).contains(parts[0])) {
      fail(exchange, "404 RevisionNotFound");
      return;
    }
    if (!files.containsKey(parts[1])) {
      exchange.getResponseHeaders().set("X-Repo-Commit", commit);
      fail(exchange, "404 EntryNotFound");
      return;
    }
    describe(exchange, parts[1]);
  }

  private void describe(HttpExchange exchange, String file) throws IOException {
    byte[] content = files.get(file);
    boolean head = exchange.getRequestMethod().equals("HEAD");
    if (head && isNext(file, Fault.SERVER_ERROR)) {
      exchange.sendResponseHeaders(500, -1);
      return;
    }
    exchange.getResponseHeaders().set("X-Repo-Commit", commit);
    if (content.length >= LARGE) {
      exchange.getResponseHeaders().set("X-Linked-Etag", "\"" + sha256(content) + "\"");
      String size = isNext(file, Fault.HUGE) ? "9".repeat(17) : Integer.toString(content.length);
      exchange.getResponseHeaders().set("X-Linked-Size", size);
      exchange.getResponseHeaders().set("ETag", "\"a-pointer\"");
      exchange
          .getResponseHeaders()
          .set(
              "Location", endpoint().replace("127.0.0.1", "localhost") + "/store/" + file + "?X=s");
      exchange.sendResponseHeaders(302, -1);
      return;
    }
    boolean hashed = !isNext(file, Fault.NO_HASH);
    if (hashed) {
      exchange.getResponseHeaders().set("ETag", "\"" + gitHash(content) + "\"");
    }
    if (head) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(content.length));
      exchange.sendResponseHeaders(200, -1);
    } else {
      content(exchange, file);
    }
  }

  private void content(HttpExchange exchange, String file) throws IOException {
    byte[] content = files.get(file);
    if (isNext(file, Fault.TOO_MANY_REQUESTS)) {
      exchange.getResponseHeaders().set("Retry-After", "7");
      exchange.sendResponseHeaders(429, -1);
      return;
    }
    if (isNext(file, Fault.WRONG_BYTES)) {
      content = content.clone();
      content[content.length / 2] ^= 1;
    }
    if (isNext(file, Fault.WRONG_SIZE)) {
      content = Arrays.copyOf(content, content.length + 5);
    }
    String range = exchange.getRequestHeaders().getFirst("Range");
    int from = 0;
    if (range != null && !isNext(file, Fault.IGNORED_RANGE)) {
      from = Integer.parseInt(range.replaceAll("\\D", ""));
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
    }
    int end = isNext(file, Fault.CUT) ? (from + content.length) / 2 : content.length;
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, content.length - from);
    OutputStream body = exchange.getResponseBody();
    body.write(content, from, end - from);
    body.flush();
  }

  private static void fail(HttpExchange exchange, String what) throws IOException {
    exchange.getResponseHeaders().set("X-Error-Code", what.replaceAll("^\\d+ |:.*", ""));
    exchange.getResponseHeaders().set("X-Error-Message", what);
    exchange.sendResponseHeaders(Integer.parseInt(what.substring(0, 3)), -1);
  }

  /** Whether a fault is the next of a file; it is used up by that. */
  private boolean isNext(String file, Fault fault) {
    List<Fault> next = faults.getOrDefault(file, List.of());
    return !next.isEmpty() && next.get(0) == fault && next.remove(0) != null;
  }

  static String sha256(byte[] content) {
    return hash("SHA-256", content, Optional.empty());
  }

  static String gitHash(byte[] content) {
    return hash("SHA-1", content, Optional.of("blob " + content.length + "\0"));
  }

  private static String hash(String algorithm, byte[] content, Optional<String> before) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      before.ifPresent(text -> digest.update(text.getBytes(StandardCharsets.US_ASCII)));
      return HexFormat.of().formatHex(digest.digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
