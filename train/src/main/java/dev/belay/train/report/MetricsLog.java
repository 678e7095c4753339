package dev.belay.train.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.train.event.RunEvent;
import dev.belay.train.event.VariableNorm;
import dev.belay.train.event.WorkerTime;
import dev.belay.train.failure.DiskFailure;
import dev.belay.train.norm.LayerNorms;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/**
 * metrics.jsonl: one JSON object a line, flushed as written.
 *
 * <p>Losses and norms have 9 significant digits, enough to read back the same float. What is not
 * finite is written as the string "NaN", "Infinity" or "-Infinity". Close it to close the file.
 */
public final class MetricsLog implements Consumer<RunEvent>, AutoCloseable {
  private static final MathContext NINE_DIGITS = new MathContext(9);
  private static final MathContext SIX_DIGITS = new MathContext(6);

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The end of a file, in which the last step is looked for. */
  private static final int TAIL_BYTES = 1 << 20;

  private final Path file;
  private final FileChannel channel;
  private final int loggingSteps;
  private boolean resumed;

  private MetricsLog(Path file, FileChannel channel, int loggingSteps) {
    this.file = file;
    this.channel = channel;
    this.loggingSteps = loggingSteps;
  }

  /**
   * Creates a file, or appends to one.
   *
   * @param loggingSteps train events are written every so many steps
   */
  public static MetricsLog open(Path file, int loggingSteps) {
    try {
      return new MetricsLog(
          file,
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND),
          loggingSteps);
    } catch (IOException e) {
      throw DiskFailure.writing(file, 0, e);
    }
  }

  /**
   * Drops the lines of later steps, and one that a killed process left unfinished: the steps come
   * again, and with them their lines.
   *
   * @param step the last one whose lines stay
   */
  public static void cutAfter(Path file, long step) throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    StringBuilder kept = new StringBuilder();
    for (String line : Files.readString(file).split("(?<=\n)")) {
      if (line.endsWith("\n") && stepOf(line) <= step) {
        kept.append(line);
      }
    }
    DurableFile.write(file, kept.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static long stepOf(String line) {
    try {
      return JSON.readTree(line).path(MetricsKey.STEP).asLong(0);
    } catch (JsonProcessingException e) {
      // Zeros, where the machine stopped before the bytes were on the disk.
      return Long.MAX_VALUE;
    }
  }

  /**
   * The last step in a file, of which a killed process may have left half a line; 0 without one.
   */
  public static long lastStep(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return 0;
    }
    long last = 0;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long begin = Math.max(0, channel.size() - TAIL_BYTES);
      ByteBuffer tail = ByteBuffer.allocate((int) (channel.size() - begin));
      channel.read(tail, begin);
      String text = new String(tail.array(), 0, tail.position(), StandardCharsets.UTF_8);
      for (String line : text.split("\n")) {
        long step = stepOf(line);
        last = step == Long.MAX_VALUE ? last : Math.max(last, step);
      }
    }
    return last;
  }

  @Override
  public void accept(RunEvent event) {
    if (event instanceof RunEvent.Trained trained && trained.step() % loggingSteps != 0) {
      return;
    }
    resumed |= event instanceof RunEvent.Resumed;
    if (resumed && event instanceof RunEvent.Started) {
      return;
    }
    ObjectNode object = line(event);
    if (object.isEmpty()) {
      return;
    }
    String line = object + "\n";
    try {
      ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw DiskFailure.writing(file, line.length(), e);
    }
  }

  /** Brings what was written to the disk. */
  public void force() {
    try {
      channel.force(false);
    } catch (IOException e) {
      throw DiskFailure.writing(file, 0, e);
    }
  }

  /** Empty for events that are only for people. */
  private ObjectNode line(RunEvent event) {
    ObjectNode line = JSON.createObjectNode();
    if (event instanceof RunEvent.Started started) {
      line.put(MetricsKey.EVENT, MetricsKey.START);
      line.put(MetricsKey.TOTAL_STEPS, started.totalSteps());
      line.put("steps_per_epoch", started.stepsPerEpoch());
      line.put("train_examples", started.trainExamples());
      line.put("trainable_parameters", started.trainableParameters());
    } else if (event instanceof RunEvent.Trained trained) {
      putTrained(line, trained);
    } else if (event instanceof RunEvent.NormsMeasured measured) {
      line.put(MetricsKey.EVENT, MetricsKey.NORMS).put(MetricsKey.STEP, measured.step());
      putNorms(line.putObject(MetricsKey.LAYERS), LayerNorms.of(measured.variables()));
      putNorms(line.putObject("variables"), measured.variables());
    } else if (event instanceof RunEvent.WorkersMeasured measured) {
      line.put(MetricsKey.EVENT, "workers").put(MetricsKey.STEP, measured.step());
      putTimes(line, "data_ms", measured, WorkerTime::dataMillis);
      putTimes(line, "compute_ms", measured, WorkerTime::computeMillis);
      putTimes(line, "wait_ms", measured, WorkerTime::waitMillis);
    } else if (event instanceof RunEvent.Skipped skipped) {
      line.put(MetricsKey.EVENT, "skipped").put(MetricsKey.STEP, skipped.step());
      line.put("reason", skipped.reason().name().toLowerCase(Locale.ROOT));
      put(line, "loss_scale", skipped.lossScale(), NINE_DIGITS);
    } else if (event instanceof RunEvent.RolledBack rolledBack) {
      line.put(MetricsKey.EVENT, "rollback").put(MetricsKey.STEP, rolledBack.step());
      line.put("to_step", rolledBack.toStep());
    } else if (event instanceof RunEvent.Evaluated evaluated) {
      line.put(MetricsKey.EVENT, MetricsKey.EVALUATION).put(MetricsKey.STEP, evaluated.step());
      evaluated.metrics().forEach((name, value) -> put(line, name, value, NINE_DIGITS));
      line.put(MetricsKey.EXAMPLES, evaluated.examples());
      put(line, MetricsKey.SECONDS, evaluated.seconds(), SIX_DIGITS);
    } else if (event instanceof RunEvent.Saved saved) {
      line.put(MetricsKey.EVENT, "checkpoint").put(MetricsKey.STEP, saved.step());
      line.put("path", saved.directory().toString());
      put(line, MetricsKey.SECONDS, saved.seconds(), SIX_DIGITS);
      put(line, "stall_seconds", saved.stallSeconds(), SIX_DIGITS);
      line.put("bytes", saved.bytes());
    } else if (event instanceof RunEvent.Resumed goingOn) {
      line.put(MetricsKey.EVENT, "resume").put(MetricsKey.STEP, goingOn.step());
      line.put("path", goingOn.checkpoint().toString());
    } else if (event instanceof RunEvent.Exported exported) {
      line.put(MetricsKey.EVENT, "export").put(MetricsKey.STEP, exported.step());
      line.put("path", exported.directory().toString());
    } else if (event instanceof RunEvent.Done done) {
      line.put(MetricsKey.EVENT, MetricsKey.DONE).put(MetricsKey.STEP, done.step());
      put(line, MetricsKey.SECONDS, done.seconds(), SIX_DIGITS);
      put(line, "clipped_fraction", done.clippedFraction(), NINE_DIGITS);
      ObjectNode percentiles = line.putObject("grad_norm_percentiles");
      done.gradNormPercentiles()
          .forEach((name, value) -> put(percentiles, name, value, NINE_DIGITS));
      ObjectNode metrics = line.putObject("metrics");
      done.bestMetrics().forEach((name, value) -> put(metrics, name, value, NINE_DIGITS));
    }
    return line;
  }

  private static void putTrained(ObjectNode line, RunEvent.Trained trained) {
    line.put(MetricsKey.EVENT, MetricsKey.TRAIN).put(MetricsKey.STEP, trained.step());
    put(line, "epoch", trained.epoch(), SIX_DIGITS);
    put(line, MetricsKey.LOSS, trained.loss(), NINE_DIGITS);
    put(line, MetricsKey.GRAD_NORM, trained.gradNorm(), NINE_DIGITS);
    put(line, MetricsKey.GRAD_NORM_CLIPPED, trained.gradNormClipped(), NINE_DIGITS);
    put(line, MetricsKey.CLIP_SCALE, trained.clipScale(), NINE_DIGITS);
    line.put(MetricsKey.CLIPPED, trained.clipped());
    put(line, MetricsKey.LEARNING_RATE, trained.learningRate(), NINE_DIGITS);
    line.put(MetricsKey.EXAMPLES, trained.examples());
    line.put("tokens", trained.tokens());
    put(line, "step_ms", trained.stepMillis(), SIX_DIGITS);
    put(line, "data_wait_ms", trained.dataWaitMillis(), SIX_DIGITS);
    put(line, "session_ms", trained.sessionMillis(), SIX_DIGITS);
  }

  private static void putTimes(
      ObjectNode line,
      String name,
      RunEvent.WorkersMeasured measured,
      ToDoubleFunction<WorkerTime> time) {
    ArrayNode times = line.putArray(name);
    measured.workers().stream()
        .map(worker -> new BigDecimal(time.applyAsDouble(worker)).round(SIX_DIGITS))
        .forEach(times::add);
  }

  private static void putNorms(ObjectNode object, List<VariableNorm> norms) {
    for (VariableNorm norm : norms) {
      ObjectNode entry = object.putObject(norm.name());
      put(entry, MetricsKey.GRADIENT, norm.gradient(), SIX_DIGITS);
      put(entry, "weight", norm.weight(), SIX_DIGITS);
      put(entry, MetricsKey.UPDATE_RATIO, norm.updateRatio(), SIX_DIGITS);
    }
  }

  private static void put(ObjectNode line, String name, double value, MathContext digits) {
    if (Double.isFinite(value)) {
      line.put(name, new BigDecimal(value).round(digits).stripTrailingZeros());
    } else {
      line.put(name, Double.toString(value));
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
