package dev.belay.train.task;

import dev.belay.train.config.GenerationConfig;
import dev.belay.train.generate.GeneratedSequence;
import dev.belay.train.generate.Limits;
import dev.belay.train.generate.NextTokens;
import dev.belay.train.generate.TokenSearch;
import dev.belay.train.tokenize.TextTokenizer;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** Writes texts token by token, as the options of a run say. */
final class TextGeneration {
  private TextGeneration() {}

  /** Writes the texts of a batch. */
  static void write(PredictionRun run, NextTokens next, Consumer<Prediction> sink) {
    GenerationConfig how = run.config().generation();
    TextTokenizer tokenizer = run.tokenizer();
    OptionalInt end = run.endId().isPresent() ? run.endId() : tokenizer.endId();
    TokenSearch search =
        TokenSearch.of(new Limits(how.maxNewTokens(), end), how.numBeams(), how.lengthPenalty());
    for (GeneratedSequence text : search.write(next)) {
      sink.accept(
          new GeneratedText(
              tokenizer.decode(text.tokens()), text.logProbability(), text.tokens().length));
    }
  }
}
