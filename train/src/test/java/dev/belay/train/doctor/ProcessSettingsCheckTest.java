package dev.belay.train.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.failure.MachineException;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.tensorflow.TensorFlow;

/** The settings of an embedding program, compared with those of the launcher. */
final class ProcessSettingsCheckTest {
  private static final Finding HEAP = Finding.ok(Finding.Area.MEMORY, "Java heap", "enough");
  private static final ClassLoader CLASSES = TensorFlow.class.getClassLoader();

  /** A class path that has TensorFlow's classes, and not its native library. */
  private static final ClassLoader WITHOUT_NATIVE =
      new ClassLoader(CLASSES) {
        @Override
        public URL getResource(String name) {
          return name.endsWith(".so") ? null : super.getResource(name);
        }
      };

  private static Properties javaOf(String... namesAndValues) {
    Properties properties = new Properties();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      properties.setProperty(namesAndValues[i], namesAndValues[i + 1]);
    }
    return properties;
  }

  @Test
  void aBareProcessLacksWhatTheLauncherSets() {
    ProcessSettingsCheck check =
        ProcessSettingsCheck.of(
            CLASSES, Map.of(), javaOf("sun.jnu.encoding", "ANSI_X3.4-1968"), HEAP);
    assertEquals(
        List.of(
            "TF_ENABLE_ONEDNN_OPTS",
            "TF_CPP_MIN_LOG_LEVEL",
            "RUST_FLAVOR",
            "org.bytedeco.javacpp.maxBytes",
            "org.bytedeco.javacpp.maxPhysicalBytes",
            "MALLOC_MMAP_MAX_",
            "MALLOC_TRIM_THRESHOLD_",
            "MALLOC_TOP_PAD_",
            "file names"),
        check.missing().stream().map(Finding::subject).toList());
    assertEquals(
        "set TF_ENABLE_ONEDNN_OPTS=1 in the environment of the process",
        check.missing().get(0).advice());
  }

  @Test
  void nothingIsMissingOfWhatTheLauncherSetsItself() throws IOException {
    Path launcher = Path.of("..", "belay");
    String script = Files.readString(launcher);
    Map<String, String> environment = new TreeMap<>();
    Matcher exported =
        Pattern.compile("export ([A-Z0-9_]+)=\"\\$\\{\\1:-([^}]*)}\"").matcher(script);
    while (exported.find()) {
      environment.put(exported.group(1), exported.group(2));
    }
    Properties properties = javaOf("sun.jnu.encoding", "UTF-8");
    Matcher option = Pattern.compile("-D(org\\.bytedeco\\S+)=(\\d+)").matcher(script);
    while (option.find()) {
      properties.setProperty(option.group(1), option.group(2));
    }
    assertEquals(
        List.of(), ProcessSettingsCheck.of(CLASSES, environment, properties, HEAP).missing());
    for (Finding finding : ProcessSettingsCheck.of(CLASSES, Map.of(), javaOf(), HEAP).missing()) {
      Matcher advised =
          Pattern.compile("set (TF_\\w+|MALLOC_\\w+)=(\\S+)").matcher(finding.advice());
      if (advised.find() && !advised.group(1).equals("TF_CPP_MIN_LOG_LEVEL")) {
        assertEquals(environment.get(advised.group(1)), advised.group(2), finding.subject());
      }
    }
  }

  @Test
  void aClassPathWithoutTheNativeLibraryIsToldWhichJarItLacks() {
    String artifact = "org.tensorflow:tensorflow-core-api:0.5.0";
    String message = NativeTensorFlow.missing(WITHOUT_NATIVE);
    assertTrue(message.contains(artifact + ":linux-x86_64 (110 MB, for CPUs)"), message);
    assertTrue(message.contains(artifact + ":linux-x86_64-gpu (490 MB"), message);
    Finding finding =
        ProcessSettingsCheck.of(WITHOUT_NATIVE, Map.of(), javaOf(), HEAP).missing().get(0);
    assertEquals(Finding.State.WRONG, finding.state());
    assertEquals(message, finding.advice());
    NativeTensorFlow.require(); // here it is there
  }

  @Test
  void aMissingLibraryIsAnErrorOfTheMachine() {
    // In this process the library is there: what counts is that a failure to load it is translated.
    MachineException refused =
        assertThrows(
            MachineException.class,
            () ->
                NativeTensorFlow.require(
                    WITHOUT_NATIVE,
                    () -> {
                      throw new UnsatisfiedLinkError("no jnitensorflow in java.library.path");
                    }));
    assertTrue(refused.getMessage().startsWith("the native TensorFlow is not on the class path"));
  }
}
