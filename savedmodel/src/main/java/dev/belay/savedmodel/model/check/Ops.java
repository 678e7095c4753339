package dev.belay.savedmodel.model.check;

import dev.belay.savedmodel.model.op.OpCatalogue;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.OpDef;

/** Resolves what a node runs: an op of TensorFlow, or a function of the graph's own library. */
final class Ops {
  private final OpCatalogue catalogue = OpCatalogue.get();
  private final Map<String, FunctionDef> functions;

  Ops(Map<String, FunctionDef> functions) {
    this.functions = functions;
  }

  Optional<OpDef> find(String op) {
    FunctionDef function = functions.get(op);
    return function == null ? catalogue.find(op) : Optional.of(function.getSignature());
  }

  /** The function of the library under a name. */
  Optional<FunctionDef> function(String name) {
    return Optional.ofNullable(functions.get(name));
  }
}
