package dev.belay.train.data.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class DatasetSummaryTest {
  private final LabelMap labels = LabelMap.of(List.of("neg", "pos", "mixed"));
  private final List<EncodedExample> train = new ArrayList<>();
  private final List<EncodedExample> validation = new ArrayList<>();

  private static EncodedExample example(int id, int label) {
    return new EncodedExample(
        SourcePosition.line(Path.of("a.tsv"), 1),
        List.of(
            new FeatureRow.Ints(new int[] {1, id, 2}), new FeatureRow.Ints(new int[] {1, 1, 1})),
        Optional.of(new FeatureRow.Ints(new int[] {label})),
        3,
        3);
  }

  private Dataset dataset(List<EncodedExample> examples) {
    ExampleOptions options =
        new ExampleOptions(
            List.of(FeatureRequest.ids("input_ids")),
            LabelRule.classes(),
            8,
            OptionalInt.empty(),
            OptionalInt.empty());
    return new Dataset(options, List.copyOf(examples), Optional.of(labels), List.of());
  }

  private List<String> notes() {
    return new DatasetSummary(
            dataset(train), Optional.of(validation).filter(v -> !v.isEmpty()).map(this::dataset))
        .notes();
  }

  @Test
  void classesAreCountedAndRareOnesNamed() {
    for (int i = 0; i < 150; i++) {
      train.add(example(i, i % 5 == 0 ? 1 : 0));
    }
    train.add(example(200, 2));
    assertEquals(
        List.of(
            "training data: neg 120, pos 30, mixed 1",
            "training data: classes with very few examples: mixed (1)"),
        notes());
  }

  @Test
  void repeatedExamplesAreCountedInBothSets() {
    train.addAll(
        List.of(example(1, 0), example(2, 1), example(1, 0), example(2, 0), example(3, 2)));
    validation.addAll(List.of(example(3, 2), example(4, 0)));
    assertEquals(
        List.of(
            "training data: neg 3, pos 1, mixed 1",
            "training data: 2 examples repeat earlier ones, 1 of them with several labels",
            "validation data: 1 example of 2 is a training example too, which makes its metrics"
                + " look better than they are"),
        notes());
  }

  @Test
  void examplesOfOneClassTeachNothing() {
    train.addAll(List.of(example(1, 1), example(2, 1)));
    assertEquals(
        List.of(
            "training data: neg 0, pos 2, mixed 0",
            "training data: all 2 examples are of the class 'pos', so there is nothing to learn"),
        notes());
    List<Path> files = List.of(Path.of("a.tsv"), Path.of("b.tsv"));
    new DatasetSummary(dataset(train), Optional.empty()).requireSeveralClasses(files);
    for (int i = 3; i <= 10; i++) {
      train.add(example(i, 1));
    }
    DatasetSummary ten = new DatasetSummary(dataset(train), Optional.empty());
    assertEquals(
        "a.tsv and 1 more: all 10 examples are of the class 'pos', so there is nothing to learn;"
            + " expected examples of at least two classes. Check the column of the labels"
            + " (--label-column), or add examples of another class, such as a further"
            + " --train-file",
        assertThrows(DataException.class, () -> ten.requireSeveralClasses(files)).getMessage());
    train.add(example(11, 0));
    new DatasetSummary(dataset(train), Optional.empty()).requireSeveralClasses(files);
  }
}
