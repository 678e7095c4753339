package dev.belay.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.decoder.DecoderModel;
import dev.belay.graph.decoder.DecoderSpec;
import dev.belay.graph.encoder.DisentangledEncoderSpec;
import dev.belay.graph.encoder.EncoderModel;
import dev.belay.graph.encoder.EncoderNames;
import dev.belay.graph.encoder.EncoderSpec;
import dev.belay.graph.encoder.Pooling;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.LayeredForward;
import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.seq2seq.Seq2SeqForm;
import dev.belay.graph.seq2seq.Seq2SeqModel;
import dev.belay.graph.seq2seq.Seq2SeqSpec;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.tensorflow.Graph;
import org.tensorflow.proto.framework.NodeDef;

/** A model that Belay builds holds no node that nothing comes of. */
class NoDeadNodesTest {
  private static final Parameters.Initialization FRESH =
      new Parameters.Initialization(name -> true, 0.02, 1);
  private static final LayeredForward.Options OPTIONS =
      new LayeredForward.Options(FRESH, variable -> true, true);

  @ParameterizedTest
  @EnumSource
  void encoder(Pooling reading) {
    EncoderSpec spec =
        new EncoderSpec(
            EncoderNames.BERT,
            new EncoderSpec.Sizes(7, 6, 6, 2, 2, 8, 8, 2),
            new EncoderSpec.Sharing(2, 1),
            false,
            EncoderSpec.Positions.ADDED,
            false,
            Activation.GELU,
            1e-6,
            new EncoderSpec.Rates(0.1, 0.1, 0.1, 0.1));
    check(
        graph ->
            EncoderModel.build(
                graph, spec, new EncoderModel.Options(FRESH, variable -> true, true, reading)));
  }

  @ParameterizedTest
  @EnumSource
  void encoderOfRotaryPositions(Pooling reading) {
    check(
        graph ->
            EncoderModel.build(
                graph,
                SmallRotaryEncoder.spec(7, 8, true),
                new EncoderModel.Options(FRESH, variable -> true, true, reading)));
  }

  @ParameterizedTest
  @CsvSource({
    "FIRST_TOKEN, JOINT, false",
    "ALL_TOKENS, APART, false",
    "FIRST_TOKEN, SHARED, true",
    "ALL_TOKENS, SHARED, true"
  })
  void disentangledEncoder(
      Pooling reading, DisentangledEncoderSpec.Layers layers, boolean convolves) {
    check(
        graph ->
            EncoderModel.build(
                graph,
                SmallDisentangledEncoder.spec(7, 8, layers, convolves),
                new EncoderModel.Options(FRESH, variable -> true, true, reading)));
  }

  @ParameterizedTest
  @CsvSource({"TIED", "OWN", ","})
  void decoder(DecoderSpec.Words words) {
    DecoderSpec spec =
        new DecoderSpec(
            new DecoderSpec.Sizes(7, 6, 2, 2, 8, 8),
            DecoderSpec.Scaling.BY_ROOT,
            new DecoderSpec.Output(Optional.ofNullable(words), OptionalInt.of(1)),
            Activation.GELU_TANH,
            1e-5,
            new DecoderSpec.Rates(0.1, 0.1, 0.1));
    check(graph -> DecoderModel.build(graph, spec, OPTIONS));
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void encoderWithDecoder(boolean tied) {
    Seq2SeqSpec spec =
        new Seq2SeqSpec(
            new Seq2SeqSpec.Sizes(7, 6, 1, 2, 2, 4, 8),
            new Seq2SeqSpec.Relative(4, 3),
            tied ? Seq2SeqSpec.FeedForward.RELU : Seq2SeqSpec.FeedForward.GATED_GELU,
            tied ? Seq2SeqSpec.Output.TIED : Seq2SeqSpec.Output.OWN,
            1e-6,
            0.1);
    check(graph -> Seq2SeqModel.build(graph, spec, OPTIONS));
  }

  @Test
  void bart() {
    for (Seq2SeqForm form : List.of(Seq2SeqForm.BART, Seq2SeqForm.MBART)) {
      Seq2SeqSpec spec =
          new Seq2SeqSpec(
              form,
              new Seq2SeqSpec.Sizes(7, 6, 1, 2, 2, 3, 8),
              new Seq2SeqSpec.Learned(12, 2),
              new Seq2SeqSpec.Words(2, OptionalInt.of(1)),
              new Seq2SeqSpec.FeedForward(Activation.GELU, false),
              new Seq2SeqSpec.Output(true, false, true),
              1e-5,
              new Seq2SeqSpec.Rates(0.1, 0.1, 0.1, 0));
      check(graph -> Seq2SeqModel.build(graph, spec, OPTIONS));
    }
  }

  private static void check(Function<Graph, ForwardModel> build) {
    try (Graph graph = new Graph()) {
      ForwardModel model = build.apply(graph);
      Set<String> wanted = new TreeSet<>();
      model
          .calls()
          .values()
          .forEach(
              call -> {
                call.inputs().values().forEach(input -> wanted.add(input.op().name()));
                call.outputs().values().forEach(output -> wanted.add(output.op().name()));
              });
      model.step().ifPresent(step -> wanted.add(step.op().name()));
      model.variables().forEach(variable -> wanted.add(variable.assign().name()));
      model.initializers().forEach(initializer -> wanted.add(initializer.name()));
      assertEquals(Set.of(), unreached(graph, wanted));
    }
  }

  private static Set<String> unreached(Graph graph, Set<String> wanted) {
    Map<String, NodeDef> nodes = new HashMap<>();
    graph.toGraphDef().getNodeList().forEach(node -> nodes.put(node.getName(), node));
    assertTrue(nodes.size() > 100, "hardly any node was read");
    Set<String> unreached = new TreeSet<>(nodes.keySet());
    Deque<String> open = new ArrayDeque<>(wanted);
    while (!open.isEmpty()) {
      String name = open.pop();
      if (unreached.remove(name)) {
        for (String input : nodes.get(name).getInputList()) {
          open.push(input.replaceFirst("^\\^", "").replaceFirst(":\\d+$", ""));
        }
      }
    }
    return unreached;
  }
}
