package dev.belay.train.report.html;

import dev.belay.train.report.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A run directory that no run made, with figures that are easy to foresee. */
final class WrittenRun {
  private final Path root;
  private final List<String> lines = new ArrayList<>();
  private String options =
      "\"clip-mode\":\"global_norm\",\"max-grad-norm\":1.0,\"optimizer\":\"adamw\","
          + "\"learning-rate\":5e-5,\"logging-steps\":1";
  private String facts = "\"status\":\"done\",\"train_files\":[]";

  WrittenRun(Path root) {
    this.root = root;
  }

  WrittenRun options(String json) {
    options = json;
    return this;
  }

  WrittenRun facts(String json) {
    facts = json;
    return this;
  }

  WrittenRun line(String json) {
    lines.add(json);
    return this;
  }

  WrittenRun start(long totalSteps) {
    return line("{\"event\":\"start\",\"total_steps\":" + totalSteps + "}");
  }

  /** A train line; what is not finite is written as words. */
  WrittenRun step(long step, double loss, double norm, double scale) {
    return line(
        String.format(
            Locale.ROOT,
            "{\"event\":\"train\",\"step\":%d,\"loss\":%s,\"grad_norm\":%s,"
                + "\"grad_norm_clipped\":%s,\"clip_scale\":%s,\"clipped\":%s,"
                + "\"learning_rate\":1e-5}",
            step,
            number(loss),
            number(norm),
            number(norm * scale),
            number(scale),
            scale < 1));
  }

  private static String number(double value) {
    return Double.isFinite(value) ? Double.toString(value) : "\"" + value + "\"";
  }

  RunDirectory write() throws IOException {
    Files.createDirectories(root);
    RunDirectory run = new RunDirectory(root);
    Files.writeString(run.config(), "{" + options + "}");
    Files.writeString(run.provenance(), "{" + facts + "}");
    Files.write(run.metrics(), lines);
    return run;
  }
}
