package dev.belay.tools.command;

import dev.belay.tools.option.ClipOptions;
import dev.belay.tools.option.DataOptions;
import dev.belay.tools.option.LoopOptions;
import dev.belay.tools.option.MachineOptions;
import dev.belay.tools.option.ModelOptions;
import dev.belay.tools.option.OptimizerOptions;
import dev.belay.tools.option.Problems;
import dev.belay.tools.option.ReportOptions;
import dev.belay.tools.option.ScheduleOptions;
import dev.belay.tools.option.StabilityOptions;
import dev.belay.tools.option.TrainDataOptions;
import dev.belay.tools.option.TuningOptions;
import dev.belay.train.config.ClipConfig;
import dev.belay.train.config.DataConfig;
import dev.belay.train.config.LoopConfig;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.OptimizerConfig;
import dev.belay.train.config.ReportConfig;
import dev.belay.train.config.ScheduleConfig;
import dev.belay.train.config.StabilityConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.config.UpdateConfig;
import picocli.CommandLine.Mixin;

/** What {@code train} and {@code sweep} share: all that one training is asked to do. */
final class TrainingOptions {
  @Mixin private ModelOptions model;
  @Mixin private TuningOptions tuning;
  @Mixin private TrainDataOptions trainData;
  @Mixin private DataOptions data;
  @Mixin private OptimizerOptions optimizer;
  @Mixin private ClipOptions clip;
  @Mixin private StabilityOptions stability;
  @Mixin private ScheduleOptions schedule;
  @Mixin private LoopOptions loop;
  @Mixin private ReportOptions report;
  @Mixin private MachineOptions machine;

  /** The configuration; what is wrong with it is added to the problems, which are not yet told. */
  TrainConfig toConfig(Problems problems) {
    model.requirePath(problems);
    trainData.requireFiles(problems);
    loop.requireDirectory(problems);
    ModelConfig modelConfig = problems.part(() -> model.toConfig(tuning));
    DataConfig dataConfig = problems.part(() -> data.toConfig(trainData));
    OptimizerConfig optimizerConfig = problems.part(optimizer::toConfig);
    ScheduleConfig scheduleConfig = problems.part(schedule::toConfig);
    ClipConfig clipConfig = problems.part(clip::toConfig);
    UpdateConfig updateConfig = problems.part(stability::toUpdateConfig);
    StabilityConfig stabilityConfig = problems.part(stability::toStabilityConfig);
    LoopConfig loopConfig = problems.part(loop::toConfig);
    ReportConfig reportConfig = problems.part(report::toConfig);
    MachineConfig machineConfig = problems.part(() -> machine.toConfig(loop.seed()));
    problems.verify();
    return new TrainConfig(
        modelConfig,
        dataConfig,
        optimizerConfig,
        scheduleConfig,
        clipConfig,
        updateConfig,
        stabilityConfig,
        loopConfig,
        machineConfig,
        loop.toResumeConfig(),
        loop.outputDirectory(),
        reportConfig);
  }
}
