package dev.belay.tools.console;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class HubConsoleTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final AtomicLong nanos = new AtomicLong();

  private HubConsole console(OptionalInt columns) {
    PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    return new HubConsole(new Terminal(err, err, columns), nanos::get);
  }

  private String shown() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aLogGetsALineEveryFewSecondsAndAtTheEnd() {
    HubConsole console = console(OptionalInt.empty());
    console.downloading("org/tiny, vocab.txt", 100, 100);
    console.downloading("org/tiny, model.safetensors", 1_000_000, 9_000_000);
    nanos.set(6_000_000_000L);
    console.downloading("org/tiny, model.safetensors", 2_000_000, 9_000_000);
    console.downloading("org/tiny, model.safetensors", 3_000_000, 9_000_000);
    console.downloading("org/tiny, model.safetensors", 9_000_000, 9_000_000);
    console.note("waiting");
    assertEquals(
        """
        downloading org/tiny, model.safetensors: 2.0 MB of 9.0 MB
        downloading org/tiny, model.safetensors: 9.0 MB
        note: waiting
        """,
        shown());
  }

  @Test
  void aTerminalGetsOneLine() {
    HubConsole console = console(OptionalInt.of(80));
    nanos.set(300_000_000);
    console.downloading("m", 1_000_000, 2_000_000);
    console.downloading("m", 2_000_000, 2_000_000);
    assertEquals(
        "\r\u001b[Kdownloading m: 1.0 MB of 2.0 MB\r\u001b[Kdownloading m: 2.0 MB\n", shown());
  }
}
