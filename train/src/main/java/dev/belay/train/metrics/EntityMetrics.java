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
 * {@code I-PER}, in the schemes IOB1, IOB2 and IOBES.
 *
 * <p>An entity starts at {@code B-} and {@code S-}, and at an {@code I-} or {@code E-} that does
 * not continue an entity of its type; it ends at {@code E-} and {@code S-}, and before a tag that
 * does not continue it, as in conlleval and in seqeval's default mode. Over all types together
 * ("micro"); 0 where nothing was predicted or nothing is there.
 */
public final class EntityMetrics extends ClassMetrics {
  private static final Tag OUTSIDE = new Tag('O', "");

  private final List<Tag> tags;
  private final List<Integer> predicted = new ArrayList<>();
  private final List<Integer> expected = new ArrayList<>();
  private final Map<String, Count> types = new HashMap<>();
  private long words;
  private long rightWords;

  /** For the classes of those names. */
  public EntityMetrics(List<String> labels) {
    this.tags = labels.stream().map(Tag::of).toList();
  }

  /** Whether labels are tags of entities: O, and B-, I-, E- or S- with a type. */
  public static boolean fit(List<String> labels) {
    return labels.stream().anyMatch(label -> label.matches("[BIES]-.+"))
        && labels.stream().allMatch(label -> label.matches("O|[BIES](-.+)?"));
  }

  /**
   * A label.
   *
   * @param place O outside of entities, B and I at the beginning and inside of one, E at its end, S
   *     for one of a single word
   * @param type of the entity
   */
  private record Tag(char place, String type) {
    static Tag of(String label) {
      return new Tag(label.charAt(0), label.length() > 2 ? label.substring(2) : "");
    }

    private boolean isOneOf(String places) {
      return places.indexOf(place) >= 0;
    }

    /** Whether an entity that this is part of has no part in the next one. */
    boolean endsBefore(Tag next) {
      return isOneOf("ES")
          || (isOneOf("BI") && next.isOneOf("BSO"))
          || (!isOneOf("O") && !type.equals(next.type));
    }

    /** Whether an entity starts here. */
    boolean beginsAfter(Tag before) {
      return isOneOf("BS")
          || (isOneOf("EI") && before.isOneOf("ESO"))
          || (!isOneOf("O") && !type.equals(before.type));
    }
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
  void add(int best, int right) {
    predicted.add(best);
    expected.add(right);
    words++;
    rightWords += best == right ? 1 : 0;
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
    Tag before = OUTSIDE;
    int first = 0;
    for (int i = 0; i <= classes.size(); i++) {
      Tag tag = i < classes.size() ? tags.get(classes.get(i)) : OUTSIDE;
      if (before.endsBefore(tag)) {
        entities.add(new Entity(before.type(), first, i - 1));
      }
      if (tag.beginsAfter(before)) {
        first = i;
      }
      before = tag;
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
    result.put(F1, share(2 * right, found + there));
    result.put("precision", share(right, found));
    result.put("recall", share(right, there));
    result.put(ACCURACY, words == 0 ? Double.NaN : share(rightWords, words));
    return result;
  }

  private static double share(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }

  @Override
  public String primary() {
    return F1;
  }
}
