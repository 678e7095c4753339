package dev.belay.tools.console;

import dev.belay.savedmodel.tensor.TensorSpec;
import dev.belay.savedmodel.weights.WeightDifference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Differences between two sets of weights, for people and for programs.
 *
 * @param difference the comparison
 */
public record DifferenceReport(WeightDifference difference) {

  /** JSON of a tensor in two shapes. */
  private record Shapes(String name, List<Long> first, List<Long> second) {}

  /** JSON of all of it. */
  private record Answer(
      boolean equal,
      int compared,
      List<String> onlyFirst,
      List<String> onlySecond,
      List<Shapes> shapes,
      List<WeightDifference.Values> values) {}

  /** Tables; one line where there is no difference. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    list(lines, "Only in the first", difference.onlyFirst());
    list(lines, "Only in the second", difference.onlySecond());
    if (!difference.shapes().isEmpty()) {
      lines.add("Of another shape (" + difference.shapes().size() + ")");
      Table table = new Table();
      difference.shapes().forEach(d -> table.row(d.name(), text(d.first()), text(d.second())));
      lines.addAll(table.lines("  "));
    }
    if (!difference.values().isEmpty()) {
      lines.add("Of other values (" + difference.values().size() + ")");
      Table table = new Table();
      table.row("tensor", "largest difference", "elements that differ");
      for (WeightDifference.Values values : difference.values()) {
        table.row(
            values.name(),
            String.format(Locale.ROOT, "%.3g", values.maxAbsolute()),
            values.differing() + " of " + values.elements());
      }
      lines.addAll(table.lines("  "));
    }
    lines.add(summary());
    return lines;
  }

  /** One line. */
  public String summary() {
    if (difference.isEmpty()) {
      return difference.compared() + " tensors compared, no difference";
    }
    return difference.values().size()
        + " of "
        + difference.compared()
        + " tensors have other values, "
        + difference.shapes().size()
        + " another shape, "
        + difference.onlyFirst().size()
        + " are only in the first, "
        + difference.onlySecond().size()
        + " only in the second";
  }

  /** One line of JSON. */
  public String json() {
    return JsonText.of(
        new Answer(
            difference.isEmpty(),
            difference.compared(),
            difference.onlyFirst(),
            difference.onlySecond(),
            difference.shapes().stream()
                .map(d -> new Shapes(d.name(), dimensions(d.first()), dimensions(d.second())))
                .toList(),
            difference.values()));
  }

  private static void list(List<String> lines, String heading, List<String> names) {
    if (!names.isEmpty()) {
      lines.add(heading + " (" + names.size() + ")");
      names.forEach(name -> lines.add("  " + name));
    }
  }

  private static String text(TensorSpec spec) {
    return spec.dtype().name().substring("DT_".length()).toLowerCase(Locale.ROOT)
        + " "
        + dimensions(spec);
  }

  private static List<Long> dimensions(TensorSpec spec) {
    return Arrays.stream(spec.shape().asArray()).boxed().toList();
  }
}
