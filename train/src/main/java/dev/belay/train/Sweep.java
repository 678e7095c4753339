package dev.belay.train;

import dev.belay.graph.optimizer.Schedule;
import dev.belay.graph.variable.HeldRows;
import dev.belay.train.config.ClipConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.SweepConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.config.TrainConfigBuilder;
import dev.belay.train.data.batch.BatchPosition;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.batch.Prefetcher;
import dev.belay.train.data.batch.UpdateBatches;
import dev.belay.train.dataset.DatasetLoader;
import dev.belay.train.dataset.TrainingData;
import dev.belay.train.event.RunEvent;
import dev.belay.train.event.SweepEvent;
import dev.belay.train.failure.ModelException;
import dev.belay.train.hub.HubProgress;
import dev.belay.train.hub.ModelHub;
import dev.belay.train.loop.Evaluator;
import dev.belay.train.loop.Trainer;
import dev.belay.train.model.InputMapping;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.ModelSandbox;
import dev.belay.train.model.ModelUse;
import dev.belay.train.model.PlannedGraph;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.model.UpdateRules;
import dev.belay.train.report.CreatedDirectories;
import dev.belay.train.report.MetricsLog;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.report.TensorBoardLog;
import dev.belay.train.report.html.SweepReport;
import dev.belay.train.resume.RunLock;
import dev.belay.train.run.RunVocabulary;
import dev.belay.train.sweep.Arm;
import dev.belay.train.sweep.ArmCallbacks;
import dev.belay.train.sweep.ArmResult;
import dev.belay.train.sweep.ArmResult.Outcome;
import dev.belay.train.sweep.ArmSummary;
import dev.belay.train.sweep.Halving;
import dev.belay.train.sweep.Recommendation;
import dev.belay.train.sweep.Score;
import dev.belay.train.sweep.SweepDirectory;
import dev.belay.train.sweep.SweepRecords;
import dev.belay.train.sweep.SweepSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * {@code belay sweep}: the same training with several clips and learning rates, seed by seed, in
 * one process. All arms of a seed and a rule run in one graph and one session. Between two arms,
 * the weights are reset, the slots are initialized again, and the threshold, which is a variable,
 * is set to the next value. Each arm makes the same steps as {@code belay train} with the same
 * options.
 */
public final class Sweep {
  private static final int BATCHES_AHEAD = 4;

  private final SweepConfig config;
  private final SweepRecords records;
  private final SweepInputs inputs;
  private final Consumer<SweepEvent> listener;
  private final List<Arm> arms;
  private final List<ArmResult> results = new ArrayList<>();

  private Sweep(
      SweepConfig config, SweepRecords records, SweepInputs inputs, Consumer<SweepEvent> listener) {
    this.config = config;
    this.records = records;
    this.inputs = inputs;
    this.listener = listener;
    this.arms = Arm.of(config);
  }

  /** Inputs that all arms share. */
  private record SweepInputs(TrainableModel model, TrainingData datasets, Plan plan) {}

  /**
   * Length of an arm and the score that arms are compared by.
   *
   * @param interval between evaluations
   */
  private record Plan(long totalSteps, long interval, Score score) {
    Halving halving() {
      return new Halving(totalSteps, interval, score);
    }
  }

  /**
   * Result of a sweep.
   *
   * @param metric the metric that arms are compared by
   * @param report the report page with charts
   */
  public record Result(
      Path directory,
      String metric,
      List<ArmSummary> arms,
      Recommendation recommendation,
      Path report) {}

  /**
   * Trains all arms; resumes a killed sweep in the same directory.
   *
   * @param sandbox validates the model while it is read here
   * @param command the command line, for sweep.json
   * @param listener receives all events, on the calling thread
   * @throws IOException if a file cannot be read or written
   * @throws ModelException if the model cannot be used with these options
   */
  public static Result execute(
      SweepConfig config, ModelSandbox sandbox, List<String> command, Consumer<SweepEvent> listener)
      throws IOException {
    SweepConfig located = ModelHub.ofUser(HubProgress.SILENT).locate(config);
    TrainConfig base = located.base();
    try (ModelSandbox.SandboxCheck check = sandbox.begin(base.model(), true)) {
      TrainableModel model = TrainableModel.forTraining(base.model());
      InputMapping inputs = model.inputs(base.model().inputs(), true);
      try (DatasetLoader data = new DatasetLoader(base.data(), model, inputs)) {
        check.await();
        model = model.decided();
        SweepRecords records = SweepRecords.open(located, model.source().directory(), command);
        TrainingData datasets = datasets(located, model, data, listener);
        Plan plan = plan(located, datasets);
        return new Sweep(located, records, new SweepInputs(model, datasets, plan), listener)
            .locked();
      }
    }
  }

  @SuppressWarnings("try") // held by being open
  private Result locked() throws IOException {
    Path lockFile = records.directory().lock();
    CreatedDirectories created = CreatedDirectories.of(records.directory().root());
    try {
      Files.createDirectories(records.directory().root());
    } catch (IOException e) {
      throw RunDirectory.unusable(records.directory().root(), e);
    }
    try (RunLock lock = RunLock.take(lockFile)) {
      try {
        return run();
      } catch (Throwable e) {
        created.removeUnused(lockFile);
        throw e;
      }
    }
  }

  /** Data are read once; which labels they must have, the graph says. */
  private static TrainingData datasets(
      SweepConfig config, TrainableModel model, DatasetLoader data, Consumer<SweepEvent> listener)
      throws IOException {
    TrainConfig base = config.base();
    Arm first = Arm.of(config).get(0);
    ModelConfig ofFirst = config(config, first, config.seeds().get(0)).model();
    try (PlannedGraph planned =
        new PlannedGraph(model, ofFirst, config.seeds().get(0), base.data().language().packing())) {
      TrainingData datasets = TrainingData.read(base.data(), data, model, planned.task());
      ModelGraph graph = planned.built(RunVocabulary.of(base, model, datasets, Optional.empty()));
      Plan plan = plan(config, datasets);
      List<String> notes = new ArrayList<>(graph.notes(ModelUse.VALIDATED_TRAINING));
      notes.addAll(data.notes());
      notes.addAll(datasets.notes());
      if (!config.loraRanks().isEmpty()) {
        notes.add("ranks of adapters to try: " + config.loraRanks());
      }
      listener.accept(
          new SweepEvent.Started(
              Arm.of(config).size(),
              config.seeds().size(),
              plan.totalSteps(),
              config.halving() ? plan.halving().rungs() : List.of(),
              notes));
      return datasets;
    }
  }

  private static Plan plan(SweepConfig config, TrainingData datasets) {
    TrainConfig base = config.base();
    datasets.requireWholeBatches(base);
    int updatesPerEpoch = base.update().updates(datasets.batches(base).batchesPerEpoch());
    long total = base.schedule().totalSteps(updatesPerEpoch);
    long interval = base.loop().evalSteps().orElse(Math.toIntExact((total + 3) / 4));
    int questions = datasets.validation().orElseThrow().answers();
    return new Plan(total, interval, new Score(datasets.decidingMetric(base), questions));
  }

  private Result run() throws IOException {
    Score score = inputs.plan().score();
    for (long seed : config.seeds()) {
      for (Arm.GraphKey key : arms.stream().map(Arm::graphKey).distinct().toList()) {
        List<Arm> ofGraph = arms.stream().filter(arm -> arm.graphKey().equals(key)).toList();
        run(seed, ofGraph);
      }
    }
    List<ArmSummary> summaries = ArmSummary.of(arms, results);
    Recommendation recommendation = Recommendation.of(config, summaries, score);
    records.finish(recommendation, score);
    Path report =
        SweepReport.write(
            records.directory(),
            new SweepReport.Findings(config, summaries, recommendation, score));
    listener.accept(new SweepEvent.Reported(report));
    return new Result(
        records.directory().root(), score.metric(), summaries, recommendation, report);
  }

  /** Trains arms that share a graph, which is only built if one of them is still to be trained. */
  private void run(long seed, List<Arm> ofGraph) throws IOException {
    List<Arm> open = new ArrayList<>();
    for (Arm arm : ofGraph) {
      Optional<ArmResult> known = known(arm, seed);
      if (known.isPresent()) {
        add(known.get(), true);
      } else {
        open.add(arm);
      }
    }
    if (open.isEmpty()) {
      return;
    }
    TrainConfig ofSeed = config(open.get(0), seed);
    Map<String, HeldRows> held =
        RunVocabulary.of(ofSeed, inputs.model(), inputs.datasets(), Optional.empty());
    try (ModelGraph graph = inputs.model().graph(ofSeed.model(), seed, held);
        SweepSession session =
            SweepSession.open(ofSeed, inputs.model(), graph, inputs.datasets().outputs())) {
      if (!Files.exists(records.directory().facts())) {
        records.begin(inputs.plan().score()); // now that neither model nor options are refused
      }
      Evaluator evaluator = inputs.datasets().evaluator(ofSeed).orElseThrow();
      session.reset(open.get(0).threshold());
      String first = open.get(0).label(config);
      RunEvent.Evaluated start =
          ArmCallbacks.evaluated(
              evaluator,
              session.runner(),
              0,
              event -> listener.accept(new SweepEvent.InArm(first, seed, event)));
      for (Arm arm : open) {
        add(train(arm, seed, session, start), false);
      }
    }
  }

  /** Result known without training: an arm that has ended, or that an earlier seed decided. */
  private Optional<ArmResult> known(Arm arm, long seed) throws IOException {
    Optional<ArmResult> judged =
        results.stream()
            .filter(r -> r.arm().equals(arm))
            .filter(r -> r.outcome() == Outcome.STOPPED || r.outcome() == Outcome.DIVERGED)
            .findFirst();
    if (judged.isPresent()) {
      String reason = "not tried with seed " + seed + ": " + judged.get().reason();
      return Optional.of(ArmResult.skipped(arm, seed, reason));
    }
    return records.directory().result(arm, seed);
  }

  private ArmResult train(Arm arm, long seed, SweepSession session, RunEvent.Evaluated start)
      throws IOException {
    TrainConfig ofArm = config(arm, seed);
    String label = arm.label(config);
    int number = results.size() + 1;
    int count = arms.size() * config.seeds().size();
    listener.accept(new SweepEvent.ArmStarted(label, seed, number, count));
    SweepDirectory directory = records.directory();
    directory.begin(arm, seed);
    session.reset(arm.threshold());
    ArmResult result;
    try (MetricsLog metrics =
            MetricsLog.open(directory.metrics(arm, seed), ofArm.loop().loggingSteps());
        TensorBoardLog events = new TensorBoardLog(directory.tensorboard(arm, seed))) {
      Consumer<RunEvent> all =
          event -> {
            metrics.accept(event);
            events.accept(event);
            listener.accept(new SweepEvent.InArm(label, seed, event));
          };
      result = train(arm, ofArm, session, new Log(start, all));
    }
    records.add(result);
    return result;
  }

  /**
   * The log of an arm.
   *
   * @param start the metrics before its first step
   */
  private record Log(RunEvent.Evaluated start, Consumer<RunEvent> events) {}

  private ArmResult train(Arm arm, TrainConfig config, SweepSession session, Log log)
      throws IOException {
    long begin = System.nanoTime();
    Plan plan = inputs.plan();
    long seed = config.machine().seed();
    BatchSource source = inputs.datasets().batches(config);
    log.events()
        .accept(
            new RunEvent.Started(
                plan.totalSteps(),
                source.batchesPerEpoch(),
                source.examplesPerEpoch(),
                session.trainableParameters(),
                List.of()));
    ArmCallbacks callbacks =
        new ArmCallbacks(
            session.runner(),
            inputs.datasets().evaluator(config).orElseThrow(),
            new ArmCallbacks.Limits(
                plan.interval(),
                config.stability().maxSkippedSteps(),
                (step, found) -> verdict(step, seed, found)),
            log.events());
    callbacks.start(log.start());
    Schedule schedule =
        UpdateRules.schedule(config.schedule(), config.optimizer(), plan.totalSteps());
    try (Prefetcher batches = Prefetcher.start(source.from(BatchPosition.START), BATCHES_AHEAD)) {
      Trainer trainer =
          new Trainer(
              new Trainer.LoopComponents(
                  session.runner(),
                  new UpdateBatches(batches, config.update().gradientAccumulationSteps()),
                  config.update().updates(source.batchesPerEpoch()),
                  schedule::at,
                  callbacks,
                  callbacks,
                  Trainer.Measuring.NONE,
                  log.events()));
      long steps = trainer.train(0, plan.totalSteps());
      return callbacks.end(arm, seed, steps, (System.nanoTime() - begin) / 1e9);
    }
  }

  private Optional<String> verdict(long step, long seed, Map<String, Double> metrics) {
    return config.halving()
        ? inputs.plan().halving().verdict(step, seed, metrics, results)
        : Optional.empty();
  }

  private void add(ArmResult result, boolean earlier) {
    results.add(result);
    Map<String, Double> last =
        result.evaluations().isEmpty()
            ? Map.of()
            : result.evaluations().get(result.evaluations().size() - 1).metrics();
    listener.accept(
        new SweepEvent.ArmEnded(
            result.arm().label(config), result.seed(), result.reason(), last, earlier));
  }

  private TrainConfig config(Arm arm, long seed) {
    return config(config, arm, seed);
  }

  /** The run that an arm is. */
  private static TrainConfig config(SweepConfig config, Arm arm, long seed) {
    boolean byValue = arm.mode() == ClipConfig.Mode.VALUE;
    TrainConfigBuilder builder = config.base().toBuilder();
    arm.rank().ifPresent(rank -> builder.option("lora-rank", rank));
    return builder
        .learningRate(arm.learningRate())
        .option("clip-mode", arm.mode())
        .option(
            byValue ? "clip-value" : "max-grad-norm",
            arm.clipNorm().orElse(ClipConfig.defaults().maxGradNorm()))
        .seed(seed)
        .build();
  }
}
