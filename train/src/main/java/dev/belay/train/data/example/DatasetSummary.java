package dev.belay.train.data.example;

import dev.belay.train.data.DataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Says what a person would want to know about data before a model is trained on them: how many
 * examples each class has, and which examples occur several times or in both sets.
 *
 * @param train the examples to train on
 * @param validation the examples to evaluate on, if there are any
 */
public record DatasetSummary(Dataset train, Optional<Dataset> validation) {
  /** Classes that are listed; the others are counted. */
  private static final int MOST_LISTED = 12;

  /** A class with fewer examples is hardly learned. */
  private static final int RARE = 10;

  /** Beyond this number of examples, duplicates are not counted: that takes 100 bytes for each. */
  private static final int MOST_COMPARED = 1_000_000;

  /** 128 bits that identify the inputs of an example. */
  private record InputsHash(long first, long second) {
    static InputsHash of(EncodedExample example) {
      long first = 1;
      long second = 1;
      List<FeatureRow> rows = new ArrayList<>();
      for (int text = 0; text < example.texts(); text++) {
        rows.addAll(example.text(text).features());
      }
      for (FeatureRow row : rows) {
        for (int i = 0; i < row.length(); i++) {
          long element = element(row, i);
          first = (first ^ element) * 0x9E3779B97F4A7C15L;
          first ^= first >>> 29;
          second = (second + element) * 0xC2B2AE3D27D4EB4FL;
          second ^= second >>> 31;
        }
        second = second * 31 + row.length();
      }
      return new InputsHash(first, second);
    }

    private static long element(FeatureRow row, int index) {
      if (row instanceof FeatureRow.Ints ints) {
        return ints.values()[index];
      }
      if (row instanceof FeatureRow.Floats floats) {
        return Float.floatToIntBits(floats.values()[index]);
      }
      String text = ((FeatureRow.Text) row).value();
      return (long) text.hashCode() << 32 | text.length();
    }
  }

  private static int labelHash(EncodedExample example) {
    FeatureRow label = example.label().orElse(new FeatureRow.Text(""));
    if (label instanceof FeatureRow.Ints ints) {
      return Arrays.hashCode(ints.values());
    }
    return label instanceof FeatureRow.Floats floats ? Arrays.hashCode(floats.values()) : 0;
  }

  /** One sentence for each thing worth saying. */
  public List<String> notes() {
    List<String> notes = new ArrayList<>();
    Map<Integer, Long> counts = counts(train);
    train
        .labels()
        .filter(labels -> !counts.isEmpty())
        .ifPresent(labels -> notes.addAll(balance(labels, counts)));
    if (train.size() <= MOST_COMPARED) {
      notes.addAll(repetitions());
    }
    return notes;
  }

  /**
   * Refuses training data of a single class, from which nothing can be learned. Fewer than {@value
   * #RARE} examples are a trial of the data's form, and only noted.
   *
   * @param files of the training data
   * @throws DataException in that case
   */
  public void requireSeveralClasses(List<Path> files) {
    Map<Integer, Long> counts = counts(train);
    if (counts.size() == 1 && train.labels().isPresent() && train.size() >= RARE) {
      throw new DataException(
          files.get(0)
              + (files.size() > 1 ? " and " + (files.size() - 1) + " more" : "")
              + ": "
              + oneClass(train.labels().get(), counts)
              + "; expected examples of at least two classes. Check the column of the labels"
              + " (--label-column), or add examples of another class, such as a further"
              + " --train-file");
    }
  }

  private static String oneClass(LabelMap labels, Map<Integer, Long> counts) {
    Map.Entry<Integer, Long> only = counts.entrySet().iterator().next();
    return "all "
        + examples(only.getValue())
        + " are of the class '"
        + labels.name(only.getKey())
        + "', so there is nothing to learn";
  }

  private List<String> repetitions() {
    List<String> notes = new ArrayList<>();
    Map<InputsHash, Integer> labelOf = new HashMap<>();
    Set<InputsHash> unsure = new HashSet<>();
    int repeated = 0;
    for (EncodedExample example : train.examples()) {
      InputsHash inputs = InputsHash.of(example);
      Integer before = labelOf.putIfAbsent(inputs, labelHash(example));
      repeated += before == null ? 0 : 1;
      if (before != null && before != labelHash(example)) {
        unsure.add(inputs);
      }
    }
    if (repeated > 0) {
      notes.add(
          "training data: "
              + examples(repeated)
              + (repeated == 1 ? " repeats an earlier one" : " repeat earlier ones")
              + (unsure.isEmpty()
                  ? ""
                  : ", " + count(unsure.size()) + " of them with several labels"));
    }
    long seen =
        validation.stream()
            .flatMap(dataset -> dataset.examples().stream())
            .filter(example -> labelOf.containsKey(InputsHash.of(example)))
            .count();
    if (seen > 0) {
      notes.add(
          "validation data: "
              + examples(seen)
              + " of "
              + count(validation.get().size())
              + (seen == 1 ? " is a training example too" : " are training examples too")
              + ", which makes its metrics look better than they are");
    }
    return notes;
  }

  private static List<String> balance(LabelMap labels, Map<Integer, Long> counts) {
    List<String> notes = new ArrayList<>();
    String listed =
        IntStream.range(0, Math.min(labels.size(), MOST_LISTED))
            .mapToObj(i -> labels.name(i) + " " + count(counts.getOrDefault(i, 0L)))
            .collect(Collectors.joining(", "));
    int further = labels.size() - MOST_LISTED;
    notes.add(
        "training data: "
            + listed
            + (further > 0 ? " and " + count(further) + " further classes" : ""));
    if (counts.size() == 1) {
      notes.add("training data: " + oneClass(labels, counts));
      return notes;
    }
    long most = counts.values().stream().mapToLong(Long::longValue).max().orElse(0);
    List<String> rare =
        IntStream.range(0, labels.size())
            .filter(i -> counts.getOrDefault(i, 0L) < RARE && most >= 10L * RARE)
            .mapToObj(i -> labels.name(i) + " (" + counts.getOrDefault(i, 0L) + ")")
            .toList();
    if (!rare.isEmpty()) {
      notes.add(
          "training data: classes with very few examples: "
              + String.join(", ", rare.subList(0, Math.min(rare.size(), MOST_LISTED)))
              + (rare.size() > MOST_LISTED
                  ? " and " + (rare.size() - MOST_LISTED) + " further ones"
                  : ""));
    }
    return notes;
  }

  /** Examples by the class of each; empty unless every label is one class. */
  private static Map<Integer, Long> counts(Dataset dataset) {
    boolean ofClasses =
        dataset.examples().stream()
            .allMatch(
                example ->
                    example.label().filter(FeatureRow.Ints.class::isInstance).isPresent()
                        && example.label().get().length() == 1);
    return !ofClasses
        ? Map.of()
        : dataset.examples().stream()
            .map(example -> ((FeatureRow.Ints) example.label().orElseThrow()).values()[0])
            .filter(label -> label >= 0)
            .collect(Collectors.groupingBy(label -> label, Collectors.counting()));
  }

  private static String examples(long number) {
    return count(number) + (number == 1 ? " example" : " examples");
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
