package dev.belay.savedmodel.export;

import com.google.protobuf.ByteString;
import dev.belay.savedmodel.export.NewModel.NewSignature;
import dev.belay.savedmodel.export.NewModel.NewVariable;
import dev.belay.savedmodel.model.FlatGraph.FlatTensor;
import dev.belay.savedmodel.model.op.Attributes;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorProto;
import org.tensorflow.proto.framework.TensorShapeProto;

/** Small models whose outputs a line of numpy computes. */
final class HandMadeModels {
  static final int VOCABULARY = 5;
  static final int WIDTH = 3;
  static final int LABELS = 2;
  private static final AttrValue FLOAT = Attributes.type(DataType.DT_FLOAT);
  private static final AttrValue INT32 = Attributes.type(DataType.DT_INT32);
  private static final AttrValue INT64 = Attributes.type(DataType.DT_INT64);
  private static final AttrValue STRING = Attributes.type(DataType.DT_STRING);

  private HandMadeModels() {}

  /**
   * {@code logits = mean over T of embeddings[ids] * kernel + bias}, and a counter of calls: ids is
   * [B, T], logits is [B, L]. One signature more gives the embeddings.
   */
  static NewModel classifier() {
    GraphDef.Builder graph = GraphDef.newBuilder();
    classify(graph, "in/Ids");
    graph.addNode(node("step", "AssignAddVariableOp", "calls", "one").putAttr("dtype", INT64));
    graph.addNode(constant("one", INT64, scalar(DataType.DT_INT64).addInt64Val(1)));
    FlatTensor ids = new FlatTensor("Ids", "in/Ids", DataType.DT_INT32, Shape.of(-1, -1));
    FlatTensor logits = new FlatTensor("logits", "logits", DataType.DT_FLOAT, Shape.of(-1, LABELS));
    FlatTensor best = new FlatTensor("best", "top:1", DataType.DT_INT32, Shape.of(-1, 1));
    FlatTensor inner =
        new FlatTensor("embeddings", "lookup", DataType.DT_FLOAT, Shape.of(-1, -1, WIDTH));
    return new NewModel(
        graph.build(),
        variables(),
        List.of(
            new NewSignature(
                "serving_default", List.of(ids), List.of(logits, best), List.of("step")),
            new NewSignature("embed", List.of(ids), List.of(inner), List.of())),
        List.of(),
        Map.of());
  }

  /** The same on words: a table from a file gives their ids, 0 to those that it does not hold. */
  static NewModel wordClassifier(Path vocabulary) {
    GraphDef.Builder graph = GraphDef.newBuilder();
    graph.addNode(
        node("words", "Placeholder")
            .putAttr("dtype", STRING)
            .putAttr("shape", Attributes.shape(Shape.of(-1, -1))));
    graph.addNode(
        node("table", "HashTableV2").putAttr("key_dtype", STRING).putAttr("value_dtype", INT64));
    graph.addNode(
        constant(
            "path",
            STRING,
            scalar(DataType.DT_STRING)
                .addStringVal(ByteString.copyFromUtf8(vocabulary.toString()))));
    graph.addNode(constant("unknown", INT64, scalar(DataType.DT_INT64).addInt64Val(0)));
    graph.addNode(
        node("fill", "InitializeTableFromTextFileV2", "table", "path")
            .putAttr("key_index", AttrValue.newBuilder().setI(-2).build())
            .putAttr("value_index", AttrValue.newBuilder().setI(-1).build()));
    graph.addNode(node("init", "NoOp", "^fill"));
    graph.addNode(
        node("found", "LookupTableFindV2", "table", "words", "unknown")
            .putAttr("Tin", STRING)
            .putAttr("Tout", INT64));
    graph.addNode(node("ids", "Cast", "found").putAttr("SrcT", INT64).putAttr("DstT", INT32));
    classify(graph, "ids");
    FlatTensor words = new FlatTensor("words", "words", DataType.DT_STRING, Shape.of(-1, -1));
    FlatTensor logits = new FlatTensor("logits", "logits", DataType.DT_FLOAT, Shape.of(-1, LABELS));
    FlatTensor ids = new FlatTensor("ids", "ids", DataType.DT_INT32, Shape.of(-1, -1));
    return new NewModel(
        graph.build(),
        variables(),
        List.of(
            new NewSignature("serving_default", List.of(words), List.of(logits, ids), List.of())),
        List.of("init"),
        Map.of("path", vocabulary));
  }

  private static void classify(GraphDef.Builder graph, String ids) {
    if (ids.startsWith("in/")) {
      graph.addNode(
          node(ids, "Placeholder")
              .putAttr("dtype", INT32)
              .putAttr("shape", Attributes.shape(Shape.of(-1, -1))));
    }
    for (NewVariable variable : variables()) {
      graph.addNode(
          node(variable.handle(), "VarHandleOp")
              .putAttr("dtype", Attributes.type(variable.spec().dtype()))
              .putAttr("shape", Attributes.shape(variable.spec().shape()))
              .putAttr("_class", Attributes.strings(List.of("loc:@gone"))));
    }
    graph.addNode(read("table_read", "v0")).addNode(read("kernel_read", "v1"));
    graph.addNode(read("bias_read", "v2"));
    graph.addNode(constant("axis", INT32, scalar(DataType.DT_INT32).addIntVal(0)));
    graph.addNode(constant("time", INT32, scalar(DataType.DT_INT32).addIntVal(1)));
    graph.addNode(constant("k", INT32, scalar(DataType.DT_INT32).addIntVal(1)));
    graph.addNode(
        node("lookup", "GatherV2", "table_read", ids, "axis", "^" + ids)
            .putAttr("Tparams", FLOAT)
            .putAttr("Tindices", INT32)
            .putAttr("Taxis", INT32)
            .setDevice("/device:GPU:7"));
    graph.addNode(
        node("mean", "Mean", "lookup", "time").putAttr("T", FLOAT).putAttr("Tidx", INT32));
    graph.addNode(node("product", "MatMul", "mean", "kernel_read").putAttr("T", FLOAT));
    graph.addNode(node("logits", "AddV2", "product", "bias_read").putAttr("T", FLOAT));
    graph.addNode(node("top", "TopKV2", "logits", "k").putAttr("T", FLOAT));
  }

  static List<NewVariable> variables() {
    return List.of(
        variable("embeddings", "v0", Shape.of(VOCABULARY, WIDTH), true),
        variable("head/kernel", "v1", Shape.of(WIDTH, LABELS), true),
        variable("head/bias", "v2", Shape.of(LABELS), false),
        new NewVariable(
            "calls",
            "calls",
            new TensorSpec(DataType.DT_INT64, Shape.scalar()),
            false,
            TensorPieces.of(ByteBuffer.allocate(Long.BYTES))));
  }

  /** Values 0, 1/8, 2/8, and so on: exact in float32. */
  private static NewVariable variable(String name, String handle, Shape shape, boolean trainable) {
    TensorSpec spec = new TensorSpec(DataType.DT_FLOAT, shape);
    ByteBuffer values = ByteBuffer.allocate((int) spec.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < spec.elements(); i++) {
      values.putFloat(i / 8f);
    }
    return new NewVariable(name, handle, spec, trainable, TensorPieces.of(values.flip()));
  }

  static NodeDef.Builder node(String name, String op, String... inputs) {
    return NodeDef.newBuilder().setName(name).setOp(op).addAllInput(List.of(inputs));
  }

  private static NodeDef.Builder read(String name, String handle) {
    return node(name, "ReadVariableOp", handle).putAttr("dtype", FLOAT);
  }

  private static NodeDef.Builder constant(String name, AttrValue type, TensorProto.Builder value) {
    return node(name, "Const")
        .putAttr("dtype", type)
        .putAttr("value", AttrValue.newBuilder().setTensor(value).build());
  }

  private static TensorProto.Builder scalar(DataType dtype) {
    return TensorProto.newBuilder()
        .setDtype(dtype)
        .setTensorShape(TensorShapeProto.getDefaultInstance());
  }
}
