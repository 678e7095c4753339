package dev.belay.graph.head;

import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.Parameters;
import java.util.Objects;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Head with one output for each example, as in the families of BERT: one token's features [B, H]
 * through a dense layer, an activation and a projection to [B, C].
 *
 * @param form of the family
 * @param outputs C
 * @param firstRate of dropout before the dense layer
 * @param dropoutRate before the projection
 * @param weights their initialization
 */
public record SequenceHead(
    Form form, int outputs, double firstRate, double dropoutRate, HeadWeights weights)
    implements Head {

  /** A head with the same dropout before both layers, where the family has both. */
  public SequenceHead(Form form, int outputs, double dropoutRate, HeadWeights weights) {
    this(form, outputs, form.dropsFirst() ? dropoutRate : 0, dropoutRate, weights);
  }

  /**
   * Differences between families.
   *
   * @param dense name of the dense layer
   * @param activation after it
   * @param dropsFirst whether there is dropout before it too
   * @param projection name of the projection
   */
  public record Form(String dense, Activation activation, boolean dropsFirst, String projection) {
    public static final Form BERT =
        new Form("bert.pooler.dense", Activation.TANH, false, "classifier");
    public static final Form ALBERT =
        new Form("albert.pooler", Activation.TANH, false, "classifier");
    public static final Form DISTILBERT =
        new Form("pre_classifier", Activation.RELU, false, "classifier");
    public static final Form ROBERTA =
        new Form("classifier.dense", Activation.TANH, true, "classifier.out_proj");
    public static final Form ELECTRA =
        new Form("classifier.dense", Activation.GELU, true, "classifier.out_proj");

    public static final Form BART =
        new Form(
            "classification_head.dense", Activation.TANH, true, "classification_head.out_proj");

    /** That of DeBERTa, whose configuration names the activation. */
    public static Form deberta(Activation activation) {
      return new Form("pooler.dense", activation, true, "classifier");
    }

    public Form {
      Objects.requireNonNull(activation);
    }
  }

  public SequenceHead {
    DenseHead.requireRate(firstRate);
    DenseHead.requireRate(dropoutRate);
  }

  @Override
  public AttachedHead attach(Ops tf, Output<?> features) {
    long hidden = features.shape().get(1);
    Parameters parameters = weights.parameters(tf);
    Dense dense = Dense.declare(parameters, form.dense(), hidden, hidden);
    Dense projection = Dense.declare(parameters, form.projection(), hidden, outputs);
    return WeightedHead.of(
        parameters,
        weights.beginning().seed(),
        (pass, first) -> {
          Operand<TFloat32> x = pass.dropout(first, firstRate);
          Operand<TFloat32> pooled =
              form.activation().apply(pass.tf(), dense.apply(pass, x)); // [B, H]
          return projection.apply(pass, pass.dropout(pooled, dropoutRate)); // [B, C]
        });
  }
}
