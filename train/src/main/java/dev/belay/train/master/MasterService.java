package dev.belay.train.master;

import com.google.protobuf.ByteString;
import dev.belay.train.failure.WorkerLostException;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.tensorflow.exceptions.TensorFlowException;

/**
 * Owns a connection to the TensorFlow server of this process, over the loopback interface; close it
 * to end it. Messages are those of {@code tensorflow.MasterService}, encoded by {@link
 * MasterMessages}.
 */
public final class MasterService implements AutoCloseable {
  private static final int LARGEST_MESSAGE = 1 << 30;

  private final ManagedChannel channel;

  /** Why calls are no longer answered; null while they are. */
  private volatile String aborted;

  private MasterService(ManagedChannel channel) {
    this.channel = channel;
  }

  /** Connects to the server on a port of this machine. */
  public static MasterService connect(int port) {
    return new MasterService(
        NettyChannelBuilder.forAddress("127.0.0.1", port)
            .usePlaintext()
            .maxInboundMessageSize(LARGEST_MESSAGE)
            .build());
  }

  /**
   * Calls a method.
   *
   * @throws WorkerLostException if there is no answer within the deadline
   */
  ByteString call(String method, ByteString request, Duration deadline) {
    MethodDescriptor<ByteString, ByteString> descriptor =
        MethodDescriptor.<ByteString, ByteString>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("tensorflow.MasterService/" + method)
            .setRequestMarshaller(BYTES)
            .setResponseMarshaller(BYTES)
            .build();
    CallOptions options =
        CallOptions.DEFAULT
            .withWaitForReady()
            .withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
    try {
      return ClientCalls.blockingUnaryCall(channel, descriptor, options, request);
    } catch (StatusRuntimeException e) {
      throw aborted == null ? failure(e, deadline) : WorkerFailures.lost(aborted, e);
    }
  }

  private static RuntimeException failure(StatusRuntimeException e, Duration deadline) {
    return switch (e.getStatus().getCode()) {
      case DEADLINE_EXCEEDED ->
          WorkerFailures.lost("no answer within " + deadline.toSeconds() + " s", e);
      case UNAVAILABLE, CANCELLED, ABORTED -> WorkerFailures.lost(e.getMessage(), e);
      default -> new TensorFlowException(e.getMessage(), e);
    };
  }

  /** Messages are bytes already. */
  private static final MethodDescriptor.Marshaller<ByteString> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(ByteString message) {
          return message.newInput();
        }

        @Override
        public ByteString parse(InputStream stream) {
          try {
            return ByteString.readFrom(stream);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  /** Ends the calls under way, and all that follow, with a {@link WorkerLostException}. */
  public void abort(String reason) {
    aborted = reason;
    channel.shutdownNow();
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
