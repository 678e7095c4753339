package dev.belay.graph.gradient;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.GraphOperation;
import org.tensorflow.OperationBuilder;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.op.Scope;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.NameAttrList;
import org.tensorflow.proto.framework.OpDef;

/**
 * Gap in the graph with the gradient that the model's author wrote for it ({@code
 * tf.custom_gradient}).
 *
 * @param node its name in the model
 * @param results tensors that consumers read; no gradient passes through them by itself
 * @param arguments arguments of the author's function for which it returns a gradient
 * @param captures other tensors that its gradient reads
 * @param function its gradient, held by the graph's library: gradients of the results, then the
 *     captures, to gradients of the arguments
 */
public record SavedGradient(
    String node,
    List<Output<?>> results,
    List<Output<?>> arguments,
    List<Output<?>> captures,
    FunctionDef function)
    implements GradientGap {

  @Override
  public List<Output<?>> backward(Ops tf, List<Output<?>> incoming) {
    List<Output<?>> gradients = new ArrayList<>();
    for (int i = 0; i < incoming.size(); i++) {
      Output<?> gradient = incoming.get(i);
      gradients.add(gradient == null ? tf.zerosLike(results.get(i)).asOutput() : gradient);
    }
    return call(tf.scope(), gradients);
  }

  private List<Output<?>> call(Scope scope, List<Output<?>> resultGradients) {
    List<Output<?>> inputs = new ArrayList<>(resultGradients);
    inputs.addAll(captures);
    OpDef signature = function.getSignature();
    if (signature.getInputArgCount() != inputs.size()
        || signature.getOutputArgCount() != arguments.size()) {
      throw new UntrainableModelException(
          "The saved gradient "
              + signature.getName()
              + " of the node "
              + node
              + " takes "
              + signature.getInputArgCount()
              + " tensors and gives "
              + signature.getOutputArgCount()
              + "; expected were "
              + resultGradients.size()
              + " gradients of results and "
              + captures.size()
              + " captures, to "
              + arguments.size()
              + " gradients of arguments. Save the model again, or freeze what lies below the"
              + " node.");
    }
    OperationBuilder builder =
        scope
            .opBuilder(
                signature.getIsStateful() ? "StatefulPartitionedCall" : "PartitionedCall",
                "saved_gradient")
            .addInputList(inputs.toArray(new Output<?>[0]))
            .setAttr("Tin", inputs.stream().map(Output::dataType).toArray(DataType[]::new))
            .setAttr(
                "Tout",
                signature.getOutputArgList().stream()
                    .map(OpDef.ArgDef::getType)
                    .toArray(DataType[]::new))
            .setAttr(
                "f",
                AttrValue.newBuilder()
                    .setFunc(NameAttrList.newBuilder().setName(signature.getName()))
                    .build());
    GraphOperation call = (GraphOperation) builder.build();
    List<Output<?>> outputs = new ArrayList<>();
    for (int i = 0; i < call.numOutputs(); i++) {
      outputs.add(call.output(i));
    }
    return outputs;
  }
}
