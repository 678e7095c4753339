package dev.belay.train.report.html;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.train.report.MetricsKey;
import java.util.LinkedHashMap;
import java.util.Map;

/** Norms of layers by step: the rows and columns of a heat map. */
final class LayerHistory {
  private static final int MAX_CELLS = 20_000;

  private final Map<String, Series> gradients = new LinkedHashMap<>();
  private final Map<String, Series> ratios = new LinkedHashMap<>();

  /** Adds a column from the {@code layers} of a norms event. */
  void add(long step, JsonNode layers) {
    layers
        .properties()
        .forEach(
            layer -> {
              put(
                  gradients,
                  layer.getKey(),
                  step,
                  RunHistory.number(layer.getValue(), MetricsKey.GRADIENT));
              put(
                  ratios,
                  layer.getKey(),
                  step,
                  RunHistory.number(layer.getValue(), MetricsKey.UPDATE_RATIO));
            });
  }

  private static void put(Map<String, Series> rows, String layer, long step, double value) {
    Series row = rows.computeIfAbsent(layer, Series::new);
    row.forgetFrom(step);
    row.add(step, value);
  }

  void forgetFrom(long step) {
    gradients.values().forEach(series -> series.forgetFrom(step));
    ratios.values().forEach(series -> series.forgetFrom(step));
  }

  boolean isEmpty() {
    return gradients.values().stream().allMatch(series -> series.size() == 0);
  }

  /** Norms of gradients, by layer. */
  Map<String, Series> gradients() {
    return gradients;
  }

  /** Update-to-weight ratios, by layer. */
  Map<String, Series> ratios() {
    return ratios;
  }

  /** {@code {"rows":[..], "x":[..], "gradient":[[..]], "ratio":[[..]]}}. */
  void writeTo(ObjectNode object) {
    ArrayNode rows = object.putArray("rows");
    gradients.keySet().forEach(rows::add);
    Series first = gradients.values().iterator().next();
    int columns = Math.max(1, Math.min(first.size(), MAX_CELLS / gradients.size()));
    ArrayNode x = object.putArray("x");
    for (int column = 0; column < columns; column++) {
      x.add(first.step((int) ((long) first.size() * column / columns)));
    }
    putRows(object.putArray("gradient"), gradients, columns);
    putRows(object.putArray("ratio"), ratios, columns);
  }

  private static void putRows(ArrayNode rows, Map<String, Series> layers, int columns) {
    for (Series series : layers.values()) {
      ArrayNode row = rows.addArray();
      for (int column = 0; column < columns; column++) {
        Series.add(row, largest(series, column, columns));
      }
    }
  }

  /** Value of the steps of a column; NaN wins, because people look for it. */
  private static double largest(Series series, int column, int columns) {
    int from = (int) ((long) series.size() * column / columns);
    int to = (int) ((long) series.size() * (column + 1) / columns);
    double largest = 0;
    for (int i = from; i < to; i++) {
      largest = Math.max(largest, series.value(i));
    }
    return largest;
  }
}
