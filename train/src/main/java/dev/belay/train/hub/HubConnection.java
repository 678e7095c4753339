package dev.belay.train.hub;

import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Exchanges of one request with its redirects. The token goes to the endpoint of the hub only, not
 * to hosts that it redirects to.
 */
final class HubConnection {
  private static final int MOST_REDIRECTS = 10;

  private final HubSettings settings;

  HubConnection(HubSettings settings) {
    this.settings = settings;
  }

  /**
   * An answer. The caller closes it.
   *
   * @param address that gave it, after redirects
   */
  record Answer(URI address, int status, HttpURLConnection connection) implements AutoCloseable {

    Optional<String> header(String name) {
      return Optional.ofNullable(connection.getHeaderField(name)).filter(text -> !text.isBlank());
    }

    OptionalLong number(String name) {
      return header(name).filter(text -> text.strip().matches("\\d{1,18}")).stream()
          .mapToLong(text -> Long.parseLong(text.strip()))
          .findFirst();
    }

    boolean isRedirect() {
      return (status == 301 || status == 302 || status == 303 || status == 307 || status == 308)
          && header("Location").isPresent();
    }

    InputStream body() throws IOException {
      return connection.getInputStream();
    }

    /** An answer without a body leaves its connection open for the next request. */
    @Override
    @SuppressWarnings("try") // the body is empty, and read by being closed
    public void close() {
      if (connection.getRequestMethod().equals("HEAD")) {
        try (InputStream body =
            status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
          return;
        } catch (IOException e) {
          // It is of no more use.
        }
      }
      connection.disconnect();
    }
  }

  /**
   * Asks for the description of a file. A redirect to another host that has the description is the
   * answer; it is where the content of a large file is.
   */
  Answer head(URI address) throws IOException {
    return exchange("HEAD", address, Map.of());
  }

  /** Asks for a content. */
  Answer get(URI address, Map<String, String> headers) throws IOException {
    return exchange("GET", address, headers);
  }

  private Answer exchange(String method, URI address, Map<String, String> headers)
      throws IOException {
    URI next = address;
    for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      Answer answer = send(method, next, headers);
      if (!answer.isRedirect()) {
        return answer;
      }
      URI target = target(next, answer.header("Location").orElseThrow());
      boolean described =
          answer.header("X-Linked-Etag").isPresent() || answer.header("ETag").isPresent();
      if (method.equals("HEAD") && described && !isSameOrigin(next, target)) {
        return answer;
      }
      answer.close();
      next = target;
    }
    throw new ModelException(
        HubSettings.shown(address) + ": more than " + MOST_REDIRECTS + " redirects");
  }

  private static URI target(URI from, String location) {
    try {
      URI target = from.resolve(location.strip().replace(" ", "%20"));
      if (target.getHost() != null && String.valueOf(target.getScheme()).matches("https?")) {
        return target;
      }
    } catch (IllegalArgumentException e) {
      // The message is the same.
    }
    throw new ModelException(
        HubSettings.shown(from) + ": redirects to what is no address of a web server");
  }

  private Answer send(String method, URI address, Map<String, String> headers) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) address.toURL().openConnection(settings.proxy().of(address));
    int millis = Math.toIntExact(settings.timeout().toMillis());
    connection.setConnectTimeout(millis);
    connection.setReadTimeout(millis);
    connection.setInstanceFollowRedirects(false);
    connection.setUseCaches(false);
    connection.setRequestMethod(method);
    connection.setRequestProperty("User-Agent", "belay");
    connection.setRequestProperty("Accept", "*/*");
    // The sizes and hashes are those of the content as it is stored.
    connection.setRequestProperty("Accept-Encoding", "identity");
    headers.forEach(connection::setRequestProperty);
    if (settings.token().isPresent() && isSameOrigin(address, settings.endpoint())) {
      connection.setRequestProperty("Authorization", settings.token().get().authorization());
    }
    return new Answer(address, connection.getResponseCode(), connection);
  }

  private static boolean isSameOrigin(URI one, URI other) {
    return one.getScheme().equalsIgnoreCase(other.getScheme())
        && one.getHost().equalsIgnoreCase(other.getHost())
        && port(one) == port(other);
  }

  private static int port(URI address) {
    if (address.getPort() >= 0) {
      return address.getPort();
    }
    return address.getScheme().equalsIgnoreCase("https") ? 443 : 80;
  }
}
