package dev.belay.train.data.example;

import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntUnaryOperator;

/**
 * Reads labels. Classes that are learned from the file get a number in the order of their
 * appearance, which {@link #learn} turns into the final one when all are known.
 */
final class LabelReader {
  private final LabelRule rule;
  private final Map<String, Integer> appearance = new LinkedHashMap<>();
  private final Map<String, SourcePosition> firstSeen = new LinkedHashMap<>();
  private LabelMap learned;

  LabelReader(LabelRule rule) {
    this.rule = rule;
  }

  /**
   * @param cell the label's cell
   * @param tokens how many elements a label per token has
   */
  FeatureRow read(CellValues cell, int tokens) {
    return switch (rule.kind()) {
      case CLASS -> new FeatureRow.Ints(new int[] {classOf(cell, cell.label())});
      case CLASS_SET -> classSet(cell);
      case NUMBER -> number(cell);
      case TOKENS, WORDS, NEXT_TOKEN, HIDDEN_TOKEN, TARGET_TEXT -> perToken(cell, tokens);
      case NONE, WORDS_ALONE, SPAN_ALONE ->
          throw new IllegalStateException("no label is read for prediction");
      case SPAN -> throw new IllegalStateException("answers stand in no column");
    };
  }

  /**
   * The class of each word.
   *
   * @param words how many there are
   */
  int[] perWord(CellValues cell, int words) {
    List<String> names = cell.words();
    if (names.size() != words) {
      throw DataException.at(
          cell.position(),
          "column '"
              + cell.column()
              + "' has "
              + names.size()
              + " labels; expected one per word, "
              + words
              + ": words and labels are divided by single or more blanks, or are lists");
    }
    return names.stream().mapToInt(name -> classOf(cell, name)).toArray();
  }

  /** The classes: those given, or those that all rows together have shown. */
  Optional<LabelMap> learn() {
    boolean named =
        switch (rule.kind()) {
          case CLASS, CLASS_SET, WORDS -> true;
          default -> false;
        };
    if (!named || (rule.kind() == LabelRule.Kind.WORDS && appearance.isEmpty())) {
      return rule.known().filter(known -> named);
    }
    if (rule.known().isEmpty() && rule.classCount().isEmpty() && firstSeen.isEmpty()) {
      throw new DataException(
          "no row of the data has a label, and the classes are learned from them; expected at least"
              + " one: fill the label column");
    }
    learned = rule.known().orElseGet(() -> LabelMap.learn(firstSeen, rule.classCount()));
    return Optional.of(learned);
  }

  /** Whether labels still are numbers in the order of appearance. */
  boolean mustFinish() {
    return rule.known().isEmpty() && !appearance.isEmpty();
  }

  /** For each number in the order of appearance the final one. */
  IntUnaryOperator finalIndices() {
    int[] indices = new int[appearance.size()];
    appearance.forEach(
        (label, number) -> indices[number] = learned.index(label, firstSeen.get(label)));
    return number -> number == LabelRule.IGNORED ? number : indices[number];
  }

  /** The classes of an example, which may be none. */
  private FeatureRow classSet(CellValues cell) {
    return new FeatureRow.Ints(
        cell.labels().stream().distinct().mapToInt(label -> classOf(cell, label)).toArray());
  }

  private int classOf(CellValues cell, String label) {
    if (rule.known().isPresent()) {
      return rule.known().get().index(label, cell.position());
    }
    if (label.isEmpty()) {
      throw DataException.at(
          cell.position(), "column '" + cell.column() + "': the label is empty; expected a class");
    }
    firstSeen.putIfAbsent(label, cell.position());
    return appearance.computeIfAbsent(label, l -> appearance.size());
  }

  private static FeatureRow number(CellValues cell) {
    float[] values = cell.floats();
    if (values.length != 1) {
      throw DataException.at(
          cell.position(),
          "column '" + cell.column() + "': expected one number, found " + values.length);
    }
    return new FeatureRow.Floats(values);
  }

  private FeatureRow perToken(CellValues cell, int tokens) {
    int[] values = cell.ints();
    if (values.length != tokens) {
      throw DataException.at(
          cell.position(),
          "column '"
              + cell.column()
              + "' has "
              + values.length
              + " labels; expected one per token, "
              + tokens
              + ", with -100 where none counts");
    }
    int bound = rule.classCount().orElse(Integer.MAX_VALUE);
    for (int value : values) {
      if (value != LabelRule.IGNORED && (value < 0 || value >= bound)) {
        throw DataException.at(
            cell.position(),
            "column '"
                + cell.column()
                + "' holds class "
                + value
                + "; expected 0 to "
                + (bound - 1)
                + ", or -100 where none counts");
      }
    }
    return new FeatureRow.Ints(values);
  }
}
