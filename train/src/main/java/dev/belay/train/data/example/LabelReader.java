package dev.belay.train.data.example;

import dev.belay.train.config.ColumnConfig;
import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Reads labels. Each gets a number in the order of its appearance, which {@link #learn} turns into
 * that of an output when all are known: only all of them together say what they are.
 */
public final class LabelReader {
  private final LabelRule rule;
  private final LabelVectors vectors;
  private final Map<String, Integer> numbers = new HashMap<>();
  private final Map<LabelText, SourcePosition> seen = new LinkedHashMap<>();
  private final Map<String, String> spellings = new HashMap<>();
  private List<String> columns = List.of();
  private boolean ignores;
  private boolean areVectors;
  private int[] outputs = new int[0];

  LabelReader(LabelRule rule, ColumnConfig columns) {
    this.rule = rule;
    OptionalInt known =
        rule.known().isPresent() ? OptionalInt.of(rule.known().get().size()) : rule.classCount();
    this.vectors = new LabelVectors(columns.multiHot(), known);
  }

  /**
   * @param cell the label's cell
   * @param tokens number of elements of a label per token
   */
  FeatureRow read(CellValues cell, int tokens) {
    return rule.format().read(this, cell, tokens);
  }

  /** The labels of an example, each in a column of 0 and 1. */
  FeatureRow readColumns(List<CellValues> cells) {
    columns = cells.stream().map(CellValues::column).toList();
    vectors.addColumns(cells.size());
    int[] row = new int[cells.size()];
    for (int i = 0; i < row.length; i++) {
      LabelText label = cells.get(i).label();
      boolean truth = label.kind() == LabelText.Kind.TRUTH;
      if (!truth && !label.plain().matches("[01]")) {
        throw cells.get(i).refused("0 or 1, as of one label among several columns");
      }
      row[i] = (truth ? label.isTrue() : label.plain().equals("1")) ? 1 : 0;
    }
    return new FeatureRow.Ints(row);
  }

  /**
   * The class of each word.
   *
   * @param words number of words
   */
  int[] perWord(CellValues cell, int words) {
    List<LabelText> labels = cell.wordLabels();
    if (labels.size() != words) {
      throw cell.error(
          " has "
              + labels.size()
              + " labels; expected one per word, "
              + words
              + ": words and labels are divided by single or more blanks, or are lists");
    }
    return labels.stream().mapToInt(label -> classOf(cell, label)).toArray();
  }

  /** The classes: those given, or those that all rows together have shown. */
  Optional<LabelMap> learn() {
    boolean named = rule.format().hasClasses();
    if (!named || (rule.format().splitsWords() && seen.isEmpty())) {
      return rule.known().filter(known -> named);
    }
    areVectors = rule.format().isSet() && vectors.areVectors();
    if (areVectors) {
      return Optional.of(ofVectors());
    }
    if (rule.known().isEmpty() && rule.classCount().isEmpty() && seen.isEmpty()) {
      throw new DataException(
          (ignores
                  ? "every label of the data is " + LabelRule.IGNORED
                  : "no row of the data has a label")
              + ", and the classes are learned from them; expected at least one: fill the label"
              + " column");
    }
    if (rule.areOutputs() && rule.known().isEmpty()) {
      outputs = new int[numbers.size()];
      seen.forEach(
          (label, position) ->
              outputs[numbers.get(label.key())] =
                  LabelResolver.output(label, position, rule.classCount()));
      return Optional.empty();
    }
    LabelResolver resolver = new LabelResolver(seen, rule);
    outputs = new int[numbers.size()];
    seen.keySet().forEach(label -> outputs[numbers.get(label.key())] = resolver.index(label));
    return Optional.of(resolver.map());
  }

  private LabelMap ofVectors() {
    if (rule.known().isEmpty()) {
      List<String> names = columns.isEmpty() ? LabelMap.numbers(vectors.length()).names() : columns;
      if (names.size() != rule.classCount().orElse(names.size())) {
        throw new DataException(
            "the label columns "
                + names
                + " are "
                + names.size()
                + ", and the model's head has "
                + rule.classCount().getAsInt()
                + " outputs; expected one column for each");
      }
      return LabelMap.of(names);
    }
    LabelMap known = rule.known().get();
    boolean numbered = known.equals(LabelMap.numbers(known.size()));
    if (!columns.isEmpty() && !numbered && !known.names().equals(columns)) {
      throw new DataException(
          "the label columns are "
              + columns
              + ", and the model's labels, in the order of its outputs, "
              + known.names()
              + ": the columns could be meant by their order or by their names; expected the same"
              + " names in the same order (--label-column)");
    }
    return known;
  }

  /**
   * That the order of names is a guess: the head exists already, and nothing says what its outputs
   * mean. Hugging Face's scripts take the same order.
   */
  Optional<String> assumedOrder(Optional<LabelMap> learned) {
    boolean guessed =
        rule.known().isEmpty()
            && rule.classCount().isPresent()
            && columns.isEmpty()
            && seen.keySet().stream().anyMatch(LabelText::isWord);
    return learned
        .filter(map -> guessed && map.hasOwnNames())
        .map(
            map ->
                "the outputs of the model have no names: they are taken for the labels in the order"
                    + " of their letters, "
                    + map.shown()
                    + "; for another order, "
                    + LabelMap.NAME_THEM);
  }

  /** Whether labels still are numbers in the order of appearance. */
  boolean mustFinish() {
    return areVectors || !numbers.isEmpty();
  }

  /** A row of labels as outputs, when all are known. */
  FeatureRow.Ints finished(FeatureRow.Ints row) {
    int[] values = row.values();
    if (!areVectors) {
      IntStream found =
          Arrays.stream(values)
              .map(number -> number == LabelRule.IGNORED ? number : outputs[number]);
      boolean ofSet = rule.format().isSet();
      return new FeatureRow.Ints((ofSet ? found.distinct() : found).toArray());
    }
    int one = columns.isEmpty() ? numbers.getOrDefault(LabelText.of(1).key(), -1) : 1;
    int[] chosen = new int[values.length];
    int count = 0;
    for (int i = 0; i < values.length; i++) {
      if (values[i] == one) {
        chosen[count++] = i;
      }
    }
    return new FeatureRow.Ints(Arrays.copyOf(chosen, count));
  }

  /** The classes of an example, which may be none. */
  public FeatureRow classSet(CellValues cell) {
    LabelList row = cell.labels();
    vectors.add(cell, row);
    return new FeatureRow.Ints(
        row.labels().stream().mapToInt(label -> classOf(cell, label)).toArray());
  }

  int classOf(CellValues cell, LabelText label) {
    boolean named =
        rule.known().map(known -> known.names().contains(label.written())).orElse(false);
    if (label.isIgnored() && !named) {
      ignores = true;
      return LabelRule.IGNORED;
    }
    if (label.written().isEmpty()) {
      throw cell.error(": the label is empty; expected a class");
    }
    requireOneSpelling(cell, label);
    Integer number = numbers.get(label.key());
    if (number == null) {
      number = numbers.size();
      numbers.put(label.key(), number);
      seen.put(label, cell.position());
    }
    return number;
  }

  /** In Python, a label with a blank beside it is a different label. */
  private void requireOneSpelling(CellValues cell, LabelText label) {
    String before = spellings.putIfAbsent(label.key(), label.raw());
    boolean same = before == null || before.equals(label.raw());
    if (!same && label.kind() == LabelText.Kind.NAME) {
      throw cell.error(
          ": label '"
              + label.raw()
              + "' differs from '"
              + before
              + "' of an earlier row by blanks alone; they could be one class or two, as Python has"
              + " it: remove the blanks");
    }
  }

  /** The numbers of a label per token, which are classes, token ids or -100. */
  public FeatureRow perToken(CellValues cell, int tokens) {
    int[] values = cell.ints();
    if (values.length != tokens) {
      throw cell.error(
          " has "
              + values.length
              + " labels; expected one per token, "
              + tokens
              + ", with -100 where none counts");
    }
    int bound = rule.classCount().orElse(Integer.MAX_VALUE);
    for (int value : values) {
      if (value != LabelRule.IGNORED && (value < 0 || value >= bound)) {
        throw cell.error(
            " holds class "
                + value
                + "; expected 0 to "
                + (bound - 1)
                + ", or -100 where none counts");
      }
    }
    return new FeatureRow.Ints(values);
  }
}
