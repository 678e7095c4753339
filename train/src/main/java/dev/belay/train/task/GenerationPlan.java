package dev.belay.train.task;

import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.configuration.GenerationSettings;
import dev.belay.train.data.DataException;
import dev.belay.train.generate.BeamSearch;
import dev.belay.train.generate.GeneratedSequence;
import dev.belay.train.generate.Limits;
import dev.belay.train.generate.NextTokens;
import dev.belay.train.generate.StepwiseSearch;
import dev.belay.train.generate.TokenSearch;
import java.io.IOException;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** Writes texts as {@link GenerationChoices} say, and counts the examples. */
final class GenerationPlan {
  /** The most tokens of a text that are assumed, where a model has no maximum. */
  private static final int LONG_TEXT = 1 << 12;

  private final PredictionRun run;
  private final GenerationSettings settings;
  private final TokenSearch search;
  private final Limits limits;
  private final int answers;
  private long written;

  private GenerationPlan(PredictionRun run, GenerationSettings settings) throws IOException {
    GenerationChoices choices = new GenerationChoices(run.config().generation(), settings);
    this.run = run;
    this.settings = settings;
    this.limits = choices.limits(run);
    this.answers = choices.answers();
    TokenSearch.Choice choice =
        new TokenSearch.Choice(
            limits,
            choices.rules(limits),
            choices.draws() ? OptionalLong.of(run.config().machine().seed()) : OptionalLong.empty(),
            answers);
    this.search =
        choices.beams() == 1
            ? new StepwiseSearch(choice)
            : new BeamSearch(choice, choices.beams(), choices.lengthPenalty(), choices.stopping());
  }

  /**
   * The plan of a run.
   *
   * @throws dev.belay.savedmodel.UnsupportedModelException if the model's settings ask for what
   *     Belay does not compute
   * @throws dev.belay.train.config.ConfigException if options contradict each other
   */
  static GenerationPlan of(PredictionRun run) throws IOException {
    GenerationSettings settings = run.generation();
    settings.requireComputed();
    return new GenerationPlan(run, settings);
  }

  /** The most numbers of the texts for one example. */
  long numbers() {
    return (long) answers * Math.min(limits.newTokens(), LONG_TEXT);
  }

  /** The token that every text of a decoder beside an encoder begins with. */
  int decoderStart() throws IOException {
    for (String key : List.of("decoder_start_token_id", "bos_token_id")) {
      OptionalInt said = settings.own() ? settings.count(key) : OptionalInt.empty();
      if (said.isPresent()) {
        return said.getAsInt();
      }
    }
    return run.decoderStart()
        .orElseThrow(
            () ->
                new UnsupportedModelException(
                    settings.file(),
                    "generation settings",
                    "no decoder_start_token_id or bos_token_id says which token a text begins"
                        + " with; add the one of the language to write, as Python needs it too"));
  }

  /**
   * Number of new tokens for which a prompt of so many tokens must leave room.
   *
   * @throws DataException if it leaves none by the settings of the model
   */
  int newTokens(int prompt) {
    if (limits.allTokens().isEmpty()) {
      return limits.newTokens();
    }
    int all = limits.allTokens().getAsInt();
    if (prompt >= all) {
      throw new DataException(
          "a prompt of "
              + prompt
              + " tokens, which leaves no room for new ones: max_length of "
              + settings.file().getFileName()
              + " counts them too, and is "
              + all
              + "; set --max-new-tokens");
    }
    return 1;
  }

  /** Writes about a batch. */
  void write(NextTokens next, Consumer<Prediction> sink) {
    for (List<GeneratedSequence> texts : search.write(next, written)) {
      List<GeneratedText> made = texts.stream().map(this::text).toList();
      sink.accept(answers == 1 ? made.get(0) : new GeneratedTexts(made));
      written++;
    }
  }

  private GeneratedText text(GeneratedSequence sequence) {
    return new GeneratedText(
        run.tokenizer().decode(sequence.all()),
        sequence.logProbability(),
        sequence.tokens().length);
  }
}
