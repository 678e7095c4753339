package dev.belay.savedmodel.export;

import dev.belay.savedmodel.tensor.Shapes;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.util.Optional;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.OpDef;
import org.tensorflow.proto.framework.ResourceHandleProto;

/**
 * Hidden argument of functions that outlives a call: a variable, a lookup table, the path of an
 * asset.
 *
 * @param flatNode the node of the flat graph that represents it
 * @param object its number in the object graph
 * @param mainNode the node of the main graph that gives it
 * @param dtype of the argument
 * @param variable type and shape of the variable behind a handle
 */
record Capture(
    String flatNode, int object, String mainNode, DataType dtype, Optional<TensorSpec> variable) {

  OpDef.ArgDef argument(String name) {
    OpDef.ArgDef.Builder argument = OpDef.ArgDef.newBuilder().setName(name).setType(dtype);
    variable.ifPresent(
        spec ->
            argument.addHandleData(
                ResourceHandleProto.DtypeAndShape.newBuilder()
                    .setDtype(spec.dtype())
                    .setShape(Shapes.toProto(spec.shape()))));
    return argument.build();
  }
}
