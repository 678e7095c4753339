package dev.belay.graph;

import dev.belay.graph.imported.ForwardSpec;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.graph.variable.Variables;
import dev.belay.savedmodel.model.FlatGraph;
import dev.belay.savedmodel.model.GraphPolicy;
import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.SavedModelReader;
import dev.belay.savedmodel.model.inline.FunctionInliner;
import dev.belay.savedmodel.model.inline.InlineOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TType;

/** A SavedModel of the fixtures as the graph's own input, for tests. */
final class FixtureModel {
  private final SavedModelContents contents;
  private final FlatGraph flat;

  private FixtureModel(SavedModelContents contents, FlatGraph flat) {
    this.contents = contents;
    this.flat = flat;
  }

  /** A signature by its path. */
  static FixtureModel signature(Path folder, String path) throws IOException {
    return read(folder, function -> function.path().equals(path));
  }

  /** The call with that value of its training argument. */
  static FixtureModel call(Path folder, boolean training) throws IOException {
    return read(
        folder,
        function -> !function.isSignature() && function.training().equals(Optional.of(training)));
  }

  ForwardSpec spec() {
    List<ForwardSpec.Call> calls = new ArrayList<>();
    for (FlatGraph.FlatFunction function : flat.functions()) {
      calls.add(
          new ForwardSpec.Call(
              "call",
              named(function.inputs()),
              named(function.outputs()),
              function.updates(),
              true));
    }
    return new ForwardSpec(
        flat.graphDef(),
        calls,
        flat.variables().stream()
            .map(v -> new ForwardSpec.BoundVariable(spec(v.variable()), v.handle()))
            .toList(),
        flat.initializers(),
        flat.customGradients().stream()
            .map(
                c ->
                    new ForwardSpec.CustomGradient(
                        c.node(), c.results(), c.function(), c.arguments(), c.captures()))
            .toList(),
        flat.missingCustomGradients().stream()
            .map(m -> new ForwardSpec.MissingCustomGradient(m.node(), m.gradient()))
            .toList());
  }

  /** Gives every variable its value from the checkpoint. */
  void restore(Session session, Variables variables) throws IOException {
    Map<String, ModelVariable> byName = new LinkedHashMap<>();
    flat.variables().forEach(v -> byName.put(name(v.variable()), v.variable()));
    List<Tensor> values = new ArrayList<>();
    Session.Runner runner = session.runner();
    for (GraphVariable variable : variables) {
      ByteBuffer bytes = contents.read(byName.get(variable.name()));
      byte[] copied = new byte[bytes.remaining()];
      bytes.get(copied);
      Tensor value =
          Tensor.of(type(variable.spec()), variable.spec().shape(), DataBuffers.of(copied));
      values.add(value);
      runner.feed(variable.newValue(), value).addTarget(variable.assign());
    }
    runner.run();
    values.forEach(Tensor::close);
  }

  private interface Choice {
    boolean takes(ModelFunction function);
  }

  private static FixtureModel read(Path folder, Choice choice) throws IOException {
    SavedModelContents contents = SavedModelReader.read(folder, GraphPolicy.strict());
    ModelFunction function =
        contents.callables().stream().filter(choice::takes).findFirst().orElseThrow();
    return new FixtureModel(
        contents, FunctionInliner.inline(contents, List.of(function), InlineOptions.defaults()));
  }

  private static List<ForwardSpec.NamedTensor> named(List<FlatGraph.FlatTensor> tensors) {
    return tensors.stream().map(t -> new ForwardSpec.NamedTensor(t.name(), t.tensor())).toList();
  }

  private static VariableSpec spec(ModelVariable variable) {
    return new VariableSpec(
        name(variable), variable.dtype(), variable.shape(), variable.trainable());
  }

  private static String name(ModelVariable variable) {
    return variable.name();
  }

  private static Class<? extends TType> type(VariableSpec spec) {
    return switch (spec.dtype()) {
      case DT_FLOAT -> TFloat32.class;
      case DT_INT32 -> TInt32.class;
      case DT_INT64 -> TInt64.class;
      case DT_BOOL -> TBool.class;
      default -> throw new IllegalArgumentException("no fixture has a " + spec.dtype());
    };
  }
}
