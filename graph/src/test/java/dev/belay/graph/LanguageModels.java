package dev.belay.graph;

import dev.belay.graph.decoder.DecoderModel;
import dev.belay.graph.decoder.DecoderSpec;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.LayeredForward;
import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.seq2seq.Seq2SeqModel;
import dev.belay.graph.seq2seq.Seq2SeqSpec;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Variables;
import dev.belay.savedmodel.tensor.NamedTensors;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.Session;
import org.tensorflow.Tensor;

/** The small models of the fixtures that Belay builds itself, for tests. */
final class LanguageModels {
  static final LayeredForward.Options RESTORED =
      new LayeredForward.Options(
          new Parameters.Initialization(name -> false, 0.02, 1), variable -> true, false);

  static final DecoderSpec GPT2 =
      new DecoderSpec(
          new DecoderSpec.Sizes(256, 32, 2, 4, 128, 32),
          DecoderSpec.Scaling.BY_ROOT,
          DecoderSpec.Output.of(DecoderSpec.Words.TIED),
          Activation.GELU_TANH,
          1e-5,
          new DecoderSpec.Rates(0, 0, 0));

  static final Seq2SeqSpec T5 =
      new Seq2SeqSpec(
          new Seq2SeqSpec.Sizes(256, 32, 2, 2, 4, 8, 64),
          new Seq2SeqSpec.Relative(8, 20),
          Seq2SeqSpec.FeedForward.RELU,
          Seq2SeqSpec.Output.TIED,
          1e-6,
          0);

  private LanguageModels() {}

  /** The model of {@code gpt2_tiny} or {@code t5_tiny}. */
  static ForwardModel of(String fixture, Graph graph) {
    return fixture.equals("gpt2_tiny")
        ? DecoderModel.build(graph, GPT2, RESTORED)
        : Seq2SeqModel.build(graph, T5, RESTORED);
  }

  /** Gives variables the values of their names. */
  static void restore(Session session, Variables variables, NamedTensors weights)
      throws IOException {
    List<Tensor> fed = new ArrayList<>();
    Session.Runner runner = session.runner();
    for (GraphVariable variable : variables) {
      FloatBuffer values = weights.read(variable.name()).asFloatBuffer();
      float[] floats = new float[values.remaining()];
      values.get(floats);
      fed.add(TensorData.of(variable.spec().shape(), floats));
      runner.feed(variable.newValue(), fed.get(fed.size() - 1)).addTarget(variable.assign());
    }
    runner.run().close();
    fed.forEach(Tensor::close);
  }
}
