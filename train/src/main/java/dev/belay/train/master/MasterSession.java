package dev.belay.train.master;

import com.google.protobuf.ByteString;
import dev.belay.train.step.FetchedTensors;
import dev.belay.train.step.GraphRun;
import dev.belay.train.step.GraphSession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.Tensor;
import org.tensorflow.proto.framework.ConfigProto;
import org.tensorflow.proto.framework.TensorProto;

/**
 * Owns a session of the TensorFlow server of this process, in which collective operations reach the
 * other workers; close it to free its graph.
 *
 * @param handle its name in the server
 * @param deadline how long a run may take, waiting for the other workers included
 */
public record MasterSession(MasterService service, String handle, Duration deadline)
    implements GraphSession {
  private static final Duration CLOSING = Duration.ofSeconds(5);

  /** Opens a session for the graph as it is now; what is added later does not exist in it. */
  public static MasterSession open(
      MasterService service, Graph graph, ConfigProto config, Duration deadline) {
    ByteString answer =
        service.call(
            "CreateSession", MasterMessages.createSession(graph.toGraphDef(), config), deadline);
    return new MasterSession(service, MasterMessages.sessionHandle(answer), deadline);
  }

  @Override
  public GraphRun runner() {
    return new MasterRun();
  }

  @Override
  public void close() {
    if (service.isAlone()) {
      return; // a server that closes a session after its peers are gone may never answer
    }
    try {
      service.call("CloseSession", MasterMessages.closeSession(handle), CLOSING);
    } catch (RuntimeException e) {
      // The process ends soon, and its server with it.
    }
  }

  private final class MasterRun implements GraphRun {
    private final Map<String, TensorProto> feeds = new LinkedHashMap<>();
    private final List<String> fetches = new ArrayList<>();
    private final List<String> targets = new ArrayList<>();

    @Override
    public GraphRun feed(Output<?> input, Tensor value) {
      feeds.put(name(input), TensorMessages.of(value));
      return this;
    }

    @Override
    public GraphRun fetch(Operand<?> output) {
      fetches.add(name(output.asOutput()));
      return this;
    }

    @Override
    public GraphRun addTarget(Operation operation) {
      targets.add(operation.name());
      return this;
    }

    private static String name(Output<?> tensor) {
      return tensor.op().name() + ":" + tensor.index();
    }

    @Override
    public FetchedTensors run() {
      long id = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
      ByteString request =
          MasterMessages.runStep(new MasterMessages.RunStep(handle, feeds, fetches, targets, id));
      MasterMessages.RunAnswer answer =
          MasterMessages.runAnswer(service.call("RunStep", request, deadline));
      if (answer.code() != 0) {
        throw WorkerFailures.of(answer.code(), answer.message());
      }
      List<Tensor> tensors = new ArrayList<>();
      try {
        for (String fetch : fetches) {
          tensors.add(TensorMessages.read(answer.tensors().get(fetch)));
        }
        return FetchedTensors.of(tensors);
      } catch (Throwable e) {
        tensors.forEach(Tensor::close);
        throw e;
      }
    }
  }
}
