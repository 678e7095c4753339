import dev.belay.train.Predictor;
import dev.belay.train.PredictorOptions;
import dev.belay.train.tokenize.TextTokenizer;
import dev.belay.train.tokenize.TokenizerFinder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.proto.framework.TensorInfo;
import org.tensorflow.types.TInt32;

/**
 * Warm latency of a Predictor about one text, against a bare session run of the same SavedModel on
 * tensors that are there already; then texts a second from eight threads.
 *
 * <pre>
 * ./belay --version                                 # builds Belay
 * program=tools/target/launcher/program
 * java -cp "$program/belay.jar:$program/lib/*" tools/src/bench/PredictorLatency.java EXPORT
 * </pre>
 *
 * EXPORT is a SavedModel with its tokenizer, such as RUN/export/1. The environment is that of the
 * launcher (docs/java.md). Each figure is the median of rounds that take turns.
 */
public final class PredictorLatency {
  private static final int ROUNDS = 7;
  private static final int CALLS = 100;

  private PredictorLatency() {}

  public static void main(String[] arguments) throws Exception {
    Path export = Path.of(arguments[0]);
    try (SavedModelBundle bundle = SavedModelBundle.load(export.toString(), "serve");
        Predictor predictor = Predictor.load(export, PredictorOptions.defaults());
        TextTokenizer tokenizer =
            TextTokenizer.open(TokenizerFinder.near(export).orElseThrow(), 128, Optional.empty())) {
      System.out.println("tokens  bare ms  predictor ms  ratio");
      for (int words : new int[] {6, 30, 126}) {
        String text = String.join(" ", Collections.nCopies(words, "a"));
        int[] ids = tokenizer.encode(text).inputIds();
        Map<String, Tensor> inputs = inputs(bundle, ids);
        Runnable bare = () -> run(bundle, inputs);
        Runnable asked = () -> predictor.predict(text);
        double[][] times = new double[2][ROUNDS];
        for (int round = -2; round < ROUNDS; round++) {
          double first = milliseconds(bare);
          double second = milliseconds(asked);
          if (round >= 0) {
            times[0][round] = first;
            times[1][round] = second;
          }
        }
        double session = median(times[0]);
        double whole = median(times[1]);
        System.out.printf(
            "%6d  %7.3f  %12.3f  %5.2f%n", ids.length, session, whole, whole / session);
        inputs.values().forEach(Tensor::close);
      }
      throughput(predictor);
    }
  }

  /** The columns of one text; a model pads to a multiple of eight only where texts differ. */
  private static Map<String, Tensor> inputs(SavedModelBundle bundle, int[] ids) {
    Map<String, Tensor> inputs = new HashMap<>();
    for (String name : bundle.function("serving_default").signature().inputNames()) {
      int[] row = new int[ids.length];
      if (name.contains("mask")) {
        Arrays.fill(row, 1);
      } else if (!name.contains("type")) {
        System.arraycopy(ids, 0, row, 0, ids.length);
      }
      inputs.put(name, TInt32.tensorOf(StdArrays.ndCopyOf(new int[][] {row})));
    }
    return inputs;
  }

  private static void run(SavedModelBundle bundle, Map<String, Tensor> inputs) {
    var signature = bundle.metaGraphDef().getSignatureDefMap().get("serving_default");
    Session.Runner runner = bundle.session().runner();
    inputs.forEach(
        (name, tensor) -> runner.feed(signature.getInputsOrThrow(name).getName(), tensor));
    for (TensorInfo output : signature.getOutputsMap().values()) {
      runner.fetch(output.getName());
    }
    try (Result result = runner.run()) {
      result.get(0).numBytes();
    }
  }

  private static double milliseconds(Runnable call) {
    long begin = System.nanoTime();
    for (int i = 0; i < CALLS; i++) {
      call.run();
    }
    return (System.nanoTime() - begin) / 1e6 / CALLS;
  }

  private static double median(double[] times) {
    double[] sorted = times.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static void throughput(Predictor predictor) throws Exception {
    List<String> texts =
        IntStream.range(0, 2000)
            .mapToObj(i -> String.join(" ", Collections.nCopies(1 + i * 7 % 60, "a")))
            .toList();
    long begin = System.nanoTime();
    predictor.predict(texts);
    double together = texts.size() * 1e9 / (System.nanoTime() - begin);
    ExecutorService threads = Executors.newFixedThreadPool(8);
    begin = System.nanoTime();
    List<Callable<Object>> calls = new ArrayList<>();
    texts.forEach(text -> calls.add(() -> predictor.predict(text)));
    for (Future<Object> answer : threads.invokeAll(calls)) {
      answer.get();
    }
    double alone = texts.size() * 1e9 / (System.nanoTime() - begin);
    threads.shutdown();
    System.out.printf(
        "texts a second: %.0f in one call, %.0f one by one from 8 threads%n", together, alone);
  }
}
