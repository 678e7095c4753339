package dev.belay.train.task;

import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.names.ModelType;
import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.data.batch.LengthOrder;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.FeatureNames;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.data.example.TargetRule;
import dev.belay.train.generate.Seq2SeqTokens;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Generation of a text from another text: logits [B, T, V].
 *
 * @param outputs V, if it is known
 */
public record Seq2Seq(OptionalInt outputs) implements LanguageTask {

  @Override
  public String option() {
    return "seq2seq";
  }

  @Override
  public Task of(OptionalInt vocabulary) {
    return new Seq2Seq(vocabulary);
  }

  @Override
  public boolean fits(Family family) {
    return family.isEncoderDecoder();
  }

  @Override
  public boolean isUsual(Family family) {
    return family.isEncoderDecoder();
  }

  @Override
  public List<String> classes() {
    return List.of("ForConditionalGeneration", "WithLMHeadModel");
  }

  @Override
  public OptionalInt decoderStart(ModelConfiguration configuration) {
    return configuration.generationStart();
  }

  @Override
  public Optional<TargetRule> targets(ModelConfiguration configuration) {
    int positions = configuration.sizes().positions();
    return Optional.of(
        new TargetRule(
            configuration.type() == ModelType.MBART
                ? OptionalInt.empty()
                : configuration.decoderStart(),
            positions > 0 ? OptionalInt.of(positions) : OptionalInt.empty()));
  }

  @Override
  public LabelRule labels(Optional<LabelMap> names) {
    return LabelRule.targetTexts(outputs);
  }

  /** Writes a text about each text. */
  @Override
  public int write(PredictionRun run, Consumer<Prediction> sink) throws IOException {
    GenerationPlan plan = GenerationPlan.of(run);
    Dataset texts = run.read(LabelRule.none());
    int start = plan.decoderStart();
    OptionalInt positions = run.maxSeqLength();
    int longest = positions.isPresent() ? positions.getAsInt() + 1 : Integer.MAX_VALUE;
    LengthOrder order = run.byLength(texts, plan.numbers());
    Consumer<Prediction> restoring = order.restoring(sink);
    for (Iterator<Batch> batches = run.batches(order.sorted()).epoch(0); batches.hasNext(); ) {
      Batch batch = batches.next();
      Seq2SeqTokens.Read read =
          new Seq2SeqTokens.Read(
              (BatchColumn.IntMatrix) batch.features().get(FeatureNames.INPUT_IDS),
              (BatchColumn.IntMatrix) batch.features().get(FeatureNames.ATTENTION_MASK));
      try (Seq2SeqTokens next =
          new Seq2SeqTokens(run.runner(), run.forward(), read, start, longest)) {
        plan.write(next, restoring);
      }
    }
    return texts.size();
  }
}
