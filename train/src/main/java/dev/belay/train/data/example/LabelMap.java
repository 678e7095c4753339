package dev.belay.train.data.example;

import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import dev.belay.train.failure.NearestName;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The classes of a task in the order of a head's outputs. */
public final class LabelMap {
  private static final Pattern INTEGER = Pattern.compile("[+-]?\\d{1,18}");
  private static final int SHOWN = 20;

  /** What to do where the outputs of a model have no names. */
  static final String NAME_THEM =
      "name all outputs in their order, in id2label of the model's config.json or, one a line, in"
          + " assets.extra/labels.txt of its SavedModel";

  private final List<String> names;
  private final Map<String, Integer> indices;
  private final boolean numeric;
  private final boolean configured;

  private LabelMap(List<String> names, boolean configured) {
    this.names = List.copyOf(names);
    this.configured = configured;
    this.indices = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      indices.putIfAbsent(names.get(i), i);
    }
    this.numeric = names.stream().anyMatch(LabelMap::isInteger);
  }

  /**
   * Classes in the order given.
   *
   * @throws DataException if there is none, or one twice
   */
  public static LabelMap of(List<String> names) {
    return of(names, false);
  }

  /** The same from a model's config.json, whose users write numbers of outputs as well. */
  public static LabelMap configured(List<String> names) {
    return of(names, true);
  }

  /** Classes without names, 0 to {@code count - 1}. */
  static LabelMap numbers(int count) {
    return new LabelMap(IntStream.range(0, count).mapToObj(String::valueOf).toList(), false);
  }

  /** Whether a name is one that Hugging Face gives an output without one. */
  public static boolean isUnnamedOutput(String name) {
    return name.matches(ModelConfiguration.UNNAMED_OUTPUT + "\\d+");
  }

  /** Classes under the names that Hugging Face gives outputs without one. */
  static LabelMap outputs(int count) {
    return new LabelMap(
        IntStream.range(0, count).mapToObj(i -> ModelConfiguration.UNNAMED_OUTPUT + i).toList(),
        false);
  }

  private static LabelMap of(List<String> names, boolean configured) {
    LabelMap map = new LabelMap(names, configured);
    if (names.isEmpty()) {
      throw new DataException("the list of labels is empty; expected at least one");
    }
    if (map.indices.size() != names.size()) {
      throw new DataException("a label stands in the list twice: " + shown(names));
    }
    return map;
  }

  /**
   * Classes from a labels.txt, one per line in the order of the head's outputs.
   *
   * @throws DataException if the file cannot be read, has no label, or has one twice
   */
  public static LabelMap read(Path file) {
    try {
      List<String> names =
          Files.readAllLines(file).stream()
              .map(line -> line.replace("\uFEFF", "").strip())
              .filter(line -> !line.isEmpty())
              .toList();
      return of(names);
    } catch (CharacterCodingException e) {
      throw new DataException(file + ": expected UTF-8, one label per line, found other bytes", e);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read: " + e.getMessage(), e);
    } catch (DataException e) {
      throw new DataException(file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Classes as a training file shows them: numbers in the order of their value, else names in the
   * order of their letters. For a head of C outputs, numbers from 0 to C - 1 are its outputs.
   *
   * @param seen each label with the place where it stands first
   * @param classCount C, if the head exists already
   * @throws DataException if the labels are not C classes
   */
  static LabelMap learn(Map<String, SourcePosition> seen, OptionalInt classCount) {
    List<String> sorted = new ArrayList<>(seen.keySet());
    boolean integers = sorted.stream().allMatch(LabelMap::isInteger);
    sorted.sort(integers ? Comparator.comparing(BigInteger::new) : Comparator.naturalOrder());
    if (classCount.isEmpty()) {
      return new LabelMap(sorted, false);
    }
    int count = classCount.getAsInt();
    if (integers && sorted.stream().allMatch(label -> isOutput(label, count))) {
      return numbers(count);
    }
    if (sorted.size() == count && !integers) {
      return new LabelMap(sorted, false);
    }
    throw wrongCount(seen, sorted, count, integers);
  }

  private static DataException wrongCount(
      Map<String, SourcePosition> seen, List<String> sorted, int count, boolean integers) {
    String culprit =
        integers
            ? sorted.stream().filter(label -> !isOutput(label, count)).findFirst().orElseThrow()
            : sorted.get(sorted.size() - 1);
    return DataException.at(
        seen.get(culprit),
        "label '"
            + culprit
            + "': the model's head has "
            + count
            + " outputs; expected "
            + (integers ? "labels from 0 to " + (count - 1) : "as many different labels")
            + ", found "
            + sorted.size()
            + ": "
            + shown(sorted)
            + "; "
            + NAME_THEM
            + ", or train a new head (--head classification)");
  }

  private static boolean isInteger(String label) {
    return INTEGER.matcher(label).matches();
  }

  /** Whether a label is the number of an output, written plainly. */
  private static boolean isOutput(String label, int count) {
    long value = Long.parseLong(label);
    return value >= 0 && value < count;
  }

  /** Whether any name is a number. */
  boolean isNumeric() {
    return numeric;
  }

  /** Whether a config.json says the names. */
  public boolean isConfigured() {
    return configured;
  }

  /** Number of classes. */
  public int size() {
    return names.size();
  }

  /** The classes in the order of the head's outputs. */
  public List<String> names() {
    return names;
  }

  /** The class of an output. */
  public String name(int index) {
    return names.get(index);
  }

  /**
   * The output of a class. Where the classes have names, the number of an output is understood too.
   *
   * @throws DataException naming the place, the label and the known ones, if it is none of them
   */
  public int index(String label, SourcePosition position) {
    Integer index = indices.get(label);
    if (index != null) {
      return index;
    }
    if (isInteger(label) && isOutput(label, size())) {
      String plain = String.valueOf(Long.parseLong(label));
      if (!numeric || indices.containsKey(plain)) {
        return numeric ? indices.get(plain) : Integer.parseInt(plain);
      }
    }
    throw DataException.at(
        position, "unknown label '" + label + "'; expected one of " + shown(names) + advice(label));
  }

  private String advice(String label) {
    return switch (label) {
      case "" -> "; is the column empty in this row?";
      case "-1" -> "; data sets such as GLUE hide labels by -1: belay predict needs none";
      default -> NearestName.suggestion(label, names);
    };
  }

  /** Whether any name is neither a number nor that of an output without a name. */
  boolean hasOwnNames() {
    return names.stream().anyMatch(name -> !isInteger(name) && !isUnnamedOutput(name));
  }

  /** The first names. */
  String shown() {
    return shown(names);
  }

  private static String shown(List<String> names) {
    String first = names.stream().limit(SHOWN).collect(Collectors.joining(", "));
    return names.size() <= SHOWN ? first : first + ", ... (" + names.size() + " in all)";
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LabelMap map && names.equals(map.names);
  }

  @Override
  public int hashCode() {
    return names.hashCode();
  }

  /** The names, comma by comma. */
  @Override
  public String toString() {
    return shown(names);
  }
}
