package dev.belay.train.task;

import dev.belay.train.config.GenerationConfig;
import dev.belay.train.generate.GeneratedSequence;
import dev.belay.train.generate.Limits;
import dev.belay.train.generate.NextTokens;
import dev.belay.train.generate.TokenSearch;
import dev.belay.train.tokenize.TextTokenizer;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Writes texts token by token, as the options of a run say. */
final class TextGeneration {
  private TextGeneration() {}

  /** Writes the texts of a batch. */
  static void write(PredictionRun run, NextTokens next, Consumer<Prediction> sink) {
    GenerationConfig how = run.config().generation();
    TextTokenizer tokenizer = run.tokenizer();
    Set<Integer> said = run.endIds();
    Set<Integer> ends =
        said.isEmpty() ? tokenizer.endId().stream().boxed().collect(Collectors.toSet()) : said;
    TokenSearch search =
        TokenSearch.of(new Limits(how.maxNewTokens(), ends), how.numBeams(), how.lengthPenalty());
    for (GeneratedSequence text : search.write(next)) {
      sink.accept(
          new GeneratedText(
              tokenizer.decode(text.tokens()), text.logProbability(), text.tokens().length));
    }
  }
}
