package dev.belay.tools.command;

import dev.belay.train.ModelEvaluation;
import dev.belay.train.ModelExport;
import dev.belay.train.ModelInspection;
import dev.belay.train.RunReporting;
import dev.belay.train.Sweep;
import dev.belay.train.TrainingRun;
import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.SweepConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.event.RunEvent;
import dev.belay.train.event.SweepEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** What commands call in {@code train}; tests put something else behind them. */
public interface Doors {

  /** {@link TrainingRun#execute}. */
  default TrainingRun.Result train(
      TrainConfig config, List<String> command, Consumer<RunEvent> listener) throws IOException {
    return TrainingRun.execute(config, command, listener);
  }

  /** {@link Sweep#execute}. */
  default Sweep.Result sweep(
      SweepConfig config, List<String> command, Consumer<SweepEvent> listener) throws IOException {
    return Sweep.execute(config, command, listener);
  }

  /** {@link ModelEvaluation#evaluate}. */
  default ModelEvaluation.Result evaluate(EvaluateConfig config) throws IOException {
    return ModelEvaluation.evaluate(config);
  }

  /** {@link ModelEvaluation#predict}. */
  default void predict(EvaluateConfig config, Consumer<ModelEvaluation.Prediction> sink)
      throws IOException {
    ModelEvaluation.predict(config, sink);
  }

  /** {@link ModelExport#export}. */
  default Path export(Path run, Path target) throws IOException {
    return ModelExport.export(run, target);
  }

  /** {@link RunReporting#report}. */
  default Path report(Path run) throws IOException {
    return RunReporting.report(run);
  }

  /** {@link ModelInspection#inspect}. */
  default ModelInspection.Contents inspect(Path path, Set<String> allowedOps) throws IOException {
    return ModelInspection.inspect(path, allowedOps);
  }

  /** {@link ModelInspection#plan}. */
  default ModelInspection.Plan plan(ModelConfig config) throws IOException {
    return ModelInspection.plan(config);
  }
}
