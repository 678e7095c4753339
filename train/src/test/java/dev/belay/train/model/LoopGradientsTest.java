package dev.belay.train.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.gradient.Gradients;
import dev.belay.graph.gradient.NoGradientReport;
import dev.belay.graph.gradient.UntrainableModelException;
import dev.belay.graph.imported.Dropout;
import dev.belay.graph.imported.ImportOptions;
import dev.belay.graph.imported.ImportedForward;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.Npz;
import dev.belay.savedmodel.model.FlatGraph;
import dev.belay.savedmodel.model.GraphPolicy;
import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.SavedModelReader;
import dev.belay.savedmodel.model.inline.FunctionInliner;
import dev.belay.savedmodel.model.inline.InlineOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Gradients through the loops of SavedModels are those of TensorFlow Python: see make_loops.py. */
class LoopGradientsTest {
  private static final double TOLERANCE = 2e-5;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "counted",
        "no_iterations",
        "until_small",
        "nested",
        "mapped",
        "scanned",
        "arrays",
        "lstm",
        "lstm_masked",
        "lstm_fixed_length",
        "gru",
        "bidirectional",
        "cells",
        "bilstm_crf",
        "complex_numbers",
        "v1_lstm",
        "v1_bilstm",
        "v1_stacked",
        "v1_counted",
        "v1_no_iterations",
        "v1_nested",
        "v1_until_small",
        "v1_conditionals",
        "v1_loop_in_branch",
        "v1_accumulated",
        "v1_mapped",
        "v1_arrays",
        "v1_bilstm_crf"
      })
  void gradientsAreThoseOfPython(String name) throws IOException {
    Map<String, Npz.Array> goldens = Npz.read(Fixtures.path("loops", name, "io.npz"));
    JsonNode names = Fixtures.json(Fixtures.path("loops", name, "names.json"));
    try (Graph graph = new Graph()) {
      Imported imported = Imported.into(graph, name);
      ForwardModel forward = imported.forward();
      ForwardCall call = imported.call();
      Operand<TFloat32> loss = call.output("loss").expect(TFloat32.class);
      List<GraphVariable> variables = forward.variables().trainable();
      NoGradientReport.of(graph, loss, variables, forward.savedGradients(), forward.lostGradients())
          .requireEmpty();
      Gradients gradients =
          Gradients.of(
              Ops.create(graph).withSubScope("gradient"),
              loss,
              variables,
              forward.savedGradients(),
              variable -> false);
      assertEquals(names.size(), gradients.gradients().size());
      try (Session session = opened(graph, imported)) {
        Map<String, Tensor> feeds = feeds(call, goldens);
        for (String output : call.outputs().keySet()) {
          Npz.Array golden = goldens.get("out|" + output);
          if (call.output(output).dataType() == org.tensorflow.proto.framework.DataType.DT_FLOAT) {
            assertNear(golden.floats(), run(session, call, feeds, call.output(output)), output);
          }
        }
        for (Gradient gradient : gradients.gradients()) {
          String variable = gradient.variable().name();
          int index = indexOf(names, variable);
          assertNear(
              goldens.get("grad|" + index).floats(),
              run(session, call, feeds, gradient.value()),
              variable);
        }
        feeds.values().forEach(Tensor::close);
      }
    }
  }

  /**
   * A weight that reaches the loss through the complex state alone would lose that part, and a
   * frame of TensorFlow 1 that is no loop has no gradient in Python either.
   */
  @ParameterizedTest
  @CsvSource({
    "complex_state, complex numbers from one iteration to the next",
    "v1_single_pass, no loop as tf.while_loop makes them"
  })
  void whatHasNoGradientIsRefused(String name, String reason) throws IOException {
    try (Graph graph = new Graph()) {
      Imported imported = Imported.into(graph, name);
      ForwardModel forward = imported.forward();
      ForwardCall call = imported.call();
      NoGradientReport report =
          NoGradientReport.of(
              graph,
              call.output("loss").expect(TFloat32.class),
              forward.variables().trainable(),
              forward.savedGradients(),
              forward.lostGradients());
      String message =
          assertThrows(UntrainableModelException.class, report::requireEmpty).getMessage();
      assertTrue(message.contains(reason), message);
    }
  }

  /** The first signature of a fixture, in a graph. */
  private record Imported(SavedModelContents contents, FlatModel model, ForwardModel forward) {
    static Imported into(Graph graph, String name) throws IOException {
      SavedModelContents contents =
          SavedModelReader.read(Fixtures.path("loops", name, "saved_model"), GraphPolicy.strict());
      ModelFunction signature = contents.signatures().get(0);
      FlatGraph flat =
          FunctionInliner.inline(contents, List.of(signature), InlineOptions.defaults());
      FlatModel model = FlatModel.of(contents, flat);
      ForwardModel forward =
          ImportedForward.importInto(
              graph,
              model.forwardSpec(flat.functions(), flat.functions()),
              ImportOptions.of(Dropout.ON, 1));
      return new Imported(contents, model, forward);
    }

    ForwardCall call() {
      return forward.calls().values().iterator().next();
    }
  }

  private static int indexOf(JsonNode names, String name) {
    for (int i = 0; i < names.size(); i++) {
      if (names.get(i).textValue().equals(name)) {
        return i;
      }
    }
    throw new AssertionError(name + " is none of " + names);
  }

  private static Map<String, Tensor> feeds(ForwardCall call, Map<String, Npz.Array> goldens) {
    Map<String, Tensor> feeds = new HashMap<>();
    call.inputs()
        .keySet()
        .forEach(input -> feeds.put(input, FlatGraphRunner.tensor(goldens.get("in|" + input))));
    return feeds;
  }

  private static float[] run(
      Session session, ForwardCall call, Map<String, Tensor> feeds, Operand<?> fetch) {
    Session.Runner runner = session.runner();
    feeds.forEach((input, value) -> runner.feed(call.inputs().get(input), value));
    try (Result result = runner.fetch(fetch).run()) {
      return FlatGraphRunner.floats((TFloat32) result.get(0));
    }
  }

  private static Session opened(Graph graph, Imported imported) throws IOException {
    Session session = new Session(graph);
    Ops tf = Ops.create(graph).withSubScope("restore");
    Session.Runner runner = session.runner();
    List<Tensor> values = new ArrayList<>();
    for (FlatGraph.FlatVariable variable : imported.model().variables().values()) {
      Tensor value =
          FlatGraphRunner.tensor(
              variable.variable(), imported.contents().read(variable.variable()));
      values.add(value);
      Operand<TFloat32> placeholder = tf.placeholder(TFloat32.class);
      runner
          .feed(placeholder, value)
          .addTarget(
              tf.assignVariableOp(graph.operation(variable.handle()).output(0), placeholder));
    }
    runner.run();
    values.forEach(Tensor::close);
    return session;
  }

  private static void assertNear(float[] expected, float[] found, String what) {
    assertEquals(expected.length, found.length, what);
    double largest = 1e-3;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < expected.length; i++) {
      assertTrue(
          Math.abs(expected[i] - found[i]) <= TOLERANCE * largest,
          what + "[" + i + "]: expected " + expected[i] + ", found " + found[i]);
    }
  }
}
