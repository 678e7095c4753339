package dev.belay.tools.argument;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.Fixtures;
import dev.belay.tools.command.BelayCommand;
import dev.belay.tools.command.Context;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.HuggingFaceArgument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The arguments that people bring from Hugging Face: each is an option, or says what is. */
final class HuggingFaceArgumentTest {
  @TempDir Path scratch;

  private final CommandLine program = BelayCommand.commandLine(new Context(null, null, List.of()));

  @Test
  void everyArgumentOfTrainerAndScriptsHasItsAnswer() throws IOException {
    JsonNode lists = Fixtures.json(Fixtures.path("huggingface_arguments", "arguments.json"));
    List<String> without = new ArrayList<>();
    int names = 0;
    for (Map.Entry<String, JsonNode> list : lists.properties()) {
      for (JsonNode name : list.getValue()) {
        names++;
        boolean own = isOption("--" + Arguments.kebab(name.asText()));
        if (!own && HuggingFaceArgument.find(name.asText()).isEmpty()) {
          without.add(list.getKey() + ": " + name.asText());
        }
      }
    }
    assertEquals(List.of(), without);
    assertTrue(names > 300, "names: " + names);
  }

  @Test
  void everyMeaningIsAnOptionThatThereIs() {
    for (HuggingFaceArgument argument : HuggingFaceArgument.all().values()) {
      for (HuggingFaceArgument.Meaning meaning : argument.meanings()) {
        assertTrue(meaning.option().isEmpty() || isOption(meaning.option()), () -> argument + "");
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --model_name_or_path m        | --model=m
          --model-name-or-path=m        | --model=m
          --per_device_train_batch_size 8 | --train-batch-size=8
          --fp16                        | --precision=fp16
          --fp16 True                   | --precision=fp16
          --fp16 False                  | ''
          --optim adamw_torch_fused     | --optimizer=adamw_torch
          --evaluation_strategy epoch   | ''
          --evaluation_strategy no      | ''
          --save_strategy epoch         | --save-epochs
          --do_train --do_eval          | ''
          --max_steps -1                | --max-steps -1
          --resume_from_checkpoint      | --resume=auto
          --resume_from_checkpoint runs/a | --resume=runs/a
          --lr_scheduler_type constant_with_warmup | --lr-scheduler=constant
          --load_best_model_at_end True | --load-best-model-at-end
          --load_best_model_at_end False | ''
          --load_best_model_at_end --seed 1 | --load-best-model-at-end --seed 1
          """)
  void argumentsBecomeOptions(String typed, String expected) throws IOException {
    List<String> line = new ArrayList<>(List.of("train"));
    line.addAll(List.of(typed.split(" ")));
    List<String> tokens = Arguments.of(program, line).tokens();
    assertEquals(expected, String.join(" ", tokens.subList(1, tokens.size())));
  }

  @Test
  void anArgumentWithoutCounterpartSaysWhatDoesTheSame() {
    ConfigException thrown =
        assertThrows(
            ConfigException.class,
            () ->
                Arguments.of(
                    program,
                    List.of("train", "--deepspeed", "ds.json", "--optim=lion", "--fp16=maybe")));
    assertEquals(
        """
        --deepspeed: not an option of Belay: --device gpu:0,1 shares a batch between GPUs, \
        --workers and --cluster-hosts between processes
        --optim lion: not in Belay: --optimizer adamw, adamw_torch, adam, bert_adam, lamb, \
        adafactor, sgd or momentum
        --fp16 maybe: expected True or False, found maybe\
        """,
        thrown.getMessage());
  }

  @Test
  void anArgumentThatIsNoSwitchNeedsAValue() {
    ConfigException thrown =
        assertThrows(
            ConfigException.class,
            () -> Arguments.of(program, List.of("train", "--model_name_or_path", "--head", "x")));
    assertEquals("--model_name_or_path: expected a value, found none", thrown.getMessage());
  }

  @Test
  void keysOfAConfigFileAreTakenAlike() throws IOException {
    Path file = scratch.resolve("run.yaml");
    Files.writeString(
        file,
        """
        model_name_or_path: m
        bf16: true
        do_train: true
        save_strategy: best
        per_device_train_batch_size: 4
        """);
    Arguments arguments = Arguments.of(program, List.of("train", "--config", file.toString()));
    assertEquals(
        List.of(
            "--model=m", "--precision=bf16", "--load-best-model-at-end", "--train-batch-size=4"),
        arguments.tokens().subList(3, 7));
    assertEquals(file + ", line 2", arguments.origins().get("--precision"));
  }

  @Test
  void aKeyWithoutCounterpartIsRefusedWithItsLine() throws IOException {
    Path file = scratch.resolve("run.yaml");
    Files.writeString(file, "model: m\nneftune_noise_alpha: 5\n");
    ConfigException thrown =
        assertThrows(
            ConfigException.class,
            () -> Arguments.of(program, List.of("train", "--config", file.toString())));
    assertEquals(
        file
            + ", line 2: neftune_noise_alpha: not an option of Belay: Belay adds no noise to"
            + " embeddings",
        thrown.getMessage());
  }

  private boolean isOption(String name) {
    CommandLine train = program.getSubcommands().get("train");
    assertNotNull(train);
    return train.getCommandSpec().findOption(name) != null;
  }
}
