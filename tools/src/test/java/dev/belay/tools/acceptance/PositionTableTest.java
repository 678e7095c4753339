package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.Fixtures;
import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A SavedModel takes no more tokens than its table of positions has rows: 32 in this one. */
class PositionTableTest {
  @TempDir Path folder;

  @Test
  void longTextsAreCutToThePositionsOfTheModel() throws IOException {
    Path vocabulary =
        Files.writeString(
            folder.resolve("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nword\n");
    Path file = folder.resolve("in.jsonl");
    Files.writeString(file, "{\"text\": \"" + "word ".repeat(60) + "\"}\n");
    Path model = Fixtures.path("savedmodel_hf_bert", "saved_model");
    ProgramRun run =
        ProgramRun.of(
            List.of(
                "predict",
                "--model=" + model,
                "--tokenizer=" + vocabulary,
                "--file=" + file,
                "--max-seq-length=64"));
    assertEquals(0, run.code(), run.err());
    assertTrue(
        run.err().contains("--max-seq-length 64: the model takes at most 32 tokens"), run.err());
  }
}
