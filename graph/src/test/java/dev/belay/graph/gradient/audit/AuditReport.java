package dev.belay.graph.gradient.audit;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.graph.gradient.audit.Combination.Kind;
import dev.belay.graph.gradient.audit.Combination.Value;
import dev.belay.graph.gradient.audit.Trial.Evidence;
import dev.belay.graph.gradient.audit.Trial.Outcome;
import dev.belay.graph.gradient.audit.Trial.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Findings of the audit, as the table of the documentation and as lines for TensorFlow Python. */
final class AuditReport {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int NOTES_SHOWN = 3;

  private final Map<String, Row> rows = new TreeMap<>();
  private final List<String> wrong = new ArrayList<>();

  private record Row(Map<Outcome, Integer> counts, Set<String> notes) {}

  void add(Combination combination, Verdict verdict) {
    Row row =
        rows.computeIfAbsent(
            combination.op(), op -> new Row(new EnumMap<>(Outcome.class), new TreeSet<>()));
    row.counts().merge(verdict.outcome(), 1, Integer::sum);
    if (verdict.outcome() == Outcome.WRONG) {
      wrong.add(combination + ": " + verdict.note());
    } else if (verdict.outcome() != Outcome.NO_KERNEL && !verdict.note().isEmpty()) {
      row.notes().addAll(remarks(verdict));
    }
  }

  /** Combinations on whose gradient Belay would train although it is wrong. */
  List<String> wrong() {
    return wrong;
  }

  /** The lines of a Markdown table, and one of sums. */
  String table() {
    StringBuilder table =
        new StringBuilder(
            """
            | op | tried | right | rewritten | refused | no kernel | note |
            | --- | --- | --- | --- | --- | --- | --- |
            """);
    rows.forEach((op, row) -> table.append(line(op, row.counts(), notes(row))));
    Map<Outcome, Integer> sums = new EnumMap<>(Outcome.class);
    rows.values()
        .forEach(row -> row.counts().forEach((key, n) -> sums.merge(key, n, Integer::sum)));
    return table.append(line(rows.size() + " ops", sums, "")).toString();
  }

  private static String line(String op, Map<Outcome, Integer> counts, String notes) {
    String cells =
        List.of(Outcome.RIGHT, Outcome.REWRITTEN, Outcome.REFUSED, Outcome.NO_KERNEL).stream()
            .map(outcome -> counts.containsKey(outcome) ? counts.get(outcome).toString() : "")
            .collect(Collectors.joining(" | "));
    int tried = counts.values().stream().mapToInt(Integer::intValue).sum();
    return ("| " + op + " | " + tried + " | " + cells + " | " + notes + " |\n").replace("  ", " ");
  }

  private static String notes(Row row) {
    return row.notes().stream().limit(NOTES_SHOWN).collect(Collectors.joining("; "));
  }

  /** What was rewritten, without how often and in which op, or why it is refused. */
  private static List<String> remarks(Verdict verdict) {
    if (verdict.outcome() == Outcome.REWRITTEN) {
      String rewritten = verdict.note().replaceAll("\\w+: ", "");
      return Arrays.stream(rewritten.split("; "))
          .map(one -> one.replaceFirst("^\\d+ ", ""))
          .toList();
    }
    return List.of(
        verdict.note().contains("ops without a gradient")
            ? "no gradient"
            : verdict.note().replaceAll(".*\\((\\w+): (.*)\\)\\. Freeze.*", "$2"));
  }

  /** A gradient and what it follows from, for {@code check_gradients.py}. */
  static String forPython(Combination combination, Evidence evidence) {
    ObjectNode line = JSON.createObjectNode();
    line.put("name", combination.toString());
    line.put("graph", evidence.original().graphDef().toByteArray());
    line.put(
        "tolerance",
        switch (combination.type()) {
          case DT_DOUBLE -> 1e-10;
          case DT_FLOAT -> 1e-5;
          case DT_HALF -> 1e-2;
          default -> 6e-2;
        });
    ObjectNode feeds = line.putObject("feeds");
    evidence.original().fed().forEach((name, value) -> feeds.set(name, feed(value)));
    ObjectNode variables = line.putObject("variables");
    evidence.original().variables().forEach(variables::put);
    ArrayNode outputs = line.putArray("outputs");
    evidence.original().outputs().forEach(outputs::add);
    line.set("weights", JSON.valueToTree(evidence.weights()));
    line.set("gradients", JSON.valueToTree(evidence.gradients()));
    return line.toString();
  }

  private static ObjectNode feed(Value value) {
    ObjectNode feed = JSON.createObjectNode();
    feed.put("type", value.kind() == Kind.FED_INT32 ? "int32" : "float64");
    feed.set("shape", JSON.valueToTree(value.shape().asArray()));
    feed.set("elements", JSON.valueToTree(value.elements()));
    return feed;
  }
}
