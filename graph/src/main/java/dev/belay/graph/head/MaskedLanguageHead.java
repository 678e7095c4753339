package dev.belay.graph.head;

import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.SequenceShape;
import dev.belay.graph.layer.Table;
import java.util.Optional;
import java.util.function.BiFunction;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Head that predicts masked words, arXiv 1810.04805 section 3.1: features [B, T, H] pass through a
 * dense layer, an activation and a norm; the model's word embeddings, or a separate table, and a
 * bias then give a logit for each word, [B, T, V]. It also takes single rows [N, H] and returns [N,
 * V].
 *
 * @param transform dense layer, activation and norm, [H] to [E]
 * @param words the model's table of words, [V, E]
 * @param projection table and bias of the logits
 * @param weights initialization of the head's weights
 */
public record MaskedLanguageHead(
    HeadTransform transform, Table words, Projection projection, HeadWeights weights)
    implements Head {

  /**
   * Table and bias that give the logits.
   *
   * @param table the head's own table [V, E]; empty: the word embeddings, which then get gradients
   *     from both uses
   * @param bias [V], the full name; empty: 0
   * @param unread a second bias [V] that files hold and nothing reads
   */
  public record Projection(
      Optional<String> table, Optional<String> bias, Optional<String> unread) {}

  /**
   * Names of the weights in a family.
   *
   * @param dense [E, H]
   * @param norm [E]
   * @param bias [V], the full name
   * @param decoder a separate table and bias, where the two are not the word embeddings and {@code
   *     bias}
   */
  public record Form(String dense, String norm, String bias, String decoder) {
    public static final Form BERT =
        new Form(
            "cls.predictions.transform.dense",
            "cls.predictions.transform.LayerNorm",
            "cls.predictions.bias",
            "cls.predictions.decoder");
    public static final Form ALBERT =
        new Form(
            "predictions.dense",
            "predictions.LayerNorm",
            "predictions.bias",
            "predictions.decoder");
    public static final Form DISTILBERT =
        new Form("vocab_transform", "vocab_layer_norm", "vocab_projector.bias", "vocab_projector");
    public static final Form ROBERTA =
        new Form("lm_head.dense", "lm_head.layer_norm", "lm_head.bias", "lm_head.decoder");
    public static final Form ELECTRA =
        new Form(
            "generator_predictions.dense",
            "generator_predictions.LayerNorm",
            "generator_lm_head.bias",
            "generator_lm_head");
    public static final Form MODERNBERT =
        new Form("head.dense", "head.norm", "decoder.bias", "decoder");

    /** DeBERTa's own, whose logits are products with the word embeddings. */
    public static final Form DEBERTA =
        new Form(
            "lm_predictions.lm_head.dense",
            "lm_predictions.lm_head.LayerNorm",
            "lm_predictions.lm_head.bias",
            "");
  }

  @Override
  public AttachedHead attach(Ops tf, Output<?> features) {
    int hidden = Math.toIntExact(features.shape().get(2));
    int vocabulary = Math.toIntExact(words.rows().shape().get(0));
    Parameters parameters = weights.parameters(tf);
    BiFunction<ForwardContext, Operand<TFloat32>, Operand<TFloat32>> transformed =
        transform.declare(parameters, hidden, words.size());
    Dense decoder = decoder(parameters, vocabulary);
    return WeightedHead.ofTokens(
        parameters,
        weights.beginning().seed(),
        (pass, tokens) -> {
          Ops here = pass.tf();
          Operand<TFloat32> rows = here.reshape(tokens, here.constant(new int[] {-1, hidden}));
          Operand<TFloat32> logits =
              decoder.apply(pass, transformed.apply(pass, rows)); // [N, E] to [N, V]
          return tokens.shape().numDimensions() == 3
              ? SequenceShape.of(here, tokens).perExample(here, logits, vocabulary) // [B, T, V]
              : logits;
        });
  }

  private Dense decoder(Parameters parameters, int vocabulary) {
    Operand<TFloat32> table =
        projection
            .table()
            .map(name -> parameters.kernel(name, vocabulary, words.size()))
            .orElse(words.rows());
    projection.unread().ifPresent(name -> parameters.kept(name, vocabulary));
    return new Dense(table, true, projection.bias().map(name -> parameters.bias(name, vocabulary)));
  }
}
