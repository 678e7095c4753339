package dev.belay.train.doctor;

import static dev.belay.train.doctor.Finding.Area.LIBRARY;
import static dev.belay.train.doctor.Finding.Area.MEMORY;
import static dev.belay.train.doctor.Finding.Area.SYSTEM;

import dev.belay.train.step.EnvironmentVariables;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.tensorflow.TensorFlow;

/**
 * Checks the settings that the launcher {@code belay} applies before Java starts, and that a
 * program that embeds Belay must apply itself. None can be applied later: TensorFlow, glibc and the
 * JVM read them once, when they start.
 *
 * @param findings one for each setting
 */
public record ProcessSettingsCheck(List<Finding> findings) {
  private static final String JAVACPP = "org.bytedeco.javacpp.";

  public ProcessSettingsCheck {
    findings = List.copyOf(findings);
  }

  /** Checks this process, without loading a library. */
  public static ProcessSettingsCheck ofThisProcess() {
    MachineFiles files = new MachineFiles(Path.of("/"));
    return of(
        TensorFlow.class.getClassLoader(),
        System.getenv(),
        System.getProperties(),
        MemoryCheck.heap(files, ControlGroup.of(files), Runtime.getRuntime().maxMemory()));
  }

  static ProcessSettingsCheck of(
      ClassLoader classes, Map<String, String> environment, Properties properties, Finding heap) {
    List<Finding> findings = new ArrayList<>();
    findings.add(
        NativeTensorFlow.isOn(classes)
            ? Finding.ok(LIBRARY, "native TensorFlow", "on the class path")
            : Finding.wrong(
                LIBRARY,
                "native TensorFlow",
                "not on the class path",
                NativeTensorFlow.missing(classes)));
    findings.add(
        variable(
            environment,
            new Wanted(LIBRARY, EnvironmentVariables.ONEDNN, "1"),
            "steps on a CPU are slower without oneDNN's kernels, and numbers differ in their last"
                + " digits from those of the launcher"));
    findings.add(
        variable(
            environment,
            new Wanted(LIBRARY, EnvironmentVariables.LOG_LEVEL, "3"),
            "TensorFlow writes to standard error by itself; its errors come back as exceptions"));
    findings.add(rustFlavor(environment, properties));
    findings.add(property(properties, "maxBytes"));
    findings.add(property(properties, "maxPhysicalBytes"));
    for (Wanted allocator :
        List.of(
            new Wanted(MEMORY, EnvironmentVariables.MAPPED_MEMORY, "0"),
            new Wanted(MEMORY, "MALLOC_TRIM_THRESHOLD_", "17179869184"),
            new Wanted(MEMORY, "MALLOC_TOP_PAD_", "134217728"))) {
      findings.add(
          variable(
              environment,
              allocator,
              "glibc gives the memory of large tensors back to the system and gets it again, which"
                  + " costs a training step about 4 %"));
    }
    findings.add(fileNames(properties));
    findings.add(heap);
    return new ProcessSettingsCheck(findings);
  }

  /** An environment variable as the launcher sets it. */
  private record Wanted(Finding.Area area, String name, String value) {}

  /** Any value is a choice; only none is missing. */
  private static Finding variable(Map<String, String> environment, Wanted wanted, String cost) {
    String value = environment.get(wanted.name());
    return value != null
        ? Finding.ok(wanted.area(), wanted.name(), value)
        : Finding.missing(
            wanted.area(),
            wanted.name(),
            "not set: " + cost,
            "set " + wanted.name() + "=" + wanted.value() + " in the environment of the process");
  }

  private static Finding rustFlavor(Map<String, String> environment, Properties properties) {
    String name = "RUST_FLAVOR";
    String value = environment.getOrDefault(name, properties.getProperty(name));
    return value != null
        ? Finding.ok(LIBRARY, name, value)
        : Finding.missing(
            LIBRARY,
            name,
            "not set: where there is a GPU, the tokenizers look for a library with CUDA",
            "set RUST_FLAVOR=cpu in the environment, or start Java with -DRUST_FLAVOR=cpu");
  }

  private static Finding property(Properties properties, String limit) {
    String name = JAVACPP + limit;
    String value = properties.getProperty(name);
    return value != null
        ? Finding.ok(MEMORY, name, value)
        : Finding.missing(
            MEMORY,
            name,
            "not set: JavaCPP counts TensorFlow's memory as Java's, and throws OutOfMemoryError"
                + " where it exceeds the heap's size",
            "start Java with -D" + name + "=0");
  }

  private static Finding fileNames(Properties properties) {
    String charset =
        Optional.ofNullable(properties.getProperty("sun.jnu.encoding")).orElse("unknown");
    return charset.toUpperCase(Locale.ROOT).replace("-", "").equals("UTF8")
        ? Finding.ok(SYSTEM, "file names", charset)
        : Finding.missing(
            SYSTEM,
            "file names",
            charset + ": a file whose name is not ASCII cannot be opened",
            "set LC_ALL=C.UTF-8 in the environment of the process");
  }

  /** The missing settings, each with its cost and remedy; empty if none is missing. */
  public List<Finding> missing() {
    return findings.stream().filter(finding -> finding.state() != Finding.State.OK).toList();
  }
}
