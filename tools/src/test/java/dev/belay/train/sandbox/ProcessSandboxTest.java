package dev.belay.train.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.model.TestModels;
import dev.belay.tools.ProgramRun;
import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.EmbeddingConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.model.ModelSandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.TensorFlow;

/** What native code does not survive is an error message, and this process goes on. */
@Tag("long")
final class ProcessSandboxTest {
  private static final SandboxLimits LIMITS =
      new SandboxLimits(2L << 30, Duration.ofSeconds(8), Duration.ofMinutes(5));

  /** TensorFlow 2.10.1 divides by the stride (CVE-2023-25666). */
  private static final String DIVIDES_BY_ZERO =
      constant("sound", "DT_FLOAT", "dim { size: 2 } dim { size: 1 }", "float_val: 1")
          + """
          node { name: "boom" op: "AudioSpectrogram" input: "sound"
            attr { key: "window_size" value { i: 1 } } attr { key: "stride" value { i: 0 } } }
          """;

  /** Sixteen gigabytes, every one of them written to. */
  private static final String FILLS_MEMORY =
      constant("dims", "DT_INT64", "dim { size: 1 }", "int64_val: 4000000000")
          + constant("one", "DT_FLOAT", "", "float_val: 1")
          + constant("axis", "DT_INT32", "", "int_val: 0")
          + """
          node { name: "fill" op: "Fill" input: "dims" input: "one"
            attr { key: "T" value { type: DT_FLOAT } }
            attr { key: "index_type" value { type: DT_INT64 } } }
          node { name: "boom" op: "Exp" input: "fill" attr { key: "T" value { type: DT_FLOAT } } }
          node { name: "last" op: "Max" input: "boom" input: "axis"
            attr { key: "T" value { type: DT_FLOAT } }
            attr { key: "Tidx" value { type: DT_INT32 } } }
          """;

  /** A loop of TF1 whose condition is always true. */
  private static final String NEVER_ENDS =
      constant("yes", "DT_BOOL", "", "bool_val: true")
          + """
          node { name: "enter" op: "Enter" input: "yes" attr { key: "T" value { type: DT_BOOL } }
            attr { key: "frame_name" value { s: "f" } } }
          node { name: "merge" op: "Merge" input: "enter" input: "next"
            attr { key: "T" value { type: DT_BOOL } } attr { key: "N" value { i: 2 } } }
          node { name: "more" op: "LoopCond" input: "merge" }
          node { name: "switch" op: "Switch" input: "merge" input: "more"
            attr { key: "T" value { type: DT_BOOL } } }
          node { name: "next" op: "NextIteration" input: "switch:1"
            attr { key: "T" value { type: DT_BOOL } } }
          node { name: "boom" op: "Exit" input: "switch" attr { key: "T" value { type: DT_BOOL } } }
          """;

  @TempDir Path folder;

  private static String constant(String name, String type, String shape, String values) {
    return ("node { name: \"%s\" op: \"Const\" attr { key: \"dtype\" value { type: %s } }"
            + " attr { key: \"value\" value { tensor { dtype: %s tensor_shape { %s } %s } } } } ")
        .formatted(name, type, type, shape, values);
  }

  /** y = x, once the hostile node has run. */
  private Path model(String nodes) throws IOException {
    return model(
        nodes,
        "node { name: \"y\" op: \"Identity\" input: \"x\" input: \"^boom\""
            + " attr { key: \"T\" value { type: DT_FLOAT } } }");
  }

  private Path model(String nodes, String output) throws IOException {
    return TestModels.write(
        folder.resolve("model"),
        "graph_def { versions { producer: 1205 } "
            + TestModels.input()
            + nodes
            + output
            + " } "
            + TestModels.signature("serving_default", "y:0"));
  }

  private ModelSandbox sandbox() {
    return new ProcessSandbox(
        new SandboxCache(folder.resolve("judged")),
        model -> LIMITS,
        SandboxClassPath::ofThisProcess);
  }

  private ProgramRun predict(Path model, String... options) throws IOException {
    Path rows = Files.writeString(folder.resolve("rows.jsonl"), "{\"x\": 1.5}\n");
    List<String> arguments =
        Stream.concat(
                Stream.of("predict", "--model=" + model, "--file=" + rows, "--device=cpu"),
                Stream.of(options))
            .toList();
    return ProgramRun.of(this::sandbox, arguments.toArray(new String[0]));
  }

  @Test
  void aGraphThatKillsNativeCodeIsRefused() throws IOException {
    Path model = model(DIVIDES_BY_ZERO);
    ProgramRun run = predict(model);
    assertEquals(3, run.code(), run.err());
    assertEquals(
        "belay predict: "
            + model.resolve("saved_model.pb")
            + ": expected a model that TensorFlow survives, found that the process that tried it"
            + " ended by SIGFPE while importing its graph. The model is damaged, hostile, or larger"
            + " than this machine; if you trust it, --trust-model takes it into this process, which"
            + " may die of it\n",
        run.err());
    assertEquals("", run.out());
    assertFalse(
        Files.exists(folder.resolve("judged")), "a model that kills was remembered as good");
    assertEquals("2.10.1", TensorFlow.version(), "native code of this process is well");
  }

  @Test
  void aGraphThatFillsMemoryIsRefused() throws IOException {
    ProgramRun run =
        predict(
            model(
                FILLS_MEMORY,
                "node { name: \"y\" op: \"AddV2\" input: \"x\" input: \"last\""
                    + " attr { key: \"T\" value { type: DT_FLOAT } } }"));
    assertEquals(3, run.code(), run.err());
    assertTrue(run.err().contains("took more than 2048 MB of memory"), run.err());
  }

  @Test
  void aGraphThatNeverEndsIsRefused() throws IOException {
    ProgramRun run = predict(model(NEVER_ENDS));
    assertEquals(3, run.code(), run.err());
    assertTrue(run.err().contains("did not end within 8 s of processor time"), run.err());
  }

  @Test
  void aSoundModelPassesAndIsRemembered() throws IOException {
    Path model = model("node { name: \"boom\" op: \"NoOp\" }");
    ProgramRun run = predict(model);
    assertEquals(0, run.code(), run.err());
    assertEquals("{\"score\":1.5,\"logits\":[1.5]}\n", run.out());
    try (Stream<Path> judged = Files.list(folder.resolve("judged"))) {
      assertEquals(1, judged.count());
    }
    ModelConfig config = ConfigBinder.with(ModelConfig.of(model), "model-losses", false);
    assertEquals(ModelSandbox.SandboxCheck.PASSED, sandbox().begin(config, false));
    assertFalse(isRemembered(config, true), "to train it is another matter");
    Files.writeString(Files.createDirectories(model.resolve("assets")).resolve("a.txt"), "a");
    assertFalse(isRemembered(config, false), "an asset is another");
  }

  private boolean isRemembered(ModelConfig config, boolean trains) throws IOException {
    try (ModelSandbox.SandboxCheck check = sandbox().begin(config, trains)) {
      return check == ModelSandbox.SandboxCheck.PASSED;
    }
  }

  @Test
  void aModelIsTrainedAndEvaluatedInTheTrial() throws IOException {
    ModelConfig config = ModelConfig.of(Fixtures.path("savedmodel_keras_bert", "saved_model"));
    try (ModelSandbox.SandboxCheck check = sandbox().begin(config, true)) {
      check.await();
    }
    assertTrue(isRemembered(config, true));
  }

  @Test
  void aTrustedModelIsNotTried() throws IOException {
    ModelConfig any = ModelConfig.of(model(DIVIDES_BY_ZERO));
    ModelConfig trusted =
        new ModelConfig(
            any.path(),
            ConfigBinder.defaults(ModelConfig.Files.class),
            any.signature(),
            any.inputs(),
            any.output(),
            any.head(),
            any.features(),
            any.labels(),
            any.problem(),
            any.trainable(),
            any.freeze(),
            any.dropout(),
            any.modelLosses(),
            any.adapter(),
            new ModelConfig.Trust(java.util.Set.of(), false, List.of(), Optional.empty(), true),
            EmbeddingConfig.defaults(),
            any.loss(),
            false);
    assertTrue(isRemembered(trusted, true));
    ProgramRun run = predict(model("node { name: \"boom\" op: \"NoOp\" }"), "--trust-model");
    assertEquals(0, run.code(), run.err());
    assertFalse(Files.exists(folder.resolve("judged")));
  }

  @Test
  void aTrialThatIsClosedEnds() throws IOException {
    ModelConfig config = ModelConfig.of(model(NEVER_ENDS));
    long before = ProcessHandle.current().children().count();
    try (ModelSandbox.SandboxCheck check = sandbox().begin(config, false)) {
      assertFalse(check == ModelSandbox.SandboxCheck.PASSED);
      assertEquals(before + 1, ProcessHandle.current().children().count());
    }
    assertEquals(before, ProcessHandle.current().children().filter(ProcessHandle::isAlive).count());
  }

  @Test
  void whatIsNoModelIsToldByTheReaderNotTheJudge() throws IOException {
    ProgramRun run = predict(folder.resolve("nothing"));
    assertEquals(3, run.code(), run.err());
    assertTrue(run.err().contains("does not exist"), run.err());
    Path model = model("node { name: \"boom\" op: \"ReadFile\" input: \"x\" }");
    run = predict(model);
    assertEquals(3, run.code(), run.err());
    assertTrue(run.err().contains("input 0 of type DT_STRING"), run.err());
  }

  @Test
  void aProcessThatDoesNotStartIsTheMachinesFault() {
    SandboxOutcome end =
        new SandboxOutcome(1, Optional.empty(), List.of("Could not create the Java VM."));
    assertFalse(end.began());
    assertEquals("ended by exit code 1", end.cause());
    SandboxOutcome aborted =
        new SandboxOutcome(
            134,
            Optional.empty(),
            List.of(
                "importing its graph",
                "2022-11-16 10:00:00.1: F tensorflow/core/a.cc:2] Check failed: a >= 0",
                "#  SIGABRT (0x6) at pc=0x1, pid=1, tid=1"));
    assertTrue(aborted.began());
    assertEquals("ended by SIGABRT (Check failed: a >= 0)", aborted.cause());
  }
}
