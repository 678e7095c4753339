package dev.belay.train.data.example;

import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Decides which output each label means, once all labels of the data are known. */
final class LabelResolver {
  /** The name that Hugging Face gives an output without one. */
  private static final Pattern OUTPUT =
      Pattern.compile(ModelConfiguration.UNNAMED_OUTPUT + "(\\d{1,9})");

  /** Digits that a number of 63 bits can have. */
  private static final int LONGEST_NUMBER = 18;

  /** More than a model has whose number of classes is unknown. */
  private static final int MOST_CLASSES = 1 << 20;

  private final Map<LabelText, SourcePosition> seen;
  private final LabelMap map;
  private final Map<String, Integer> exactly = new HashMap<>();
  private final Map<String, Integer> byKey = new HashMap<>();

  /**
   * @param seen each label with the place where it stands first
   * @throws DataException if the labels are no classes, or not those of the head
   */
  LabelResolver(Map<LabelText, SourcePosition> seen, LabelRule rule) {
    this.seen = seen;
    this.map = rule.known().orElseGet(() -> learned(rule.classCount()));
    for (int i = 0; i < map.size(); i++) {
      exactly.put(map.name(i), i);
      byKey.putIfAbsent(LabelText.of(map.name(i), false).key(), i);
    }
    if (rule.known().isPresent()) {
      requireOneReading();
    }
  }

  /** The classes in the order of the outputs. */
  LabelMap map() {
    return map;
  }

  /**
   * The output of a label.
   *
   * @throws DataException naming its place and the known ones, if it is none of them
   */
  int index(LabelText label) {
    OptionalInt named = byName(label);
    OptionalInt numbered = map.isNumeric() ? OptionalInt.empty() : byOutput(label, map.size());
    return named.isPresent()
        ? named.getAsInt()
        : numbered.isPresent() ? numbered.getAsInt() : map.index(label.written(), seen.get(label));
  }

  private OptionalInt byName(LabelText label) {
    Integer exact = exactly.get(label.written());
    Integer alike =
        byKey.get(
            label.kind() == LabelText.Kind.NAME && !label.plain().isEmpty()
                ? LabelText.of(label.written(), false).key()
                : label.key());
    Integer index = exact == null ? alike : exact;
    return index == null ? OptionalInt.empty() : OptionalInt.of(index);
  }

  /** The output whose number a label is: 1, 1.0, true or LABEL_1. */
  private static OptionalInt byOutput(LabelText label, int outputs) {
    Matcher output = OUTPUT.matcher(label.written());
    String digits =
        output.matches()
            ? output.group(1)
            : label.kind() == LabelText.Kind.TRUTH ? (label.isTrue() ? "1" : "0") : label.plain();
    if (digits.isEmpty() || digits.length() > LONGEST_NUMBER) {
      return OptionalInt.empty();
    }
    long number = Long.parseLong(digits);
    return number >= 0 && number < outputs ? OptionalInt.of((int) number) : OptionalInt.empty();
  }

  /**
   * The number of an output that a label is, of a model whose outputs have no names.
   *
   * @throws DataException if it is no such number
   */
  static int output(LabelText label, SourcePosition position, OptionalInt classCount) {
    int bound = classCount.orElse(MOST_CLASSES);
    return byOutput(label, bound)
        .orElseThrow(
            () ->
                DataException.at(
                    position,
                    "label '"
                        + label.written()
                        + "' is not the number of a class of the model; expected 0 to "
                        + (bound - 1)
                        + ", since the model computes the loss by its own numbers; for names, "
                        + LabelMap.NAME_THEM));
  }

  /** Names of classes that are numbers themselves may be meant, or the numbers of outputs. */
  private void requireOneReading() {
    if (!map.isConfigured() || !map.isNumeric()) {
      return;
    }
    boolean differ = false;
    for (LabelText label : seen.keySet()) {
      OptionalInt named = byName(label);
      OptionalInt numbered = byOutput(label, map.size());
      if (named.isEmpty() || numbered.isEmpty()) {
        return;
      }
      differ |= !named.equals(numbered);
    }
    if (differ) {
      LabelText first =
          seen.keySet().stream()
              .filter(label -> !byName(label).equals(byOutput(label, map.size())))
              .findFirst()
              .orElseThrow();
      throw DataException.at(
          seen.get(first),
          "label '"
              + first.written()
              + "' could be the name of output "
              + byName(first).getAsInt()
              + ", as id2label of the model's config.json has it, or the number of output "
              + byOutput(first, map.size()).getAsInt()
              + "; expected labels that are one of them: give id2label names that are no numbers,"
              + " or the names with evaluate's --labels");
    }
  }

  private LabelMap learned(OptionalInt classCount) {
    requireClasses();
    if (!seen.isEmpty() && all(LabelText.Kind.TRUTH)) {
      int count = classCount.orElse(2);
      return count == 2 ? LabelMap.of(truths()) : LabelMap.numbers(count);
    }
    Map<String, SourcePosition> names = new LinkedHashMap<>();
    Map<String, String> numbers = new HashMap<>();
    seen.forEach(
        (label, position) -> {
          requireOneSpelling(numbers, label, position);
          names.putIfAbsent(label.name(), position);
        });
    boolean numbered =
        classCount.isPresent()
            && seen.keySet().stream()
                .allMatch(label -> byOutput(label, classCount.getAsInt()).isPresent());
    if (classCount.isPresent() && !numbered) {
      requireNoOutputAmongNames(classCount.getAsInt());
    }
    boolean outputs =
        seen.keySet().stream().allMatch(label -> OUTPUT.matcher(label.written()).matches());
    return !numbered
        ? LabelMap.learn(names, classCount)
        : outputs
            ? LabelMap.outputs(classCount.getAsInt())
            : LabelMap.numbers(classCount.getAsInt());
  }

  /** Beside a name, the number of an output could be a name too. */
  private void requireNoOutputAmongNames(int outputs) {
    Optional<LabelText> name =
        seen.keySet().stream()
            .filter(label -> label.plain().isEmpty() && byOutput(label, outputs).isEmpty())
            .findFirst();
    Optional<LabelText> number =
        seen.keySet().stream().filter(label -> byOutput(label, outputs).isPresent()).findFirst();
    if (name.isPresent() && number.isPresent()) {
      throw DataException.at(
          seen.get(number.get()),
          "label '"
              + number.get().written()
              + "' could be the number of an output of the model, whose "
              + outputs
              + " outputs have no names, or a name as '"
              + name.get().written()
              + "' of another row is; expected numbers alone or names alone: write them so, "
              + LabelMap.NAME_THEM
              + ", or train a new head (--head classification)");
    }
  }

  /** Strings such as 01 and 1 are two names, and one number. */
  private static void requireOneSpelling(
      Map<String, String> numbers, LabelText label, SourcePosition position) {
    if (label.plain().isEmpty()) {
      return;
    }
    String before = numbers.putIfAbsent(label.plain(), label.name());
    if (before != null && !before.equals(label.name())) {
      throw DataException.at(
          position,
          "label '"
              + label.written()
              + "' and '"
              + before
              + "' are the same number written in two ways; they could be one class or two: write"
              + " them alike");
    }
  }

  private boolean all(LabelText.Kind kind) {
    return seen.keySet().stream().allMatch(label -> label.kind() == kind);
  }

  /** False and true as they are written. */
  private List<String> truths() {
    String written = seen.keySet().iterator().next().written();
    boolean capital = Character.isUpperCase(written.charAt(0));
    boolean capitals = capital && Character.isUpperCase(written.charAt(1));
    return capitals
        ? List.of("FALSE", "TRUE")
        : capital ? List.of("False", "True") : List.of("false", "true");
  }

  /** Numbers with a fraction are no classes, and among numbers a gap is none. */
  private void requireClasses() {
    Set<LabelText> others =
        seen.keySet().stream()
            .filter(label -> label.kind() == LabelText.Kind.NAME && !label.isGap())
            .collect(Collectors.toSet());
    boolean numbers =
        seen.keySet().stream()
            .anyMatch(
                label ->
                    label.kind() == LabelText.Kind.NUMBER
                        || label.kind() == LabelText.Kind.FRACTION);
    if (!others.isEmpty() || !numbers) {
      return;
    }
    Optional<LabelText> gap =
        seen.keySet().stream()
            .filter(label -> label.isGap() || label.kind() == LabelText.Kind.TRUTH)
            .findFirst();
    if (gap.isPresent()) {
      throw DataException.at(
          seen.get(gap.get()),
          "label '"
              + gap.get().written()
              + "' among numbers could be a gap in the column, a number or a class; expected a"
              + " number in every row: write it, leave the row out, or write "
              + LabelRule.IGNORED
              + " where none counts");
    }
    Optional<LabelText> fraction =
        seen.keySet().stream().filter(label -> label.kind() == LabelText.Kind.FRACTION).findFirst();
    if (fraction.isPresent()) {
      throw DataException.at(
          seen.get(fraction.get()),
          "label '"
              + fraction.get().written()
              + "' could be a number to predict or the name of a class; expected a whole number or"
              + " a name: for numbers take --head regression, for classes write names that are no"
              + " numbers");
    }
  }
}
