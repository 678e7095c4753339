package dev.belay.train.predict;

import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.example.FeatureNames;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.data.file.Row;
import dev.belay.train.data.file.SquadFile;
import dev.belay.train.dataset.DatasetLoader;
import dev.belay.train.failure.ModelException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** The inputs of one call, ordered so that batches need little padding. */
public final class GivenInputs implements ModelQuery.Inputs {
  private final List<Row> rows;
  private final List<SquadFile.Paragraph> questions;

  /** For each example, in the order that the model sees them, the index of its input. */
  private int[] order = {};

  private GivenInputs(List<Row> rows, List<SquadFile.Paragraph> questions) {
    this.rows = rows;
    this.questions = questions;
  }

  public static GivenInputs ofRows(List<Row> rows) {
    return new GivenInputs(rows, List.of());
  }

  public static GivenInputs ofQuestions(List<SquadFile.Paragraph> questions) {
    return new GivenInputs(List.of(), questions);
  }

  @Override
  public Dataset read(DatasetLoader data, LabelRule labels) {
    boolean answers = labels.format().isOfQuestions();
    if (answers == questions.isEmpty()) {
      throw new ModelException(
          answers
              ? "the model answers questions about texts: use answer(questions)"
              : "the model does not answer questions about texts: use predict(texts)");
    }
    if (answers) {
      order = IntStream.range(0, questions.size()).toArray();
      return data.encodeQuestions(questions); // the windows of one follow each other
    }
    return ordered(data.encode(rows, labels));
  }

  @Override
  public Dataset readPrompts(DatasetLoader data) {
    return ordered(data.encodePrompts(rows));
  }

  /** The input that the prediction with this index is about. */
  public int input(int prediction) {
    return order[prediction];
  }

  /**
   * By length; but a model without a mask sees the padding of its batch, so that its batches stay
   * those of {@code belay predict}.
   */
  private Dataset ordered(Dataset dataset) {
    boolean masked =
        dataset.options().features().stream()
            .anyMatch(request -> request.feature().equals(FeatureNames.ATTENTION_MASK));
    List<EncodedExample> examples = dataset.examples();
    IntStream indices = IntStream.range(0, examples.size());
    order =
        !masked
            ? indices.toArray()
            : indices
                .boxed()
                .sorted(Comparator.comparingInt(index -> examples.get(index).length()))
                .mapToInt(Integer::intValue)
                .toArray();
    return new Dataset(
        dataset.options(),
        Arrays.stream(order).mapToObj(examples::get).toList(),
        dataset.labels(),
        dataset.notes());
  }
}
