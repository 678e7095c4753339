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

  private final int port;
  private ManagedChannel channel;

  /** Why calls are no longer answered; null while they are. */
  private String aborted;

  /** Whether the server has lost its peers, so that nothing that needs them will succeed. */
  private boolean alone;

  private MasterService(int port) {
    this.port = port;
    this.channel = channel(port);
  }

  private static ManagedChannel channel(int port) {
    return NettyChannelBuilder.forAddress("127.0.0.1", port)
        .usePlaintext()
        .maxInboundMessageSize(LARGEST_MESSAGE)
        .build();
  }

  /** Connects to the server on a port of this machine. */
  public static MasterService connect(int port) {
    return new MasterService(port);
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
      return ClientCalls.blockingUnaryCall(channel(), descriptor, options, request);
    } catch (StatusRuntimeException e) {
      String reason = aborted();
      throw reason == null ? failure(e, deadline) : WorkerFailures.lost(reason, e);
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

  private synchronized ManagedChannel channel() {
    return channel;
  }

  private synchronized String aborted() {
    return aborted;
  }

  /**
   * Ends the calls under way, and those that follow up to {@link #reconnect}, with a {@link
   * WorkerLostException}.
   */
  public synchronized void abort(String reason) {
    if (!alone) {
      aborted = reason;
      channel.shutdownNow();
    }
  }

  /** Connects again, to a server whose peers are lost; calls that do not need them succeed. */
  public synchronized void reconnect() {
    if (aborted != null) {
      channel = channel(port);
      aborted = null;
    }
    alone = true;
  }

  /** Whether the server has lost its peers. */
  synchronized boolean isAlone() {
    return alone;
  }

  @Override
  public synchronized void close() {
    channel.shutdownNow();
  }
}
