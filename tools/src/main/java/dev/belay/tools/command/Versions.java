package dev.belay.tools.command;

import dev.belay.train.report.Provenance;
import org.tensorflow.TensorFlow;
import picocli.CommandLine.IVersionProvider;

/** Output of {@code --version}. */
final class Versions implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {
      "Belay " + Provenance.version(),
      "TensorFlow " + TensorFlow.version() + " (native)",
      "Java " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")"
    };
  }
}
