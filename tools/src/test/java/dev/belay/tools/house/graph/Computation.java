package dev.belay.tools.house.graph;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.belay.tools.house.train.Loop;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.internal.c_api.TF_Graph;
import org.tensorflow.proto.framework.GraphDef;

/** Knows the loop, differentiates on its own account, parses bytes and uses internals. */
public final class Computation {
  Loop loop;
  TF_Graph internal;

  Operand<?>[] gradients(Graph graph, Output<?> loss, Output<?>[] variables) {
    return graph.addGradients(loss, variables);
  }

  GraphDef parse(byte[] bytes) throws InvalidProtocolBufferException {
    return GraphDef.parseFrom(bytes);
  }
}
