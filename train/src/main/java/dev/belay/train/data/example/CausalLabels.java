package dev.belay.train.data.example;

import dev.belay.train.config.ColumnConfig;
import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.util.Optional;

/**
 * Decides whether the labels that data give to a language model stand at their own tokens, as
 * Hugging Face's models take them, or one before, where the model's logits say them; all rows are
 * read the same way.
 */
final class CausalLabels {
  private final ExampleOptions options;
  private final int ids;
  private long copied;
  private long next;
  private long telling;
  private boolean allCopied = true;
  private Optional<SourcePosition> first = Optional.empty();

  CausalLabels(ExampleOptions options) {
    this.options = options;
    this.ids =
        options.features().stream()
            .map(FeatureRequest::feature)
            .toList()
            .indexOf(FeatureNames.INPUT_IDS);
  }

  /** Looks at a row of token ids with the labels that the data give it. */
  void add(EncodedExample example) {
    int[] tokens = ((FeatureRow.Ints) example.features().get(ids)).values();
    int[] labels = ((FeatureRow.Ints) example.label().orElseThrow()).values();
    if (tokens.length != labels.length) {
      return; // what a decoder writes
    }
    first = first.isEmpty() ? Optional.of(example.source()) : first;
    for (int i = 0; i < tokens.length; i++) {
      if (labels[i] == LabelRule.IGNORED) {
        continue;
      }
      allCopied &= labels[i] == tokens[i];
      if (i + 1 < tokens.length && tokens[i] != tokens[i + 1]) {
        telling++;
        copied += labels[i] == tokens[i] ? 1 : 0;
        next += labels[i] == tokens[i + 1] ? 1 : 0;
      }
    }
  }

  /** Whether labels that were added stand at their own tokens, and must be moved by one. */
  boolean areUnshifted() {
    if (first.isEmpty()) {
      return false;
    }
    Optional<ColumnConfig.CausalLabels> asked = options.rules().columns().causalLabels();
    boolean causal = options.labels().format().isCausal();
    if (asked.isPresent()) {
      return asked.get() == ColumnConfig.CausalLabels.UNSHIFTED;
    }
    if (causal && next > copied && 2 * next >= telling) {
      throw ambiguous(
          "are mostly the token after each (labels[t] == input_ids[t + 1]): they could be shifted"
              + " already, or, as Hugging Face's models take them, be shifted by the model, which"
              + " then learns the token after the next");
    }
    if (!causal && telling > 0 && allCopied && ofVocabulary()) {
      throw ambiguous(
          "are a copy of input_ids, and nothing says what kind of language model this SavedModel"
              + " is: they could be Hugging Face's for a causal one, which shifts them, or what the"
              + " model is to say at each token, which then learns to repeat its input");
    }
    return causal;
  }

  /**
   * A token behind nothing but padding sees none, and what it then says differs between versions
   * and forms of Hugging Face's models.
   *
   * @throws DataException if such a token has a label
   */
  void requireSeen(EncodedExample example) {
    int feature =
        options.features().stream()
            .map(FeatureRequest::feature)
            .toList()
            .indexOf(FeatureNames.ATTENTION_MASK);
    if (!options.rules().ownGraph() || feature < 0 || example.label().isEmpty()) {
      return;
    }
    int[] mask = ((FeatureRow.Ints) example.features().get(feature)).values();
    int[] labels = ((FeatureRow.Ints) example.label().get()).values();
    for (int i = 0; i < mask.length && mask[i] == 0; i++) {
      if (labels[i] != LabelRule.IGNORED) {
        throw DataException.at(
            example.source(),
            "the row begins with padding, and token "
                + (i + 1)
                + " is to be foreseen from padding alone, of which Hugging Face's models in PyTorch"
                + " and in TensorFlow and their versions make different numbers; expected padding"
                + " at the end, or the label "
                + LabelRule.IGNORED
                + " for the first token behind it");
      }
    }
  }

  private boolean ofVocabulary() {
    return options.labels().classCount().isPresent()
        && options.labels().classCount().equals(options.vocabularySize());
  }

  private DataException ambiguous(String what) {
    return DataException.at(
        first.orElseThrow(),
        "the labels of the data "
            + what
            + "; give --causal-labels unshifted for labels that are to be shifted, or"
            + " --causal-labels shifted for labels that stand where the model says them");
  }

  /** A row with its labels where the model's logits say them. */
  static EncodedExample shifted(EncodedExample example) {
    return example.withLabel(
        NextTokens.shifted(((FeatureRow.Ints) example.label().orElseThrow()).values()));
  }
}
