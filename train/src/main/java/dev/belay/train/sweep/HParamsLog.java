package dev.belay.train.sweep;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Value;
import dev.belay.train.config.SweepConfig;
import dev.belay.train.metrics.Metrics;
import dev.belay.train.report.EventWriter;
import dev.belay.train.report.TensorBoardLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.Summary;
import org.tensorflow.proto.framework.SummaryMetadata;
import org.tensorflow.proto.framework.TensorProto;
import org.tensorflow.proto.framework.TensorShapeProto;
import org.tensorflow.proto.util.Event;

/**
 * Writer of summaries for TensorBoard's HParams page: one experiment, in which every arm is a group
 * and every seed a session of it. The messages are those of
 * tensorboard/plugins/hparams/plugin_data.proto and api.proto, encoded here because TensorFlow does
 * not ship them.
 */
final class HParamsLog {
  private static final String PREFIX = "_hparams_/";

  /** Field numbers of HParamsPluginData. */
  private static final int EXPERIMENT = 2;

  private static final int SESSION_START = 3;
  private static final int SESSION_END = 4;

  /** Values of api.Status. */
  private static final int SUCCESS = 1;

  private static final int FAILURE = 2;

  private HParamsLog() {}

  /** Fields of a message. */
  private interface Fields {
    void writeTo(CodedOutputStream out) throws IOException;
  }

  /** Declares the experiment: what is varied and what is measured. */
  static void writeExperiment(SweepDirectory directory, SweepConfig sweep, String metric)
      throws IOException {
    List<String> parameters = List.copyOf(parameters(Arm.of(sweep).get(0), sweep).keySet());
    byte[] experiment =
        message(
            out -> {
              for (String parameter : parameters) {
                out.writeByteArray(4, message(info -> info.writeString(1, parameter)));
              }
              for (String tag :
                  Stream.of(metric, Metrics.LOSS).distinct().collect(Collectors.toList())) {
                out.writeByteArray(5, metricInfo(tag));
              }
              out.writeString(6, "belay sweep");
            });
    try (EventWriter file = new EventWriter(directory.tensorboard())) {
      file.write(event("experiment", EXPERIMENT, experiment));
    }
  }

  /** The metric of the validation data; its events lie in the session's folder of that name. */
  private static byte[] metricInfo(String tag) throws IOException {
    byte[] name =
        message(
            out -> {
              out.writeString(1, TensorBoardLog.VALIDATION);
              out.writeString(2, tag);
            });
    return message(
        out -> {
          out.writeByteArray(1, name);
          out.writeString(3, "validation " + tag);
        });
  }

  /** Declares a session, when it is over. */
  static void writeSession(SweepDirectory directory, SweepConfig sweep, ArmResult result)
      throws IOException {
    double now = System.currentTimeMillis() / 1000.0;
    Map<String, Value> parameters = parameters(result.arm(), sweep);
    byte[] start =
        message(
            out -> {
              for (Map.Entry<String, Value> parameter : parameters.entrySet()) {
                out.writeByteArray(
                    1,
                    message(
                        entry -> {
                          entry.writeString(1, parameter.getKey());
                          entry.writeByteArray(2, parameter.getValue().toByteArray());
                        }));
              }
              out.writeString(4, result.arm().slug());
              out.writeDouble(5, now - result.seconds());
            });
    boolean diverged = result.outcome() == ArmResult.Outcome.DIVERGED;
    byte[] end =
        message(
            out -> {
              out.writeEnum(1, diverged ? FAILURE : SUCCESS);
              out.writeDouble(2, now);
            });
    try (EventWriter file = new EventWriter(directory.tensorboard(result.arm(), result.seed()))) {
      file.write(event("session_start_info", SESSION_START, start));
      file.write(event("session_end_info", SESSION_END, end));
    }
  }

  private static Map<String, Value> parameters(Arm arm, SweepConfig sweep) {
    Map<String, Value> parameters = new LinkedHashMap<>();
    // As text, since "none" is one of the thresholds.
    parameters.put("clip_norm", Value.newBuilder().setStringValue(arm.clipText()).build());
    if (sweep.clipModes().size() > 1) {
      parameters.put("clip_mode", Value.newBuilder().setStringValue(arm.modeText()).build());
    }
    parameters.put("learning_rate", Value.newBuilder().setNumberValue(arm.learningRate()).build());
    arm.rank()
        .ifPresent(
            rank -> parameters.put("lora_rank", Value.newBuilder().setNumberValue(rank).build()));
    return parameters;
  }

  private static Event.Builder event(String tag, int field, byte[] content) throws IOException {
    byte[] data = message(out -> out.writeByteArray(field, content));
    SummaryMetadata.PluginData plugin =
        SummaryMetadata.PluginData.newBuilder()
            .setPluginName("hparams")
            .setContent(ByteString.copyFrom(data))
            .build();
    // TensorBoard wants a tensor and does not look at it.
    TensorProto nothing =
        TensorProto.newBuilder()
            .setDtype(DataType.DT_FLOAT)
            .setTensorShape(
                TensorShapeProto.newBuilder().addDim(TensorShapeProto.Dim.newBuilder().setSize(0)))
            .build();
    return Event.newBuilder()
        .setSummary(
            Summary.newBuilder()
                .addValue(
                    Summary.Value.newBuilder()
                        .setTag(PREFIX + tag)
                        .setMetadata(SummaryMetadata.newBuilder().setPluginData(plugin))
                        .setTensor(nothing)));
  }

  private static byte[] message(Fields fields) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    fields.writeTo(out);
    out.flush();
    return bytes.toByteArray();
  }
}
