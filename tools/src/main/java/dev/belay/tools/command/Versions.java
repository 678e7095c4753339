package dev.belay.tools.command;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import org.tensorflow.TensorFlow;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says. */
final class Versions implements IVersionProvider {
  private static final String RESOURCE = "/dev/belay/tools/version.properties";

  @Override
  public String[] getVersion() throws IOException {
    return new String[] {
      "Belay " + belay(),
      "TensorFlow " + TensorFlow.version() + " (native)",
      "Java " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")"
    };
  }

  private static String belay() throws IOException {
    try (InputStream resource = Versions.class.getResourceAsStream(RESOURCE)) {
      Properties properties = new Properties();
      properties.load(resource);
      return properties.getProperty("version");
    }
  }
}
