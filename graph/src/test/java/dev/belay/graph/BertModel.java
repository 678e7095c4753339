package dev.belay.graph;

import dev.belay.graph.imported.ForwardSpec;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.savedmodel.bundle.BundleContents;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TType;

/**
 * google-research/bert as a flat graph, written op by op, for weights that lie in a checkpoint of
 * its own: B examples of S tokens, H hidden, A heads of D.
 */
final class BertModel {
  private static final int HEADS = 4;
  private static final int LAYERS = 2;

  private final Map<String, Shape> shapes = new LinkedHashMap<>();
  private final Map<String, Operand<TFloat32>> weights = new HashMap<>();
  private Ops tf;

  BertModel(BundleContents checkpoint) {
    checkpoint.names().forEach(name -> shapes.put(name, checkpoint.spec(name).shape()));
  }

  ForwardSpec spec(int batch, int length) {
    try (Graph graph = new Graph()) {
      tf = Ops.create(graph);
      List<ForwardSpec.BoundVariable> variables = new ArrayList<>();
      shapes.forEach(
          (name, shape) -> {
            String node = "var." + variables.size();
            Operand<? extends TType> handle =
                tf.withName(node).varHandleOp(TFloat32.class, shape, VarHandleOp.sharedName(name));
            weights.put(name, tf.readVariableOp(handle, TFloat32.class));
            variables.add(
                new ForwardSpec.BoundVariable(
                    new VariableSpec(name, DataType.DT_FLOAT, shape, true), node));
          });
      forward(batch, length);
      return new ForwardSpec(
          graph.toGraphDef(),
          List.of(
              new ForwardSpec.Call(
                  "bert",
                  List.of(
                      new ForwardSpec.NamedTensor("input_ids", "input_ids"),
                      new ForwardSpec.NamedTensor("attention_mask", "attention_mask"),
                      new ForwardSpec.NamedTensor("token_type_ids", "token_type_ids")),
                  List.of(new ForwardSpec.NamedTensor("logits", "logits")),
                  List.of(),
                  true)),
          variables,
          List.of(),
          List.of(),
          List.of());
    }
  }

  private void forward(int b, int s) {
    Operand<TInt32> zero = tf.constant(0);
    Operand<TFloat32> x =
        tf.math.add(
            tf.gather(w("bert/embeddings/word_embeddings"), input("input_ids", b, s), zero),
            tf.gather(
                w("bert/embeddings/token_type_embeddings"), input("token_type_ids", b, s), zero));
    Operand<TInt32> positions = tf.range(zero, tf.constant(s), tf.constant(1));
    x = tf.math.add(x, tf.gather(w("bert/embeddings/position_embeddings"), positions, zero));
    x = normalised(x, "bert/embeddings/LayerNorm"); // [B, S, H]
    Operand<TFloat32> mask =
        tf.dtypes.cast(input("attention_mask", b, s), TFloat32.class); // [B, S]
    Operand<TFloat32> bias =
        tf.reshape(
            tf.math.mul(tf.math.sub(c(1), mask), c(-10000)), tf.constant(new int[] {b, 1, 1, s}));
    for (int layer = 0; layer < LAYERS; layer++) {
      String p = "bert/encoder/layer_" + layer;
      x = attended(x, bias, p, new int[] {b, s});
      Operand<TFloat32> inner = gelu(dense(x, p + "/intermediate/dense", b, s));
      x =
          normalised(
              tf.math.add(dense(inner, p + "/output/dense", b, s), x), p + "/output/LayerNorm");
    }
    Operand<TFloat32> first =
        tf.gather(x, tf.constant(0), tf.constant(1)); // [B, H], the first token
    Operand<TFloat32> pooled =
        tf.math.tanh(
            tf.math.add(
                tf.linalg.matMul(first, w("bert/pooler/dense/kernel")),
                w("bert/pooler/dense/bias")));
    Operand<TFloat32> product =
        tf.linalg.matMul(pooled, w("output_weights"), MatMul.transposeB(true));
    tf.withName("logits").math.add(product, w("output_bias"));
  }

  private Operand<TFloat32> attended(
      Operand<TFloat32> x, Operand<TFloat32> bias, String p, int[] size) {
    Operand<TFloat32> query = heads(x, p + "/attention/self/query", size);
    Operand<TFloat32> key = heads(x, p + "/attention/self/key", size);
    Operand<TFloat32> value = heads(x, p + "/attention/self/value", size);
    float root = (float) Math.sqrt(hidden() / (double) HEADS);
    Operand<TFloat32> scores =
        tf.math.div(tf.linalg.einsum(List.of(query, key), "basd,batd->bast"), c(root));
    Operand<TFloat32> shares = tf.nn.softmax(tf.math.add(scores, bias)); // [B, A, S, S]
    Operand<TFloat32> mixed =
        tf.linalg.einsum(List.of(shares, value), "bast,batd->bsad"); // [B, S, A, D]
    Operand<TFloat32> joined =
        tf.reshape(mixed, tf.constant(new int[] {size[0], size[1], hidden()}));
    Operand<TFloat32> out = dense(joined, p + "/attention/output/dense", size[0], size[1]);
    return normalised(tf.math.add(out, x), p + "/attention/output/LayerNorm");
  }

  /** [B, S, H] to [B, A, S, D]. */
  private Operand<TFloat32> heads(Operand<TFloat32> x, String name, int[] size) {
    int[] split = {size[0], size[1], HEADS, hidden() / HEADS};
    Operand<TFloat32> y = tf.reshape(dense(x, name, size[0], size[1]), tf.constant(split));
    return tf.linalg.transpose(y, tf.constant(new int[] {0, 2, 1, 3}));
  }

  private Operand<TFloat32> dense(Operand<TFloat32> x, String name, int b, int s) {
    int in = (int) shapes.get(name + "/kernel").get(0);
    int out = (int) shapes.get(name + "/kernel").get(1);
    Operand<TFloat32> rows = tf.reshape(x, tf.constant(new int[] {b * s, in}));
    Operand<TFloat32> y =
        tf.math.add(tf.linalg.matMul(rows, w(name + "/kernel")), w(name + "/bias"));
    return tf.reshape(y, tf.constant(new int[] {b, s, out}));
  }

  private Operand<TFloat32> normalised(Operand<TFloat32> x, String name) {
    Operand<TInt32> axis = tf.constant(-1);
    Operand<TFloat32> centred =
        tf.math.sub(x, tf.math.mean(x, axis, org.tensorflow.op.math.Mean.keepDims(true)));
    Operand<TFloat32> variance =
        tf.math.mean(
            tf.math.mul(centred, centred), axis, org.tensorflow.op.math.Mean.keepDims(true));
    Operand<TFloat32> scaled =
        tf.math.mul(centred, tf.math.rsqrt(tf.math.add(variance, c(1e-12f))));
    return tf.math.add(tf.math.mul(scaled, w(name + "/gamma")), w(name + "/beta"));
  }

  /** By tanh, as google-research/bert. */
  private Operand<TFloat32> gelu(Operand<TFloat32> x) {
    Operand<TFloat32> cube = tf.math.mul(tf.math.mul(tf.math.mul(c(0.044715f), x), x), x);
    Operand<TFloat32> inner = tf.math.mul(c((float) Math.sqrt(2 / Math.PI)), tf.math.add(x, cube));
    return tf.math.mul(tf.math.mul(c(0.5f), x), tf.math.add(c(1), tf.math.tanh(inner)));
  }

  private int hidden() {
    return (int) shapes.get("bert/embeddings/word_embeddings").get(1);
  }

  private Operand<TInt32> input(String name, int b, int s) {
    return tf.withName(name).placeholder(TInt32.class, Placeholder.shape(Shape.of(b, s)));
  }

  private Operand<TFloat32> w(String name) {
    return weights.get(name);
  }

  private Operand<TFloat32> c(float value) {
    return tf.constant(value);
  }
}
