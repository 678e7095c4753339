package dev.belay.train.predict;

import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.data.file.Row;
import dev.belay.train.data.file.SquadFile;
import dev.belay.train.dataset.DatasetLoader;
import dev.belay.train.failure.ModelException;
import java.util.List;

/** The inputs of one call. */
public final class GivenInputs implements ModelQuery.Inputs {
  private final List<Row> rows;
  private final List<SquadFile.Paragraph> questions;

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
    return answers ? data.encodeQuestions(questions) : data.encode(rows, labels);
  }

  @Override
  public Dataset readPrompts(DatasetLoader data) {
    return data.encodePrompts(rows);
  }
}
