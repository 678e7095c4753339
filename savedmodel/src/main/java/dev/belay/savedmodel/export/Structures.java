package dev.belay.savedmodel.export;

import dev.belay.savedmodel.model.FlatGraph.FlatTensor;
import dev.belay.savedmodel.tensor.Shapes;
import java.util.List;
import java.util.Optional;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.DictValue;
import org.tensorflow.proto.framework.FunctionSpec;
import org.tensorflow.proto.framework.ListValue;
import org.tensorflow.proto.framework.NamedTupleValue;
import org.tensorflow.proto.framework.NoneValue;
import org.tensorflow.proto.framework.PairValue;
import org.tensorflow.proto.framework.StructuredValue;
import org.tensorflow.proto.framework.TensorSpecProto;
import org.tensorflow.proto.framework.TupleValue;

/** Encodes how Python calls a function: nested arguments and results, and the Python signature. */
final class Structures {
  private static final StructuredValue NONE =
      StructuredValue.newBuilder().setNoneValue(NoneValue.getDefaultInstance()).build();
  private static final StructuredValue EMPTY_TUPLE =
      StructuredValue.newBuilder().setTupleValue(TupleValue.getDefaultInstance()).build();
  private static final StructuredValue EMPTY_LIST =
      StructuredValue.newBuilder().setListValue(ListValue.getDefaultInstance()).build();

  private Structures() {}

  /** Arguments given by keyword: an empty tuple and a dictionary. */
  static StructuredValue keywords(List<FlatTensor> inputs) {
    return StructuredValue.newBuilder()
        .setTupleValue(TupleValue.newBuilder().addValues(EMPTY_TUPLE).addValues(dictionary(inputs)))
        .build();
  }

  static StructuredValue dictionary(List<FlatTensor> tensors) {
    DictValue.Builder dictionary = DictValue.newBuilder();
    for (FlatTensor tensor : tensors) {
      dictionary.putFields(tensor.name(), tensor(tensor.name(), tensor.dtype(), tensor.shape()));
    }
    return StructuredValue.newBuilder().setDictValue(dictionary).build();
  }

  static StructuredValue scalar(DataType dtype) {
    return tensor("", dtype, Shape.scalar());
  }

  private static StructuredValue tensor(String name, DataType dtype, Shape shape) {
    return StructuredValue.newBuilder()
        .setTensorSpecValue(
            TensorSpecProto.newBuilder()
                .setName(name)
                .setDtype(dtype)
                .setShape(Shapes.toProto(shape)))
        .build();
  }

  /** {@code def f()}. */
  static FunctionSpec withoutArguments() {
    return FunctionSpec.newBuilder()
        .setFullargspec(fullArgumentSpec(Optional.empty()))
        .setInputSignature(EMPTY_TUPLE)
        .build();
  }

  /** {@code def f(**kwargs)}. */
  static FunctionSpec withKeywords() {
    return FunctionSpec.newBuilder()
        .setFullargspec(fullArgumentSpec(Optional.of("kwargs")))
        .setInputSignature(NONE)
        .build();
  }

  /** Python's {@code inspect.FullArgSpec}. */
  private static StructuredValue fullArgumentSpec(Optional<String> keywords) {
    StructuredValue keywordsName =
        keywords
            .map(name -> StructuredValue.newBuilder().setStringValue(name).build())
            .orElse(NONE);
    StructuredValue annotations =
        StructuredValue.newBuilder().setDictValue(DictValue.getDefaultInstance()).build();
    NamedTupleValue.Builder tuple = NamedTupleValue.newBuilder().setName("FullArgSpec");
    add(tuple, "args", EMPTY_LIST);
    add(tuple, "varargs", NONE);
    add(tuple, "varkw", keywordsName);
    add(tuple, "defaults", NONE);
    add(tuple, "kwonlyargs", EMPTY_LIST);
    add(tuple, "kwonlydefaults", NONE);
    add(tuple, "annotations", annotations);
    return StructuredValue.newBuilder().setNamedTupleValue(tuple).build();
  }

  private static void add(NamedTupleValue.Builder tuple, String key, StructuredValue value) {
    tuple.addValues(PairValue.newBuilder().setKey(key).setValue(value));
  }
}
