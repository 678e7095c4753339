package dev.belay.train.master;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.framework.TensorProto;

/**
 * Wire format of the messages of {@code tensorflow.MasterService} that Belay uses. Source: {@code
 * master.proto} of TensorFlow 2.10; the Java artifact has no classes for them.
 */
final class MasterMessages {
  private MasterMessages() {}

  /**
   * A run of a session.
   *
   * @param requestId unique among all clients of the server
   */
  record RunStep(
      String session,
      Map<String, TensorProto> feeds,
      List<String> fetches,
      List<String> targets,
      long requestId) {}

  /**
   * Answer to a run.
   *
   * @param code 0 if it succeeded
   * @param tensors by their names
   */
  record RunAnswer(int code, String message, Map<String, TensorProto> tensors) {}

  /** {@code CreateSessionRequest}. */
  static ByteString createSession(MessageLite graph, MessageLite config) {
    return written(
        out -> {
          out.writeMessage(1, graph);
          out.writeMessage(2, config);
        });
  }

  /** The handle of {@code CreateSessionResponse}. */
  static String sessionHandle(ByteString answer) {
    String[] handle = {""};
    read(
        answer,
        (field, in) -> {
          if (field == 1) {
            handle[0] = in.readStringRequireUtf8();
            return true;
          }
          return false;
        });
    return handle[0];
  }

  /** {@code CloseSessionRequest}. */
  static ByteString closeSession(String handle) {
    return written(out -> out.writeString(1, handle));
  }

  /** {@code RunStepRequest}; errors come in the answer, since a trailer is limited in size. */
  static ByteString runStep(RunStep step) {
    return written(
        out -> {
          out.writeString(1, step.session());
          for (Map.Entry<String, TensorProto> feed : step.feeds().entrySet()) {
            writeNamed(out, feed.getKey(), feed.getValue());
          }
          for (String fetch : step.fetches()) {
            out.writeString(3, fetch);
          }
          for (String target : step.targets()) {
            out.writeString(4, target);
          }
          out.writeBool(7, true);
          out.writeInt64(8, step.requestId());
        });
  }

  private static void writeNamed(CodedOutputStream out, String name, TensorProto tensor)
      throws IOException {
    out.writeTag(2, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.writeUInt32NoTag(
        CodedOutputStream.computeStringSize(1, name)
            + CodedOutputStream.computeMessageSize(2, tensor));
    out.writeString(1, name);
    out.writeMessage(2, tensor);
  }

  /** {@code RunStepResponse}. */
  static RunAnswer runAnswer(ByteString answer) {
    Map<String, TensorProto> tensors = new LinkedHashMap<>();
    int[] code = {0};
    String[] message = {""};
    read(
        answer,
        (field, in) -> {
          switch (field) {
            case 1 -> readNamed(in.readBytes(), tensors);
            case 3 -> code[0] = in.readEnum();
            case 4 -> message[0] = in.readString();
            default -> {
              return false;
            }
          }
          return true;
        });
    return new RunAnswer(code[0], message[0], tensors);
  }

  private static void readNamed(ByteString named, Map<String, TensorProto> tensors) {
    List<String> names = new ArrayList<>();
    read(
        named,
        (field, in) -> {
          switch (field) {
            case 1 -> names.add(in.readString());
            case 2 -> tensors.put(names.get(0), TensorProto.parser().parseFrom(in.readBytes()));
            default -> {
              return false;
            }
          }
          return true;
        });
  }

  /** Writes the fields of a message. */
  private interface Writer {
    void write(CodedOutputStream out) throws IOException;
  }

  private static ByteString written(Writer writer) {
    ByteString.Output bytes = ByteString.newOutput();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      writer.write(out);
      out.flush();
      return bytes.toByteString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads one field, or says that it does not know it. */
  private interface Reader {
    boolean read(int field, CodedInputStream in) throws IOException;
  }

  private static void read(ByteString message, Reader reader) {
    CodedInputStream in = message.newCodedInput();
    in.setSizeLimit(Integer.MAX_VALUE);
    try {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (!reader.read(WireFormat.getTagFieldNumber(tag), in)) {
          in.skipField(tag);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
