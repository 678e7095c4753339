package dev.belay.train.task;

import dev.belay.savedmodel.names.Family;
import dev.belay.train.config.ConfigException;
import dev.belay.train.data.batch.LengthOrder;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.example.FeatureNames;
import dev.belay.train.data.example.FeatureRequest;
import dev.belay.train.data.example.FeatureRow;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.generate.DecoderTokens;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Causal language modelling: predicts the token after each token, with logits [B, T, V].
 *
 * @param outputs V, if it is known
 */
public record CausalLm(OptionalInt outputs) implements LanguageTask {
  /** The end of the class's name in all families but GPT-2. */
  private static final String CLASS = "ForCausalLM";

  @Override
  public String option() {
    return "causal-lm";
  }

  @Override
  public Task of(OptionalInt vocabulary) {
    return new CausalLm(vocabulary);
  }

  @Override
  public boolean fits(Family family) {
    return family.isDecoder();
  }

  @Override
  public boolean isUsual(Family family) {
    return family.isDecoder();
  }

  @Override
  public List<String> classes() {
    return List.of("LMHeadModel", "DoubleHeadsModel", CLASS);
  }

  @Override
  public String writtenClass(Family family) {
    return family == Family.GPT2 ? classes().get(0) : CLASS;
  }

  @Override
  public LabelRule labels(Optional<LabelMap> names) {
    return LabelRule.nextTokens(outputs);
  }

  /** Goes on with each text. */
  @Override
  public int write(PredictionRun run, Consumer<Prediction> sink) throws IOException {
    Dataset prompts = run.readPrompts();
    GenerationPlan plan = GenerationPlan.of(run);
    int longest = run.maxSeqLength().orElse(Integer.MAX_VALUE);
    int feature =
        prompts.options().features().stream()
            .map(FeatureRequest::feature)
            .toList()
            .indexOf(FeatureNames.INPUT_IDS);
    LengthOrder order = run.byLength(prompts, plan.numbers());
    Consumer<Prediction> restoring = order.restoring(sink);
    List<int[]> batch = new ArrayList<>();
    for (EncodedExample example : order.sorted().examples()) {
      int[] ids = ((FeatureRow.Ints) example.features().get(feature)).values();
      batch.add(prompt(plan, run.tokenizer().withoutEnd(ids), longest));
      if (batch.size() == run.config().data().evalBatchSize()) {
        write(run, plan, batch, longest, restoring);
        batch.clear();
      }
    }
    if (!batch.isEmpty()) {
      write(run, plan, batch, longest, restoring);
    }
    return prompts.size();
  }

  private static void write(
      PredictionRun run,
      GenerationPlan plan,
      List<int[]> prompts,
      int longest,
      Consumer<Prediction> sink) {
    try (DecoderTokens next = new DecoderTokens(run.runner(), run.forward(), prompts, longest)) {
      plan.write(next, sink);
    }
  }

  /** Keeps the end of a prompt that is too long, since the model continues there. */
  private static int[] prompt(GenerationPlan plan, int[] begun, int longest) {
    int room = longest - plan.newTokens(begun.length);
    if (room < 1) {
      throw new ConfigException(
          "--max-new-tokens "
              + plan.newTokens(begun.length)
              + ": the model has room for "
              + longest
              + " tokens, including the prompt");
    }
    return begun.length <= room
        ? begun
        : Arrays.copyOfRange(begun, begun.length - room, begun.length);
  }
}
