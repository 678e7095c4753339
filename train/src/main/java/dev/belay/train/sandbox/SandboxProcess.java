package dev.belay.train.sandbox;

import dev.belay.train.step.EnvironmentVariables;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Owns a sandbox process and the folder of its notes. Limits are enforced while a caller waits for
 * it; closing it ends the process.
 */
final class SandboxProcess implements AutoCloseable {
  private static final long POLL_MILLIS = 50;
  private static final int MOST_LINES = 500;

  /** The system takes back what a process holds before it is gone. */
  private static final long END_SECONDS = 10;

  private static final String OUTPUT = "output.txt";

  private final Process process;
  private final Path folder;
  private final SandboxLimits limits;
  private final long begin = System.nanoTime();
  private final Thread ender;

  private SandboxProcess(Process process, Path folder, SandboxLimits limits) {
    this.process = process;
    this.folder = folder;
    this.limits = limits;
    // A process that is stopped must not leave a sandbox process running.
    this.ender = new Thread(process::destroyForcibly, "end-trial");
    Runtime.getRuntime().addShutdownHook(ender);
  }

  /** Starts a process of the same Java and classes, without a graphics card. */
  static SandboxProcess start(String classPath, List<String> arguments, SandboxLimits limits)
      throws IOException {
    Path folder = Files.createTempDirectory("belay-trial");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command(classPath, arguments, folder))
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve(OUTPUT).toFile())
              .redirectInput(Path.of("/dev/null").toFile());
      builder.environment().put(EnvironmentVariables.LOG_LEVEL, "3");
      builder.environment().put("CUDA_VISIBLE_DEVICES", "-1");
      return new SandboxProcess(builder.start(), folder, limits);
    } catch (IOException | RuntimeException e) {
      delete(folder);
      throw e;
    }
  }

  private static List<String> command(String classPath, List<String> arguments, Path folder) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // It lives for seconds: the second compiler would never pay.
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-XX:+UseSerialGC");
    command.add("-XX:-CreateCoredumpOnCrash");
    command.add("-XX:ErrorFile=" + folder.resolve("crash.txt"));
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("-Dorg.bytedeco") || option.startsWith("-Dfile.enc"))
        .forEach(command::add);
    command.add("-cp");
    command.add(classPath);
    command.add(SandboxProgram.class.getName());
    command.addAll(arguments);
    return command;
  }

  /** Waits for the end, which comes by itself or at a limit. */
  SandboxOutcome await() throws IOException {
    try {
      while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        Optional<String> exceeded = exceeded();
        if (exceeded.isPresent() && process.isAlive()) {
          process.destroyForcibly().waitFor();
          return new SandboxOutcome(process.exitValue(), exceeded, lines());
        }
      }
      return new SandboxOutcome(process.exitValue(), Optional.empty(), lines());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while a model was being tried", e);
    }
  }

  private Optional<String> exceeded() {
    long resident = resident();
    if (resident > limits.residentBytes()) {
      return Optional.of("took more than " + (limits.residentBytes() >> 20) + " MB of memory");
    }
    Duration processor = process.info().totalCpuDuration().orElse(Duration.ZERO);
    if (processor.compareTo(limits.processor()) > 0) {
      return Optional.of(
          "did not end within " + limits.processor().toSeconds() + " s of processor time");
    }
    if (System.nanoTime() - begin > limits.wall().toNanos()) {
      return Optional.of("did not end within " + limits.wall().toSeconds() + " s");
    }
    return Optional.empty();
  }

  /** Memory in use, 0 of a process that has just gone. */
  private long resident() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
        }
      }
      return 0;
    } catch (IOException e) {
      return 0;
    }
  }

  private List<String> lines() throws IOException {
    try (var lines = Files.lines(folder.resolve(OUTPUT), StandardCharsets.ISO_8859_1)) {
      return lines.limit(MOST_LINES).toList();
    }
  }

  @Override
  public void close() {
    try {
      process.destroyForcibly().waitFor(END_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      Runtime.getRuntime().removeShutdownHook(ender);
    } catch (IllegalStateException e) {
      // The hook is running just now.
    }
    delete(folder);
  }

  /** Files left in the temporary folder are no reason to fail. */
  private static void delete(Path folder) {
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      folder.toFile().deleteOnExit();
    }
  }
}
