package dev.belay.train.report;

import com.google.protobuf.ByteString;
import dev.belay.savedmodel.record.EventFile;
import dev.belay.train.event.RunEvent;
import dev.belay.train.event.VariableNorm;
import dev.belay.train.norm.LayerNorms;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.Summary;
import org.tensorflow.proto.framework.SummaryMetadata;
import org.tensorflow.proto.framework.TensorProto;
import org.tensorflow.proto.framework.TensorShapeProto;
import org.tensorflow.proto.util.Event;

/**
 * TensorBoard's event files, {@code train} and {@code validation} under one directory, as
 * tf.summary of TensorFlow 2 writes them: tensors with the metadata of the scalars or the
 * histograms plugin.
 *
 * <p>Close it to close the files.
 */
public final class TensorBoardLog implements Consumer<RunEvent>, AutoCloseable {
  /** The folder of events of the training data. */
  private static final String TRAIN = "train";

  /** The folder of events of the validation data. */
  public static final String VALIDATION = "validation";

  private static final SummaryMetadata SCALAR = plugin("scalars");
  private static final SummaryMetadata HISTOGRAM = plugin("histograms");

  private final EventWriter train;
  private final EventWriter validation;

  /** Opens new files in a directory, which is made; earlier ones of the run stay beside them. */
  public TensorBoardLog(Path directory) throws IOException {
    this.train = new EventWriter(directory.resolve(TRAIN));
    this.validation = new EventWriter(directory.resolve(VALIDATION));
  }

  private static SummaryMetadata plugin(String name) {
    return SummaryMetadata.newBuilder()
        .setPluginData(
            SummaryMetadata.PluginData.newBuilder()
                .setPluginName(name)
                .setContent(ByteString.EMPTY))
        .build();
  }

  /**
   * Drops the events of later steps: they come again.
   *
   * @param step the last one whose events stay
   */
  public static void cutAfter(Path directory, long step) throws IOException {
    for (String part : List.of(TRAIN, VALIDATION)) {
      for (Path file : EventWriter.files(directory.resolve(part))) {
        EventFile.cutAfter(file, step);
      }
    }
  }

  @Override
  public void accept(RunEvent event) {
    if (event instanceof RunEvent.Trained trained) {
      scalars(
          train,
          trained.step(),
          Map.of(
              "loss", (double) trained.loss(),
              "gradient/norm", (double) trained.gradNorm(),
              "gradient/norm_clipped", (double) trained.gradNormClipped(),
              "gradient/clip_scale", (double) trained.clipScale(),
              "learning_rate", trained.learningRate(),
              "examples_per_second", trained.examples() * 1000.0 / trained.stepMillis()));
    } else if (event instanceof RunEvent.NormsMeasured measured) {
      norms(measured);
    } else if (event instanceof RunEvent.Evaluated evaluated) {
      scalars(validation, evaluated.step(), evaluated.metrics());
    }
  }

  /** Curves for each layer, and how the norms of all variables are spread. */
  private void norms(RunEvent.NormsMeasured measured) {
    Map<String, Double> layers = new LinkedHashMap<>();
    for (VariableNorm layer : LayerNorms.of(measured.variables())) {
      layers.put("gradient_norm/" + layer.name(), (double) layer.gradient());
      layers.put("weight_norm/" + layer.name(), (double) layer.weight());
      layers.put("update_ratio/" + layer.name(), layer.updateRatio());
    }
    scalars(train, measured.step(), layers);
    Summary.Builder spread = Summary.newBuilder();
    spread(spread, "variables/gradient_norm", measured, VariableNorm::gradient);
    spread(spread, "variables/weight_norm", measured, VariableNorm::weight);
    spread(spread, "variables/update_ratio", measured, VariableNorm::updateRatio);
    train.write(Event.newBuilder().setStep(measured.step()).setSummary(spread));
  }

  private static void spread(
      Summary.Builder summary,
      String tag,
      RunEvent.NormsMeasured measured,
      ToDoubleFunction<VariableNorm> value) {
    double[] values = measured.variables().stream().mapToDouble(value).toArray();
    summary.addValue(
        Summary.Value.newBuilder()
            .setTag(tag)
            .setMetadata(HISTOGRAM)
            .setTensor(Histogram.of(values)));
  }

  private static void scalars(EventWriter writer, long step, Map<String, Double> values) {
    Summary.Builder summary = Summary.newBuilder();
    values.forEach(
        (tag, value) ->
            summary.addValue(
                Summary.Value.newBuilder()
                    .setTag(tag)
                    .setMetadata(SCALAR)
                    .setTensor(
                        TensorProto.newBuilder()
                            .setDtype(DataType.DT_FLOAT)
                            .setTensorShape(TensorShapeProto.getDefaultInstance())
                            .addFloatVal(value.floatValue()))));
    writer.write(Event.newBuilder().setStep(step).setSummary(summary));
  }

  @Override
  public void close() throws IOException {
    try (train) {
      validation.close();
    }
  }
}
