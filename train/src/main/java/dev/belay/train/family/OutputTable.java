package dev.belay.train.family;

import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.names.ModelType;
import dev.belay.savedmodel.names.NameTable;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.train.failure.ModelException;

/**
 * The table with which a model computes logits over its vocabulary: its word embeddings, or a
 * separate one.
 *
 * @param own whether it has a separate one
 * @param scaled whether a T5 multiplies rows by {@code 1 / sqrt(d_model)} before
 */
public record OutputTable(boolean own, boolean scaled) {
  private static final String SCALE = "scale_decoder_outputs";

  /** Since this version transformers ties what the files do not tell apart. */
  private static final int TIES_BY_VALUE = 5;

  /**
   * Combines configuration and weights.
   *
   * @param weights those of the files; an output that repeats the words' table is not among them
   *     unless the configuration says that it has a separate one
   * @throws ModelException if versions of transformers would read the files differently
   */
  public static OutputTable of(ModelConfiguration configuration, NamedTensors weights) {
    String name = NameTable.of(configuration.family()).output();
    boolean tied = configuration.tiedEmbeddings();
    boolean stored = weights.names().contains(name);
    boolean t5 = configuration.family() == Family.T5;
    boolean later =
        configuration.transformersMajor() >= TIES_BY_VALUE
            || (t5 && configuration.others().containsKey(SCALE));
    if (tied && stored && !later) {
      throw new ModelException(
          "config.json has tie_word_embeddings true or leaves it out, and the weights have "
              + name
              + ", which differs from the word embeddings: transformers 4 puts the embeddings in"
              + " its place, transformers 5 uses it; set the key to false to use it, or leave it"
              + " out with --ignore-weights "
              + name);
    }
    // Transformers 5 ties a T5 that has no table, whatever tie_word_embeddings says.
    boolean own = stored || (!tied && !(t5 && !weights.names().isEmpty()));
    return new OutputTable(own, t5 && scaled(configuration));
  }

  private static boolean scaled(ModelConfiguration configuration) {
    boolean mt5 = configuration.type() == ModelType.MT5;
    boolean tied = configuration.tiedEmbeddings();
    if (configuration.others().containsKey(SCALE)) {
      return configuration.isSet(SCALE, tied);
    }
    if (mt5 && tied && configuration.transformersMajor() < TIES_BY_VALUE) {
      throw new ModelException(
          "config.json has tie_word_embeddings true: of an mt5 transformers 4 scales what the"
              + " decoder puts out then, transformers 5 does not; add "
              + SCALE
              + ", true or false");
    }
    return tied && !mt5;
  }
}
