package dev.belay.train.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Output of NVIDIA's own tool about the cards.
 *
 * @param cards empty where the tool is missing or reports no card
 */
record NvidiaCards(List<Card> cards) {
  /**
   * One card.
   *
   * @param name as NVIDIA sells it
   * @param capability such as 8.0
   * @param memory with its unit
   */
  record Card(String name, double capability, String memory) {}

  static NvidiaCards ofThisMachine() {
    try {
      Process process =
          new ProcessBuilder(
                  "nvidia-smi",
                  "--query-gpu=name,compute_cap,memory.total",
                  "--format=csv,noheader")
              .redirectErrorStream(true)
              .start();
      // A driver that hangs must not hang the doctor: the few lines fit into the pipe meanwhile.
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return new NvidiaCards(List.of());
      }
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.exitValue() == 0 ? parse(text) : new NvidiaCards(List.of());
    } catch (IOException e) {
      return new NvidiaCards(List.of());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new NvidiaCards(List.of());
    }
  }

  static NvidiaCards parse(String csv) {
    List<Card> cards = new ArrayList<>();
    csv.lines().map(NvidiaCards::card).flatMap(Optional::stream).forEach(cards::add);
    return new NvidiaCards(cards);
  }

  private static Optional<Card> card(String line) {
    String[] fields = line.split(", *");
    return fields.length == 3 && fields[1].matches("\\d+\\.\\d+")
        ? Optional.of(new Card(fields[0], Double.parseDouble(fields[1]), fields[2]))
        : Optional.empty();
  }
}
