package dev.belay.train.metrics;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Precision, recall and F1 of entities, which are right where their first word, their last word and
 * their type are, and the accuracy of single words; of labels such as {@code O}, {@code B-PER} and
 * {@code I-PER}.
 *
 * <p>An entity begins at {@code B-}, and at an {@code I-} that goes on with no entity of its type,
 * as conlleval and seqeval in its default mode have it. Over all types together ("micro"); 0 where
 * nothing was predicted or nothing is there.
 */
public final class EntityMetrics extends AnswerByAnswer {
  private static final String OUTSIDE = "O";
  private static final String BEGIN = "B-";
  private static final String INSIDE = "I-";

  private final List<String> labels;
  private final List<Integer> predicted = new ArrayList<>();
  private final List<Integer> expected = new ArrayList<>();
  private final Map<String, Count> types = new HashMap<>();
  private long words;
  private long rightWords;

  /** For the classes of those names. */
  public EntityMetrics(List<String> labels) {
    this.labels = List.copyOf(labels);
  }

  /** Whether labels name the beginnings and insides of entities. */
  public static boolean fit(List<String> labels) {
    return labels.stream().anyMatch(label -> label.startsWith(BEGIN))
        && labels.stream()
            .allMatch(
                label ->
                    label.equals(OUTSIDE) || label.startsWith(BEGIN) || label.startsWith(INSIDE));
  }

  /** Words from first to last, both included. */
  private record Entity(String type, int first, int last) {}

  /** Entities of a type. */
  private static final class Count {
    long right;
    long predicted;
    long expected;
  }

  @Override
  public void add(float[] outputs, double label) {
    int best = ClassificationMetrics.argmax(outputs);
    predicted.add(best);
    expected.add((int) label);
    words++;
    rightWords += best == (int) label ? 1 : 0;
  }

  @Override
  public void endExample() {
    Set<Entity> found = entities(predicted);
    Set<Entity> there = entities(expected);
    found.forEach(entity -> of(entity).predicted++);
    there.forEach(entity -> of(entity).expected++);
    found.stream().filter(there::contains).forEach(entity -> of(entity).right++);
    predicted.clear();
    expected.clear();
  }

  private Count of(Entity entity) {
    return types.computeIfAbsent(entity.type(), type -> new Count());
  }

  private Set<Entity> entities(List<Integer> classes) {
    Set<Entity> entities = new HashSet<>();
    String open = "";
    int first = 0;
    for (int i = 0; i <= classes.size(); i++) {
      String label = i < classes.size() ? labels.get(classes.get(i)) : OUTSIDE;
      String type = label.equals(OUTSIDE) ? "" : label.substring(BEGIN.length());
      boolean goesOn = label.startsWith(INSIDE) && type.equals(open);
      if (!goesOn) {
        if (!open.isEmpty()) {
          entities.add(new Entity(open, first, i - 1));
        }
        open = type;
        first = i;
      }
    }
    return entities;
  }

  @Override
  public Map<String, Double> result() {
    long right = 0;
    long found = 0;
    long there = 0;
    for (Count count : types.values()) {
      right += count.right;
      found += count.predicted;
      there += count.expected;
    }
    Map<String, Double> result = new LinkedHashMap<>();
    result.put("f1", share(2 * right, found + there));
    result.put("precision", share(right, found));
    result.put("recall", share(right, there));
    result.put("accuracy", words == 0 ? Double.NaN : share(rightWords, words));
    return result;
  }

  private static double share(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }

  @Override
  public String primary() {
    return "f1";
  }
}
