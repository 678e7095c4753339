package dev.belay.train;

import dev.belay.savedmodel.bundle.BundleContents;
import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.PlannedGraph;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.session.TrainingSession;
import dev.belay.train.stability.Diagnosis;
import dev.belay.train.stability.Diagnostics;
import dev.belay.train.stability.ReplayBundle;
import dev.belay.train.step.StepRunner;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Repeats a step that was not finite, and finds the first op that caused it. */
public final class Replay {
  private Replay() {}

  /**
   * Result of a replay.
   *
   * @param bundle the replayed bundle
   * @param recorded the step as the run recorded it
   * @param diagnosis the diagnosis of the replay
   */
  public record Result(ReplayBundle bundle, ReplayBundle.Step recorded, Diagnosis diagnosis) {

    /** For programs: names in snake_case. */
    public Map<String, Object> facts() {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("bundle", bundle.directory().toString());
      facts.put("loss", recorded.loss());
      facts.put("grad_norm", recorded.gradNorm());
      facts.put("learning_rate", recorded.learningRate());
      facts.put("loss_scale", recorded.lossScale());
      facts.putAll(diagnosis.facts());
      return facts;
    }
  }

  /**
   * Replays a bundle.
   *
   * @param config of the run that wrote it
   * @throws IOException if model or bundle cannot be read
   */
  public static Result replay(ReplayBundle bundle, TrainConfig config) throws IOException {
    ReplayBundle.Step step = bundle.step();
    TrainableModel model = TrainableModel.forTraining(config.model()).decided();
    boolean packed = config.data().language().packing();
    try (PlannedGraph planned = new PlannedGraph(model, config.model(), step.seed(), packed)) {
      ModelGraph graph = planned.built(Map.of());
      // A run on several GPUs may be replayed on a machine without one.
      TrainConfig here =
          ConfigBinder.with(config, "device", config.machine().onOneDevice().device());
      TrainingSession.Training training =
          TrainingSession.training(here, model, graph, step.outputs());
      try (StepRunner runner = training.runner()) {
        BundleContents weights = bundle.weights();
        runner.restore(weights);
        runner.setLossScale((float) step.lossScale());
        return new Result(
            bundle,
            step,
            Diagnostics.examine(runner, bundle.batch(), step.step(), step.lossScale()));
      }
    }
  }
}
