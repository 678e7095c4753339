package dev.belay.train.task;

import dev.belay.graph.head.Head;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;
import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.data.batch.LengthOrder;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.FeatureNames;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.family.MaskedHeads;
import dev.belay.train.step.EvaluationResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Masked language modelling: predicts the hidden tokens, with logits [B, T, V].
 *
 * @param outputs V, if it is known
 */
public record MaskedLm(OptionalInt outputs) implements LanguageTask {
  private static final String CLASS = "ForMaskedLM";

  /** Whether a configuration says that its model finds hidden words. */
  static boolean isSaidBy(ModelConfiguration configuration) {
    return configuration.architectures().stream().anyMatch(name -> name.endsWith(CLASS));
  }

  @Override
  public String option() {
    return "masked-lm";
  }

  @Override
  public Task of(OptionalInt vocabulary) {
    return new MaskedLm(vocabulary);
  }

  @Override
  public boolean fits(Family family) {
    return family.isEncoder();
  }

  @Override
  public List<String> classes() {
    return List.of(CLASS);
  }

  @Override
  public List<String> layers(HeadFiles files) {
    return MaskedHeads.layers(files.configuration(), files.weights());
  }

  @Override
  public HeadInput input(ModelConfiguration configuration) {
    return HeadInput.TOKENS;
  }

  @Override
  public Optional<Head> head(HeadLayers layers) {
    return Optional.of(
        MaskedHeads.head(
            layers.configuration(),
            layers.files().weights(),
            layers.body(),
            layers.activation(),
            layers.weights()));
  }

  @Override
  public LabelRule labels(Optional<LabelMap> names) {
    return LabelRule.hiddenTokens(outputs);
  }

  @Override
  public boolean hidesWords() {
    return true;
  }

  /** Tells which words are hidden in each text. */
  @Override
  public int write(PredictionRun run, Consumer<Prediction> sink) {
    Dataset texts = run.read(LabelRule.none());
    int mask = run.maskId();
    LengthOrder order = run.byLength(texts, 1);
    Consumer<Prediction> restoring = order.restoring(sink);
    for (Iterator<Batch> batches = run.batches(order.sorted()).epoch(0); batches.hasNext(); ) {
      Batch batch = batches.next();
      BatchColumn.IntMatrix ids =
          (BatchColumn.IntMatrix) batch.features().get(FeatureNames.INPUT_IDS);
      int[] labels =
          Arrays.stream(ids.values()).map(id -> id == mask ? 0 : LabelRule.IGNORED).toArray();
      EvaluationResult answers =
          run.runner()
              .choices(
                  batch.withLabels(new BatchColumn.IntMatrix(ids.rows(), ids.columns(), labels)));
      int next = 0;
      for (int row = 0; row < ids.rows(); row++) {
        List<List<FilledMasks.Candidate>> masks = new ArrayList<>();
        for (int column = 0; column < ids.columns(); column++) {
          if (ids.get(row, column) == mask) {
            masks.add(FilledMasks.candidates(answers, next++, run.tokenizer()));
          }
        }
        restoring.accept(new FilledMasks(masks));
      }
    }
    return texts.size();
  }
}
