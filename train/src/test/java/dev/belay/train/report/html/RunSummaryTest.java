package dev.belay.train.report.html;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.report.RunDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunSummaryTest {
  private static final String UNCLIPPED =
      "\"clip-mode\":\"none\",\"max-grad-norm\":1.0,\"optimizer\":\"sgd\",\"logging-steps\":1";

  @TempDir Path folder;

  private static List<String> reading(RunDirectory run) throws IOException {
    return RunSummary.of(RunHistory.read(run.metrics()), ReportedRun.read(run));
  }

  private static String all(WrittenRun run) throws IOException {
    return String.join("\n", reading(run.write()));
  }

  private WrittenRun run(int steps, double norm, double threshold) {
    WrittenRun run = new WrittenRun(folder).start(steps);
    for (int step = 1; step <= steps; step++) {
      run.step(step, 1.0 / step, norm, Math.min(1, threshold / norm));
    }
    return run;
  }

  @Test
  void aThresholdUnderMostNormsCutsTheLearningRate() throws IOException {
    WrittenRun run = new WrittenRun(folder).start(100);
    for (int step = 1; step <= 100; step++) {
      double norm = step <= 14 ? 0.8 : step <= 85 ? 2.3 : 4.6;
      run.step(step, 0.5, norm, Math.min(1, 1 / norm));
    }
    assertEquals(
        List.of(
            "The run made 100 steps and is done.",
            "The training loss went from 0.5 to 0.5 (medians of the first and the last tenth).",
            "Clipped 86 % of the steps; the median norm was 2.3: 1.0 acts as a cut of the "
                + "learning rate, to 43 % on a median step, more than as a guard against the "
                + "rare large one. (adamw cancels a constant factor, so the remaining effect is "
                + "that large steps weigh no more than small ones.) If training is slow rather "
                + "than unstable, consider 5.0, near the 90th percentile. 1.0 is usual for "
                + "fine-tuning, 3 to 5 when training from scratch or on noisy data. The norm "
                + "before the clip had a median of 2.3; 90 % of the steps were below 4.6, 99 % "
                + "below 4.6, and the largest was 4.6.",
            "The norm grew from a median of 0.8 in the first tenth to 4.6 in the last. That is"
                + " usual where the loss is nearly 0 and single examples stand out; with a loss"
                + " that does not fall, lower the learning rate."),
        reading(run.write()));
  }

  @Test
  void aThresholdFarAboveAllNormsDoesNothing() throws IOException {
    String text = all(run(50, 0.31, 1));
    assertTrue(
        text.contains(
            "No step was clipped: the largest norm was 0.31, far under the threshold of 1.0, so"
                + " the clip did nothing. It costs next to nothing and guards against a step that"
                + " did not come; to have it act on the largest steps, choose about 0.3."),
        text);
  }

  @Test
  void aThresholdThatActsOnRareStepsIsWhatClippingIsFor() throws IOException {
    WrittenRun run = new WrittenRun(folder).start(100);
    for (int step = 1; step <= 100; step++) {
      run.step(step, 0.5, step == 60 ? 9 : 0.5, step == 60 ? 1 / 9.0 : 1);
    }
    String text = all(run);
    assertTrue(
        text.contains("Clipped 1 % of the steps: the rare large ones, which is what clipping is"),
        text);
  }

  @Test
  void spikesWithoutAClipAreCounted() throws IOException {
    WrittenRun run = new WrittenRun(folder).options(UNCLIPPED).start(100);
    for (int step = 1; step <= 100; step++) {
      run.step(step, 0.5, step == 60 ? 40 : step == 61 ? 10 : 0.5, 1);
    }
    String text = all(run);
    assertTrue(text.contains("Gradients were not clipped. The norm before the clip"), text);
    assertTrue(text.contains("The largest was 80 times the median: such steps are"), text);
    assertTrue(text.contains("A threshold of 10.0 would act on about 1 % of the steps."), text);
  }

  @Test
  void ofThreeStepsNoPercentilesAreRead() throws IOException {
    WrittenRun run = new WrittenRun(folder).options(UNCLIPPED).start(100);
    run.step(1, 6.5, 107.9, 1);
    run.step(2, 18.8, 23.9, 1);
    String text = all(run);
    assertTrue(text.contains("Gradients were not clipped, and the largest norm was 108."), text);
  }

  @Test
  void aDivergedRunSaysHowItCameToIt() throws IOException {
    WrittenRun run =
        new WrittenRun(folder)
            .options(UNCLIPPED)
            .facts("\"status\":\"diverged\",\"error\":\"step 31\"")
            .start(200);
    for (int step = 1; step <= 30; step++) {
      run.step(step, 0.7, step <= 20 ? 1 : 50, 1);
    }
    run.step(31, Double.NaN, Double.NaN, 1);
    String text = all(run);
    assertTrue(text.startsWith("The run made 31 steps of 200, then diverged."), text);
    assertTrue(
        text.contains(
            "At step 31 the loss was NaN and the gradient norm NaN. The norm had grown from a"
                + " median of 1 to 50 in the steps before: the usual sign of a learning rate that"
                + " is too high. Gradients were not clipped; try --clip-mode global_norm"
                + " --max-grad-norm 1.0."),
        text);
  }

  @Test
  void aValidationLossThatRoseIsCalledWhatItIs() throws IOException {
    WrittenRun run = run(30, 0.5, 1);
    for (int step = 10; step <= 30; step += 10) {
      double loss = step == 20 ? 0.4 : 0.6;
      run.line("{\"event\":\"eval\",\"step\":" + step + ",\"loss\":" + loss + "}");
    }
    String text = all(run);
    assertTrue(
        text.contains(
            "Validation loss: 0.6 at step 10, 0.6 at the end, best 0.4 at step 20. It rose after"
                + " that, so later steps only fit the training data"),
        text);
  }

  @Test
  void layersSayWhereTheGradientIsAndWhoMovesMost() throws IOException {
    WrittenRun run = run(4, 0.5, 1);
    run.line(
        "{\"event\":\"norms\",\"step\":2,\"layers\":{"
            + "\"embeddings\":{\"gradient\":3,\"weight\":9,\"update_ratio\":1e-4},"
            + "\"classifier\":{\"gradient\":1,\"weight\":1,\"update_ratio\":0.05}}}");
    String text = all(run);
    assertTrue(
        text.contains("Of the gradient's squared norm 90 % came from embeddings (by medians)."),
        text);
    assertTrue(
        text.contains(
            "A step moved the weights by 1.0e-04 of their size in embeddings, and by 0.05 in"
                + " classifier, which is much: a lower learning rate would be gentler."),
        text);
  }

  @Test
  void aRunWithoutAStepHasLittleToSay() throws IOException {
    WrittenRun run = new WrittenRun(folder).facts("\"status\":\"failed\",\"error\":\"no disk\"");
    assertEquals(List.of("No step is recorded. no disk"), reading(run.write()));
  }

  @Test
  void aThresholdIsARoundNumber() {
    assertEquals(1, Prose.threshold(1.1));
    assertEquals(5, Prose.threshold(4.4));
    assertEquals(10, Prose.threshold(8));
    assertEquals(0.3, Prose.threshold(0.31), 1e-12);
    assertEquals(200, Prose.threshold(180), 1e-9);
    assertFalse(Prose.percent(0.999).contains("100"));
  }
}
