package dev.belay.tools.failure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.gradient.UntrainableModelException;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.train.config.ConfigException;
import dev.belay.train.data.DataException;
import dev.belay.train.failure.DivergedException;
import dev.belay.train.failure.MachineException;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.tensorflow.exceptions.TFInvalidArgumentException;
import org.tensorflow.exceptions.TFResourceExhaustedException;
import org.tensorflow.exceptions.TFUnimplementedException;

final class FailureTest {

  private static void assertFailure(ExitCode code, String message, Throwable thrown) {
    assertEquals(new Failure(code, message), Failure.of(thrown));
  }

  @Test
  void codesAreThoseOfTheContract() {
    assertEquals(0, ExitCode.DONE.code());
    assertEquals(1, ExitCode.DEFECT.code());
    assertEquals(2, ExitCode.USAGE.code());
    assertEquals(3, ExitCode.INPUT.code());
    assertEquals(4, ExitCode.DIVERGED.code());
    assertEquals(5, ExitCode.MACHINE.code());
  }

  @Test
  void belaysOwnExceptionsSayEverythingThemselves() {
    assertFailure(ExitCode.USAGE, "a", new ConfigException("a"));
    assertFailure(ExitCode.INPUT, "b", new ModelException("b"));
    assertFailure(ExitCode.INPUT, "c", new DataException("c"));
    assertFailure(
        ExitCode.INPUT,
        "m.index: byte 48: expected a footer, found the end",
        new CorruptModelException(Path.of("m.index"), "byte 48", "a footer", "the end"));
    assertFailure(ExitCode.INPUT, "u", new UntrainableModelException("u"));
    assertFailure(
        ExitCode.INPUT,
        "saved_model.pb: node 'n': runs on a TPU",
        new UnsupportedModelException(Path.of("saved_model.pb"), "node 'n'", "runs on a TPU"));
    assertFailure(ExitCode.DIVERGED, "d", new DivergedException("d"));
    assertFailure(ExitCode.MACHINE, "e", new MachineException("e", null));
  }

  @Test
  void filesSayWhichAndWhy() {
    assertFailure(
        ExitCode.INPUT, "t.tsv: no such file or directory", new NoSuchFileException("t.tsv"));
    assertFailure(
        ExitCode.USAGE,
        "runs/a: already exists; choose another name or remove it",
        new DirectoryNotEmptyException("runs/a"));
    assertFailure(
        ExitCode.MACHINE,
        "runs: this user may not read or write it",
        new AccessDeniedException("runs"));
    assertFailure(
        ExitCode.MACHINE,
        "runs/a: Read-only file system. Choose another directory, or mount this file system"
            + " writable",
        new FileSystemException("runs/a", null, "Read-only file system"));
    assertFailure(
        ExitCode.MACHINE,
        "reading or writing a file failed: No space left on device",
        new IOException("No space left on device"));
    assertFailure(
        ExitCode.USAGE, "a\u0000b: not a path: Nul", new InvalidPathException("a\u0000b", "Nul"));
  }

  @Test
  void wrappersAreTakenOff() {
    assertFailure(ExitCode.INPUT, "line 3", new CompletionException(new DataException("line 3")));
    assertFailure(
        ExitCode.INPUT,
        "t.tsv: no such file or directory",
        new CompletionException(new UncheckedIOException(new NoSuchFileException("t.tsv"))));
  }

  @Test
  void tensorFlowIsShortened() {
    assertFailure(
        ExitCode.INPUT,
        "TensorFlow: indices[0,1] = 9000 is not in [0, 1000) (node model/embeddings/Gather); a"
            + " table of the model has 1000 rows: if that is the longest text that the model reads,"
            + " set --max-seq-length to it; if it is the vocabulary, the tokenizer is another than"
            + " the model's",
        new TFInvalidArgumentException(
            """
            2 root error(s) found.
              (0) INVALID_ARGUMENT: indices[0,1] = 9000 is not in [0, 1000)
            \t [[{{node model/embeddings/Gather}}]]
            \t [[gradients/norm/_3]]
              (1) INVALID_ARGUMENT: indices[0,1] = 9000 is not in [0, 1000)
            \t [[{{node model/embeddings/Gather}}]]
            """));
    assertFailure(
        ExitCode.INPUT,
        "TensorFlow: Incompatible shapes: [2] vs. [3]; the model does not accept this data: `belay"
            + " inspect MODEL` shows what it takes",
        new TFInvalidArgumentException("Incompatible shapes: [2] vs. [3]"));
    assertFailure(
        ExitCode.MACHINE,
        "TensorFlow: OOM when allocating tensor with shape[32,12,512,512]; a smaller"
            + " --train-batch-size or --max-seq-length needs less memory",
        new TFResourceExhaustedException("OOM when allocating tensor with shape[32,12,512,512]"));
    assertFailure(
        ExitCode.MACHINE,
        "TensorFlow: no kernel; TensorFlow 2.10 cannot run this op on this device with these element"
            + " types: another --device, or TF_ENABLE_ONEDNN_OPTS=1 or 0 in the environment, may, or"
            + " a model saved in float32",
        new TFUnimplementedException("no kernel"));
  }

  @Test
  void theMachineIsNamedWhereItFails() {
    Failure memory = Failure.of(new OutOfMemoryError("Java heap space"));
    assertEquals(ExitCode.MACHINE, memory.code());
    assertTrue(memory.message().startsWith("memory is used up (Java heap space); "));
    Failure library =
        Failure.of(new ExceptionInInitializerError(new UnsatisfiedLinkError("libtf")));
    assertEquals(ExitCode.MACHINE, library.code());
    assertTrue(library.message().startsWith("a native library does not load: libtf; "));
    Error hidden = new UnsatisfiedLinkError("no jnitf in java.library.path");
    hidden.initCause(new UnsatisfiedLinkError("libtf: failed to map segment from shared object"));
    Failure unmapped = Failure.of(hidden);
    assertEquals(ExitCode.MACHINE, unmapped.code());
    assertEquals(
        "memory is used up: a native library cannot be mapped (libtf: failed to map segment from"
            + " shared object); Belay needs about 7 GB of addresses, `ulimit -v` must not be less",
        unmapped.message());
  }

  @Test
  void anythingElseIsADefect() {
    assertFailure(ExitCode.DEFECT, "index 3", new IndexOutOfBoundsException("index 3"));
    assertFailure(ExitCode.DEFECT, "NullPointerException", new NullPointerException());
    assertFailure(ExitCode.DEFECT, "StackOverflowError", new StackOverflowError());
  }
}
