package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.graph.TrainStep;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.savedmodel.PythonInterop;
import dev.belay.train.cluster.Cluster;
import dev.belay.train.cluster.Workers;
import dev.belay.train.config.OptimizerConfig;
import dev.belay.train.config.ResumeConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.data.batch.BatchPosition;
import dev.belay.train.data.batch.UpdateBatch;
import dev.belay.train.dataset.DatasetLoader;
import dev.belay.train.dataset.TrainingData;
import dev.belay.train.event.StopRequest;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.session.TrainingSession;
import dev.belay.train.step.VariableSnapshot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.Operation;
import org.tensorflow.Output;

/** TensorFlow in Python, as the second worker of a training, gets the weights of Belay's first. */
@Timeout(240)
class PythonWorkerTest {
  private static final int STEPS = 5;
  private static final int ROWS = 2;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path directory;

  @Test
  void pythonMakesTheSameUpdates() throws Exception {
    PythonInterop.python();
    TrainConfig config = config();
    List<WorkerThreads.Callback<JsonNode>> workers = new ArrayList<>();
    workers.add(() -> train(config));
    String hosts = String.join(",", config.cluster().hosts());
    Path script = PythonInterop.script("train_as_worker.py");
    workers.add(() -> PythonInterop.run(script, hosts, directory));
    List<JsonNode> weights = WorkerThreads.inThreads(workers);
    assertEquals(weights.get(0), weights.get(1));
  }

  private TrainConfig config() throws IOException {
    TrainConfig plain =
        SmallRun.Setting.of(directory)
            .config(directory.resolve("unused"), ROWS, ResumeConfig.defaults())
            .toBuilder()
            .option("dropout", false)
            .option("worker-timeout", 120)
            .optimizer(OptimizerConfig.Kind.ADAMW)
            .maxGradNorm(0.001)
            .build();
    return WorkerThreads.configs(plain, 2).get(0).toBuilder().option("worker-timeout", 120).build();
  }

  private JsonNode train(TrainConfig config) throws Exception {
    Cluster cluster = Cluster.of(config.cluster(), Map.of()).orElseThrow();
    TrainableModel read = TrainableModel.forTraining(config.model());
    try (Workers workers = Workers.join(cluster, config, new StopRequest());
        DatasetLoader data =
            new DatasetLoader(config.data(), read, read.inputs(config.model().inputs(), true))) {
      TrainableModel model = read.decided();
      try (ModelGraph graph = model.graph(config.model(), config.machine().seed())) {
        TrainingData datasets = TrainingData.read(config.data(), data, model, graph.task());
        try (TrainingSession.Training training =
            TrainingSession.training(config, model, graph, datasets.outputs(), workers)) {
          Iterator<Batch> batches = datasets.batches(config).from(BatchPosition.START);
          List<Batch> whole = new ArrayList<>();
          while (whole.size() < STEPS) {
            whole.add(batches.next());
          }
          Files.write(directory.resolve("graph.pb"), graph.graph().toGraphDef().toByteArray());
          JSON.writeValue(directory.resolve("worker.json").toFile(), about(training, whole));
          Files.createFile(directory.resolve("ready"));
          for (int step = 1; step <= STEPS; step++) {
            training
                .runner()
                .train(
                    new UpdateBatch(List.of(whole.get(step - 1))),
                    rate(step),
                    step,
                    Double.POSITIVE_INFINITY);
          }
          JsonNode weights = weights(training);
          while (!Files.exists(directory.resolve("done"))) {
            Thread.sleep(50);
          }
          return weights;
        }
      }
    } finally {
      Files.createFile(directory.resolve("over"));
    }
  }

  private static float rate(int step) {
    return 0.01f / step;
  }

  /** What the second worker needs to know: names of the graph, first values, and its feeds. */
  private static ObjectNode about(TrainingSession.Training training, List<Batch> whole)
      throws IOException {
    TrainStep step = training.step();
    ObjectNode about = JSON.createObjectNode().put("apply", step.apply().name());
    ArrayNode initializers = about.putArray("initializers");
    step.initializers().stream().map(Operation::name).forEach(initializers::add);
    ObjectNode first = about.putObject("weights");
    ArrayNode assigns = about.putArray("assigns");
    ObjectNode values = about.putObject("values");
    try (VariableSnapshot snapshot = training.runner().snapshotWeights()) {
      for (GraphVariable variable : training.runner().weights()) {
        ByteBuffer bytes = snapshot.read(variable.name());
        float[] floats = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(floats);
        put(first, variable.newValue(), variable.spec().shape().asArray(), floats);
        assigns.add(variable.assign().name());
        values.put(variable.name(), name(variable.value()));
      }
    }
    ArrayNode steps = about.putArray("steps");
    for (int i = 0; i < whole.size(); i++) {
      putStep(steps.addObject(), step, whole.get(i), i + 1);
    }
    return about;
  }

  /** The second half of the batch; one with a single row is done by both, and weighs twice. */
  private static void putStep(ObjectNode feeds, TrainStep step, Batch batch, int number) {
    BatchColumn labels = batch.labels().orElseThrow();
    int rows = labels.rows();
    int begin = rows == ROWS ? 1 : 0;
    step.feeds()
        .inputs()
        .forEach((name, input) -> put(feeds, input, batch.features().get(name), begin, rows));
    put(feeds, step.feeds().labels(), labels, begin, rows);
    put(feeds, step.feeds().learningRate().asOutput(), new long[0], rate(number));
    put(feeds, step.feeds().step().asOutput(), new long[0], number);
    put(feeds, step.measures().weight().asOutput(), new long[0], 2);
  }

  private static void put(
      ObjectNode feeds, Output<?> input, BatchColumn column, int begin, int end) {
    BatchColumn.IntMatrix values = (BatchColumn.IntMatrix) column.slice(begin, end);
    boolean flat = input.shape().numDimensions() == 1;
    long[] shape = flat ? new long[] {end - begin} : new long[] {end - begin, values.columns()};
    ObjectNode feed = feeds.putObject(name(input));
    feed.set("shape", JSON.valueToTree(shape));
    feed.set("values", JSON.valueToTree(values.values()));
  }

  private static void put(ObjectNode feeds, Output<?> input, long[] shape, float... values) {
    ObjectNode feed = feeds.putObject(name(input));
    feed.set("shape", JSON.valueToTree(shape));
    feed.set("values", JSON.valueToTree(values));
  }

  private static String name(Output<?> tensor) {
    return tensor.op().name() + ":" + tensor.index();
  }

  private static JsonNode weights(TrainingSession.Training training) throws IOException {
    ObjectNode weights = JSON.createObjectNode();
    try (VariableSnapshot snapshot = training.runner().snapshotWeights()) {
      for (String name : snapshot.names()) {
        byte[] bytes = new byte[snapshot.read(name).remaining()];
        snapshot.read(name).get(bytes);
        weights.put(name, HexFormat.of().formatHex(bytes));
      }
    }
    return weights;
  }
}
