package dev.belay.train.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HubSettingsTest {
  private static Path cache(Map<String, String> environment) throws IOException {
    return HubSettings.of(environment).cache();
  }

  @Test
  void theCacheIsWherePythonHasIt() throws IOException {
    assertEquals(Path.of("/h/.cache/huggingface/hub"), cache(Map.of("HOME", "/h")));
    assertEquals(
        Path.of("/x/huggingface/hub"), cache(Map.of("HOME", "/h", "XDG_CACHE_HOME", "/x")));
    assertEquals(Path.of("/h/hf/hub"), cache(Map.of("HOME", "/h", "HF_HOME", "~/hf")));
    assertEquals(Path.of("/c"), cache(Map.of("HF_HOME", "/h", "HF_HUB_CACHE", "/c")));
    assertEquals(Path.of("/c"), cache(Map.of("HF_HOME", "/h", "HUGGINGFACE_HUB_CACHE", "/c")));
  }

  @Test
  void settingsAreThoseOfTheEnvironment() throws IOException {
    HubSettings none = HubSettings.of(Map.of("HOME", "/h"));
    assertEquals("https://huggingface.co", none.shownEndpoint());
    assertFalse(none.offline() || none.quiet() || none.token().isPresent());
    assertEquals(Duration.ofSeconds(10), none.timeout());
    HubSettings given =
        HubSettings.of(
            Map.of(
                "HF_ENDPOINT", "http://user:secret@mirror:8080/hub/",
                "TRANSFORMERS_OFFLINE", "ON",
                "HF_HUB_DISABLE_PROGRESS_BARS", "True",
                "HF_HUB_DOWNLOAD_TIMEOUT", "30",
                "HUGGING_FACE_HUB_TOKEN", " hf_x \n"));
    assertEquals("http://mirror:8080/hub", given.shownEndpoint());
    assertTrue(given.offline() && given.quiet());
    assertEquals(Duration.ofSeconds(30), given.timeout());
    assertEquals("Bearer hf_x", given.token().orElseThrow().authorization());
    assertFalse(given.token().toString().contains("hf_x"));
    assertEquals(
        Optional.empty(),
        HubSettings.of(Map.of("HF_TOKEN", "hf_x", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")).token());
    assertThrows(
        ModelException.class, () -> HubSettings.of(Map.of("HF_HUB_DOWNLOAD_TIMEOUT", "soon")));
  }

  @Test
  void proxiesAreThoseOfTheEnvironment() {
    ProxyChoice choice =
        new ProxyChoice(
            Map.of("HTTPS_PROXY", "http://proxy:3128", "NO_PROXY", "localhost, .inner.org"));
    Proxy proxy = choice.of(URI.create("https://hub.org/x"));
    assertEquals("proxy", ((InetSocketAddress) proxy.address()).getHostString());
    assertEquals(3128, ((InetSocketAddress) proxy.address()).getPort());
    assertEquals(Proxy.NO_PROXY, choice.of(URI.create("https://a.inner.org/x")));
    assertEquals(Proxy.NO_PROXY, choice.of(URI.create("http://hub.org/x")));
    String message =
        assertThrows(
                ModelException.class,
                () ->
                    new ProxyChoice(Map.of("all_proxy", "http://me:secret@proxy:1"))
                        .of(URI.create("https://hub.org")))
            .getMessage();
    assertFalse(message.contains("secret"), message);
  }
}
