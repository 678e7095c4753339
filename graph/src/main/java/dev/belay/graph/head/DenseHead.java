package dev.belay.graph.head;

import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.SequenceShape;
import dev.belay.graph.search.FloatingTypes;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.graph.variable.Variables;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.index.Indices;
import org.tensorflow.op.Ops;
import org.tensorflow.op.nn.BiasAdd;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** Dropout, then one dense layer: the common part of new heads on foreign features. */
record DenseHead(Variables variables, List<Operation> initializers, Settings settings)
    implements AttachedHead {
  private static final String KERNEL = "head/kernel";
  private static final String BIAS = "head/bias";
  private static final float INITIAL_DEVIATION = 0.02f; // as BERT initialises every kernel
  private static final long KERNEL_SEED = 1;
  private static final long DROPOUT_SITE = 2;

  /**
   * Settings in which those heads differ.
   *
   * @param outputs number of outputs
   * @param perToken whether there are outputs for every token, not only for the first
   */
  record Settings(int outputs, boolean perToken, double dropoutRate, long seed) {}

  static void requireClasses(int classes) {
    if (classes < 2) {
      throw new IllegalArgumentException(
          "A classification head needs at least 2 classes; found " + classes + ".");
    }
  }

  static void requireRate(double dropoutRate) {
    if (!(dropoutRate >= 0 && dropoutRate < 1)) {
      throw new IllegalArgumentException(
          "The head's dropout rate must be at least 0 and below 1, such as 0.1; found "
              + dropoutRate
              + ".");
    }
  }

  static DenseHead attach(Ops tf, Output<?> features, Settings settings) {
    long hidden = hidden(features, settings.perToken());
    int outputs = settings.outputs();
    Variables variables = new Variables(tf);
    GraphVariable kernel =
        variables.create(
            new VariableSpec(KERNEL, DataType.DT_FLOAT, Shape.of(hidden, outputs), true));
    GraphVariable bias =
        variables.create(new VariableSpec(BIAS, DataType.DT_FLOAT, Shape.of(outputs), true));
    Operand<TFloat32> drawn =
        tf.random.statelessTruncatedNormal(
            tf.constant(new long[] {hidden, outputs}),
            tf.constant(new long[] {settings.seed(), KERNEL_SEED}),
            TFloat32.class);
    Operand<TFloat32> scaled = tf.math.mul(drawn, tf.constant(INITIAL_DEVIATION));
    List<Operation> initializers =
        List.of(
            tf.assignVariableOp(kernel.handle(), scaled).op(),
            tf.assignVariableOp(bias.handle(), tf.constant(new float[outputs])).op());
    return new DenseHead(variables, initializers, settings);
  }

  @Override
  public Operand<TFloat32> train(Ops tf, Output<?> features, Operand<TInt64> step) {
    Operand<TFloat32> read = read(tf, features);
    ForwardContext pass =
        ForwardContext.training(tf, new ForwardContext.Draws(settings.seed(), step, DROPOUT_SITE));
    return dense(tf, pass.dropout(read, settings.dropoutRate()), features);
  }

  @Override
  public Operand<TFloat32> evaluate(Ops tf, Output<?> features) {
    return dense(tf, read(tf, features), features);
  }

  private Operand<TFloat32> dense(Ops tf, Operand<TFloat32> read, Output<?> features) {
    Operand<TFloat32> kernel = variables.get(KERNEL).value().expect(TFloat32.class);
    Operand<TFloat32> bias = variables.get(BIAS).value().expect(TFloat32.class);
    Operand<TFloat32> product = tf.linalg.matMul(read, kernel); // [N, outputs]
    Operand<TFloat32> answers = tf.nn.biasAdd(product, bias, new BiasAdd.Options[0]);
    return settings.perToken()
        ? SequenceShape.of(tf, features)
            .perExample(tf, answers, settings.outputs()) // [B, S, outputs]
        : answers;
  }

  /** A row for each output, [N, H]. */
  private Operand<TFloat32> read(Ops tf, Output<?> features) {
    Operand<TFloat32> x =
        features.dataType() == DataType.DT_FLOAT
            ? features.expect(TFloat32.class)
            : tf.dtypes.cast(features, TFloat32.class);
    if (features.shape().numDimensions() == 2) {
      return x;
    }
    int hidden = Math.toIntExact(features.shape().get(2));
    return settings.perToken()
        ? tf.reshape(x, tf.constant(new int[] {-1, hidden}))
        : tf.stridedSlice(x, Indices.all(), Indices.at(0), Indices.all()); // [B, S, H] -> [B, H]
  }

  private static long hidden(Output<?> features, boolean perToken) {
    Shape shape = features.shape();
    boolean usable =
        FloatingTypes.isReal(features.dataType())
            && !shape.isUnknown()
            && (shape.numDimensions() == 3 || (shape.numDimensions() == 2 && !perToken))
            && shape.get(shape.numDimensions() - 1) != Shape.UNKNOWN_SIZE;
    if (!usable) {
      throw new IllegalArgumentException(
          "A new head reads floating-point features "
              + (perToken
                  ? "[batch, tokens, hidden]"
                  : "[batch, hidden], or [batch, tokens, hidden] of which it takes the first token,")
              + " with a known hidden size; the chosen tensor is "
              + features.dataType()
              + " of shape "
              + shape
              + ". Name another tensor with --features.");
    }
    return shape.get(shape.numDimensions() - 1);
  }
}
