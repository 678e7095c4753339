package dev.belay.tools.failure;

import dev.belay.graph.adapter.AdapterException;
import dev.belay.graph.clip.ClipGroupException;
import dev.belay.graph.gradient.UntrainableModelException;
import dev.belay.graph.imported.rewrite.UnsupportedGraphException;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.train.config.ConfigException;
import dev.belay.train.data.DataException;
import dev.belay.train.failure.DivergedException;
import dev.belay.train.failure.FileProblem;
import dev.belay.train.failure.MachineException;
import dev.belay.train.failure.ModelException;
import dev.belay.train.failure.StoppedException;
import dev.belay.train.failure.WorkerLostException;
import dev.belay.train.failure.WorkersFailedException;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tensorflow.exceptions.TFInvalidArgumentException;
import org.tensorflow.exceptions.TFResourceExhaustedException;
import org.tensorflow.exceptions.TFUnimplementedException;
import org.tensorflow.exceptions.TensorFlowException;

/**
 * Failure of a command.
 *
 * @param code the exit code
 * @param message one paragraph: what, where, what was expected, what to do
 */
public record Failure(ExitCode code, String message) {
  /** The loader's message if a limit on memory leaves no room for a library. */
  private static final Pattern UNMAPPED =
      Pattern.compile("failed to map segment|cannot allocate memory", Pattern.CASE_INSENSITIVE);

  /** TensorFlow's message for an op without a kernel for this device, element type or layout. */
  private static final Pattern NO_KERNEL =
      Pattern.compile(
          "No OpKernel|no supported kernel|not supported by|only supports|is not in the list of"
              + " allowed values|No algorithm|Unimplemented",
          Pattern.CASE_INSENSITIVE);

  private static final String WITHOUT_KERNEL =
      "; TensorFlow 2.10 cannot run this op on this device with these element types: another"
          + " --device, or TF_ENABLE_ONEDNN_OPTS=1 or 0 in the environment, may, or a model saved in"
          + " float32";

  private static final String WITHOUT_LABEL =
      "; -100 stands for no label, at padding, special tokens and further pieces of a word: if the"
          + " model computes the loss (--loss-output), set --label-pad-token-id to the class that"
          + " it was trained with there, such as 0";

  /** The one place that says what each exception means to the caller of the program. */
  public static Failure of(Throwable thrown) {
    Throwable cause = unwrap(thrown);
    if (cause instanceof ConfigException config) {
      return new Failure(ExitCode.USAGE, config.getMessage());
    }
    if (cause instanceof InvalidPathException path) {
      return new Failure(ExitCode.USAGE, path.getInput() + ": not a path: " + path.getReason());
    }
    if (cause instanceof CorruptModelException
        || cause instanceof UnsupportedModelException
        || cause instanceof UntrainableModelException
        || cause instanceof UnsupportedGraphException
        || cause instanceof AdapterException
        || cause instanceof ClipGroupException
        || cause instanceof ModelException
        || cause instanceof DataException) {
      return new Failure(ExitCode.INPUT, cause.getMessage());
    }
    if (cause instanceof DifferentException) {
      return new Failure(ExitCode.DIFFERENT, cause.getMessage());
    }
    if (cause instanceof StoppedException) {
      return new Failure(ExitCode.STOPPED, cause.getMessage());
    }
    if (cause instanceof DivergedException) {
      return new Failure(ExitCode.DIVERGED, cause.getMessage());
    }
    if (cause instanceof WorkerLostException) {
      return new Failure(ExitCode.WORKER_LOST, cause.getMessage());
    }
    if (cause instanceof WorkersFailedException workers) {
      return new Failure(ExitCode.of(workers.exitCode()), cause.getMessage());
    }
    if (cause instanceof MachineException) {
      return new Failure(ExitCode.MACHINE, cause.getMessage());
    }
    if (cause instanceof IOException file) {
      return ofFile(file);
    }
    // They have no type in common but their package.
    if (cause.getClass().getPackage() == TensorFlowException.class.getPackage()) {
      return ofTensorFlow(cause);
    }
    return cause instanceof Error error ? ofError(error) : defect(cause);
  }

  private static Failure ofFile(IOException thrown) {
    if (thrown instanceof NoSuchFileException missing) {
      return new Failure(ExitCode.INPUT, missing.getFile() + ": no such file or directory");
    }
    if (thrown instanceof NotDirectoryException file) {
      return new Failure(ExitCode.INPUT, file.getFile() + ": expected a directory, found a file");
    }
    if (thrown instanceof FileAlreadyExistsException
        || thrown instanceof DirectoryNotEmptyException) {
      return new Failure(
          ExitCode.USAGE,
          thrown.getMessage() + ": already exists; choose another name or remove it");
    }
    if (thrown instanceof AccessDeniedException denied) {
      return new Failure(
          ExitCode.MACHINE, denied.getFile() + ": this user may not read or write it");
    }
    if (thrown instanceof FileSystemException system && system.getReason() != null) {
      FileProblem problem = FileProblem.of(Path.of(system.getFile()), system);
      return new Failure(
          problem.isOfThePath() ? ExitCode.INPUT : ExitCode.MACHINE,
          system.getFile() + ": " + system.getReason() + ". " + problem.advice());
    }
    if (thrown instanceof FileNotFoundException
        || thrown instanceof EOFException
        || thrown instanceof CharacterCodingException) {
      return new Failure(ExitCode.INPUT, described(thrown));
    }
    return new Failure(ExitCode.MACHINE, "reading or writing a file failed: " + described(thrown));
  }

  private static Failure ofTensorFlow(Throwable thrown) {
    String message = "TensorFlow: " + NativeMessage.shorten(described(thrown));
    if (thrown instanceof TFResourceExhaustedException) {
      return new Failure(
          ExitCode.MACHINE,
          message + "; a smaller --train-batch-size or --max-seq-length needs less memory");
    }
    if (thrown instanceof TFInvalidArgumentException && NO_KERNEL.matcher(message).find()) {
      return new Failure(ExitCode.MACHINE, message + WITHOUT_KERNEL);
    }
    if (thrown instanceof TFInvalidArgumentException
        && NativeMessage.IGNORED_CLASS.matcher(message).find()) {
      return new Failure(ExitCode.INPUT, message + WITHOUT_LABEL);
    }
    if (thrown instanceof TFInvalidArgumentException) {
      Matcher lookup = NativeMessage.OUTSIDE_TABLE.matcher(message);
      return new Failure(
          ExitCode.INPUT,
          message
              + (lookup.find()
                  ? outsideTable(lookup.group(1))
                  : "; the model does not accept this data: `belay inspect MODEL` shows what it"
                      + " takes"));
    }
    return NO_KERNEL.matcher(message).find() || thrown instanceof TFUnimplementedException
        ? new Failure(ExitCode.MACHINE, message + WITHOUT_KERNEL)
        : new Failure(ExitCode.DEFECT, message);
  }

  private static String outsideTable(String rows) {
    return "; a table of the model has "
        + rows
        + " rows: if that is the longest text that the model reads, set --max-seq-length to it; if"
        + " it is the vocabulary, the tokenizer is another than the model's";
  }

  private static Failure ofError(Error thrown) {
    if (thrown instanceof OutOfMemoryError) {
      return new Failure(
          ExitCode.MACHINE,
          "memory is used up ("
              + described(thrown)
              + "); give Java more with BELAY_JAVA_OPTS=-Xmx8g, or use a smaller"
              + " --train-batch-size or --max-seq-length");
    }
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (UNMAPPED.matcher(described(cause)).find()) {
        return new Failure(
            ExitCode.MACHINE,
            "memory is used up: a native library cannot be mapped ("
                + described(cause)
                + "); Belay needs about 7 GB of addresses, `ulimit -v` must not be less");
      }
    }
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnsatisfiedLinkError || cause instanceof NoClassDefFoundError) {
        return new Failure(
            ExitCode.MACHINE,
            "a native library does not load: "
                + described(cause)
                + "; Belay needs Linux on x86_64 with glibc, see docs/troubleshooting.md");
      }
    }
    return defect(thrown);
  }

  private static Failure defect(Throwable thrown) {
    return new Failure(ExitCode.DEFECT, described(thrown));
  }

  private static String described(Throwable thrown) {
    return thrown.getMessage() == null ? thrown.getClass().getSimpleName() : thrown.getMessage();
  }

  /** Other threads and streams wrap what they met. */
  private static Throwable unwrap(Throwable thrown) {
    Throwable cause = thrown;
    while (cause.getCause() != null
        && (cause instanceof UncheckedIOException
            || cause instanceof CompletionException
            || cause instanceof ExecutionException)) {
      cause = cause.getCause();
    }
    return cause;
  }
}
