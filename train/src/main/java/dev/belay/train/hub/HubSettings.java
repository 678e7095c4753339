package dev.belay.train.hub;

import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Settings of the hub, from the variables of the environment that Python's huggingface_hub reads.
 *
 * @param endpoint address of the hub
 * @param cache folder of all repositories
 * @param token of the user; empty without one
 * @param offline whether only the cache may be used
 * @param quiet whether no progress is shown
 * @param timeout for a connection, and for each answer
 * @param proxy of the environment
 */
record HubSettings(
    URI endpoint,
    Path cache,
    Optional<HubToken> token,
    boolean offline,
    boolean quiet,
    Duration timeout,
    ProxyChoice proxy) {
  private static final String PUBLIC = "https://huggingface.co";
  private static final Pattern YES = Pattern.compile("(?i)1|on|yes|true");
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  /** Settings of a process with that environment. */
  static HubSettings of(Map<String, String> environment) throws IOException {
    Optional<String> home = given(environment, "HF_HOME");
    Path folder =
        home.map(text -> expanded(text, environment))
            .orElseGet(
                () ->
                    given(environment, "XDG_CACHE_HOME")
                        .map(text -> expanded(text, environment))
                        .orElse(userHome(environment).resolve(".cache"))
                        .resolve("huggingface"));
    Path cache =
        Stream.of("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")
            .flatMap(name -> given(environment, name).stream())
            .findFirst()
            .map(text -> expanded(text, environment))
            .orElse(folder.resolve("hub"));
    return new HubSettings(
        endpoint(given(environment, "HF_ENDPOINT").orElse(PUBLIC)),
        cache.toAbsolutePath().normalize(),
        HubToken.find(environment, folder),
        isOn(environment, "HF_HUB_OFFLINE") || isOn(environment, "TRANSFORMERS_OFFLINE"),
        isOn(environment, "HF_HUB_DISABLE_PROGRESS_BARS"),
        given(environment, "HF_HUB_DOWNLOAD_TIMEOUT").map(HubSettings::seconds).orElse(TIMEOUT),
        new ProxyChoice(environment));
  }

  private static Optional<String> given(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).map(String::strip).filter(t -> !t.isEmpty());
  }

  private static boolean isOn(Map<String, String> environment, String name) {
    return YES.matcher(environment.getOrDefault(name, "").strip()).matches();
  }

  private static Path userHome(Map<String, String> environment) {
    return Path.of(given(environment, "HOME").orElse(System.getProperty("user.home")));
  }

  private static Path expanded(String text, Map<String, String> environment) {
    return text.equals("~") || text.startsWith("~/")
        ? userHome(environment).resolve(text.substring(1).replaceFirst("^/", ""))
        : Path.of(text);
  }

  private static URI endpoint(String text) {
    try {
      URI address = new URI(text.replaceFirst("/+$", ""));
      if (address.getHost() != null && String.valueOf(address.getScheme()).matches("https?")) {
        return address;
      }
    } catch (URISyntaxException e) {
      // The message is the same: the text may hold a password.
    }
    throw new ModelException(
        "HF_ENDPOINT: expected the address of a hub, https://HOST, found another text");
  }

  private static Duration seconds(String text) {
    if (!text.matches("[1-9]\\d{0,5}")) {
      throw new ModelException(
          "HF_HUB_DOWNLOAD_TIMEOUT: expected a whole number of seconds, found " + text);
    }
    return Duration.ofSeconds(Long.parseLong(text));
  }

  /** The endpoint without the name of a user or a password, for messages. */
  String shownEndpoint() {
    return shown(endpoint);
  }

  /** An address without what may be secret in it: user, password, and the signature of a query. */
  static String shown(URI address) {
    return address.getScheme()
        + "://"
        + address.getHost()
        + (address.getPort() < 0 ? "" : ":" + address.getPort())
        + (address.getRawPath() == null ? "" : address.getRawPath());
  }
}
