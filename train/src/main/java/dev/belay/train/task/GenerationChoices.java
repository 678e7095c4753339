package dev.belay.train.task;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.configuration.GenerationSettings;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.GenerationConfig;
import dev.belay.train.config.Sampling;
import dev.belay.train.generate.BeamSearch;
import dev.belay.train.generate.Limits;
import dev.belay.train.generate.ScoreFilter;
import dev.belay.train.generate.ScoreRule;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Choices of how texts are written: those of the options, else of the model's settings, else of
 * Hugging Face's generate.
 *
 * @param options of the user
 * @param settings of the model
 */
record GenerationChoices(GenerationConfig options, GenerationSettings settings) {
  private static final int USUAL_TOP_K = 50;
  private static final String NEVER = "never";
  private static final String FORCED_FIRST = "forced_bos_token_id";

  int beams() throws CorruptModelException {
    return whole(options.numBeams(), "num_beams", 1);
  }

  double lengthPenalty() throws CorruptModelException {
    return number(options.lengthPenalty(), "length_penalty", 1);
  }

  BeamSearch.Stopping stopping() throws CorruptModelException {
    String word = settings.word("early_stopping").orElse("false");
    return switch (word) {
      case "true" -> BeamSearch.Stopping.EARLY;
      case "false" -> BeamSearch.Stopping.USUAL;
      case NEVER -> BeamSearch.Stopping.NEVER;
      default ->
          throw new CorruptModelException(
              settings.file(), "key 'early_stopping'", "true, false or \"never\"", word);
    };
  }

  /** Whether tokens are drawn. */
  boolean draws() throws CorruptModelException {
    Sampling sampling = options.sampling();
    boolean said = settings.flag("do_sample").orElse(false);
    boolean draws = sampling.doSample().orElse(said);
    boolean shaped =
        sampling.temperature().isPresent()
            || sampling.topK().isPresent()
            || sampling.topP().isPresent();
    if (shaped && !draws) {
      throw new ConfigException(
          "--temperature, --top-k and --top-p change how tokens are drawn, and none are; expected"
              + " --do-sample on");
    }
    return draws;
  }

  /** Number of texts for each example. */
  int answers() throws CorruptModelException {
    int answers = whole(options.numReturnSequences(), "num_return_sequences", 1);
    if (beams() > 1 ? answers > beams() : answers > 1 && !draws()) {
      throw new ConfigException(
          "--num-return-sequences: expected at most the "
              + beams()
              + " of --num-beams"
              + (beams() > 1 ? "" : ", or --do-sample on")
              + "; found "
              + answers);
    }
    return answers;
  }

  Limits limits(PredictionRun run) throws CorruptModelException {
    OptionalInt said = options.maxNewTokens();
    OptionalInt added = said.isPresent() ? said : settings.count("max_new_tokens");
    OptionalInt all = added.isPresent() ? OptionalInt.empty() : settings.count("max_length");
    List<String> stop = options.stop().isEmpty() ? settings.texts("stop_strings") : options.stop();
    return new Limits(
        added.orElse(all.isPresent() ? Integer.MAX_VALUE : GenerationConfig.USUAL_NEW_TOKENS),
        all,
        ends(run),
        stop.isEmpty() ? text -> false : new StopTexts(run.tokenizer(), stop));
  }

  private Set<Integer> ends(PredictionRun run) throws CorruptModelException {
    if (settings.own()) {
      return settings.ids("eos_token_id");
    }
    Set<Integer> said = run.endIds();
    return said.isEmpty()
        ? run.tokenizer().endId().stream().boxed().collect(Collectors.toSet())
        : said;
  }

  /** The rules in the order of Hugging Face's generate. */
  List<ScoreRule> rules(Limits limits) throws CorruptModelException {
    List<ScoreRule> rules = new ArrayList<>();
    GenerationConfig.Repetition repetition = options.repetition();
    double penalty = number(repetition.repetitionPenalty(), "repetition_penalty", 1);
    if (penalty != 1) {
      rules.add(new ScoreRule.RepetitionPenalty(positive("repetition_penalty", penalty)));
    }
    int ngram = whole(repetition.noRepeatNgramSize(), "no_repeat_ngram_size", 0);
    if (ngram > 0) {
      rules.add(new ScoreRule.NoRepeatedNgram(ngram));
    }
    Set<Integer> ends = limits.endTokens();
    List<List<Integer>> banned =
        settings.sequences("bad_words_ids").stream()
            .filter(sequence -> sequence.size() > 1 || !ends.contains(sequence.get(0)))
            .toList();
    if (!banned.isEmpty()) {
      rules.add(new ScoreRule.Banned(banned));
    }
    int least = settings.count("min_length").orElse(0);
    int leastAdded = settings.count("min_new_tokens").orElse(0);
    if (least > 0 || leastAdded > 0) {
      rules.add(new ScoreRule.Minimum(leastAdded > 0 ? 0 : least, leastAdded, ends));
    }
    addTokenRules(rules, limits);
    if (draws()) {
      addFilters(rules, beams() > 1 ? ends.size() + 1 : 1);
    }
    return rules;
  }

  private void addTokenRules(List<ScoreRule> rules, Limits limits) throws CorruptModelException {
    OptionalInt first = settings.count(FORCED_FIRST);
    first.ifPresent(token -> rules.add(new ScoreRule.ForcedFirst(token)));
    Set<Integer> last = settings.ids("forced_eos_token_id");
    if (!last.isEmpty()) {
      rules.add(new ScoreRule.ForcedLast(last, limits));
    }
    Set<Integer> excluded = settings.ids("suppress_tokens");
    if (!excluded.isEmpty()) {
      rules.add(new ScoreRule.Excluded(excluded));
    }
    Set<Integer> excludedFirst = settings.ids("begin_suppress_tokens");
    if (!excludedFirst.isEmpty()) {
      rules.add(new ScoreRule.ExcludedFirst(excludedFirst, first.isPresent()));
    }
  }

  /**
   * Adds the rules of draws.
   *
   * @param kept number of tokens that stay at least, so that not all of them end the text
   */
  private void addFilters(List<ScoreRule> rules, int kept) throws CorruptModelException {
    Sampling sampling = options.sampling();
    double temperature = number(sampling.temperature(), "temperature", 1);
    if (temperature != 1) {
      rules.add(new ScoreFilter.Temperature(positive("temperature", temperature)));
    }
    int topK = whole(sampling.topK(), "top_k", USUAL_TOP_K);
    if (topK > 0) {
      rules.add(new ScoreFilter.TopK(Math.max(topK, kept)));
    }
    double topP = number(sampling.topP(), "top_p", 1);
    if (topP < 1) {
      rules.add(new ScoreFilter.TopP(fraction("top_p", topP), kept));
    }
    OptionalDouble minP = settings.number("min_p");
    if (minP.isPresent()) {
      rules.add(new ScoreFilter.MinP(fraction("min_p", minP.getAsDouble()), kept));
    }
  }

  private int whole(OptionalInt option, String key, int usual) throws CorruptModelException {
    return option.isPresent() ? option.getAsInt() : settings.count(key).orElse(usual);
  }

  private double number(OptionalDouble option, String key, double usual)
      throws CorruptModelException {
    return option.isPresent() ? option.getAsDouble() : settings.number(key).orElse(usual);
  }

  private double positive(String key, double value) throws CorruptModelException {
    return require(value > 0, key, "a number above 0", value);
  }

  private double fraction(String key, double value) throws CorruptModelException {
    return require(value >= 0 && value <= 1, key, "a number in [0, 1]", value);
  }

  private double require(boolean sound, String key, String expected, double value)
      throws CorruptModelException {
    if (!sound) {
      throw new CorruptModelException(settings.file(), "key '" + key + "'", expected, "" + value);
    }
    return value;
  }
}
