package dev.belay.train.hub;

import dev.belay.train.failure.ModelException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/**
 * Choice of the proxy for an address: by the settings of the JDK, or else by {@code HTTPS_PROXY},
 * {@code HTTP_PROXY}, {@code ALL_PROXY} and {@code NO_PROXY}.
 */
final class ProxyChoice {
  private final Map<String, String> environment;

  ProxyChoice(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  /** The proxy for an address. */
  Proxy of(URI address) {
    ProxySelector selector = ProxySelector.getDefault();
    if (selector != null) {
      for (Proxy proxy : selector.select(address)) {
        if (proxy.type() != Proxy.Type.DIRECT) {
          return proxy;
        }
      }
    }
    String named = named(address.getScheme() + "_proxy");
    String text = named.isEmpty() ? named("all_proxy") : named;
    return text.isEmpty() || isExcepted(address.getHost()) ? Proxy.NO_PROXY : parse(text);
  }

  private String named(String name) {
    String lower = environment.getOrDefault(name, "").strip();
    return lower.isEmpty()
        ? environment.getOrDefault(name.toUpperCase(Locale.ROOT), "").strip()
        : lower;
  }

  private boolean isExcepted(String host) {
    return Arrays.stream(named("no_proxy").split(",", -1))
        .map(text -> text.strip().replaceFirst("^\\*?\\.", "").toLowerCase(Locale.ROOT))
        .filter(text -> !text.isEmpty())
        .anyMatch(
            end ->
                end.equals("*")
                    || host.equalsIgnoreCase(end)
                    || host.toLowerCase(Locale.ROOT).endsWith("." + end));
  }

  private static Proxy parse(String text) {
    // A text that is no address is not repeated: it may hold a password.
    try {
      URI address = URI.create(text.contains("://") ? text : "http://" + text);
      String scheme = String.valueOf(address.getScheme());
      if (address.getHost() != null && address.getUserInfo() == null && scheme.equals("http")) {
        int port = address.getPort() < 0 ? 80 : address.getPort();
        return new Proxy(Proxy.Type.HTTP, new InetSocketAddress(address.getHost(), port));
      }
    } catch (IllegalArgumentException e) {
      // The message is the same.
    }
    throw new ModelException(
        "HTTPS_PROXY: expected http://HOST:PORT, found another address; a proxy with a password or"
            + " another protocol is set by the JDK's own properties, see docs/operating.md");
  }
}
