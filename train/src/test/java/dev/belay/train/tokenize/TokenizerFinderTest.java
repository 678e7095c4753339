package dev.belay.train.tokenize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.data.DataException;
import dev.belay.train.tokenize.folder.TokenizerFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class TokenizerFinderTest {
  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void makeModel() throws IOException {
    model = Files.createDirectories(folder.resolve("bert/saved_model/1"));
    Files.createDirectories(model.resolve("assets"));
  }

  @Test
  void looksInTheModelItsAssetsAndTwoFoldersAbove() throws IOException {
    for (String place :
        new String[] {
          "bert/saved_model/1/assets", "bert/saved_model/1", "bert/saved_model", "bert"
        }) {
      Path file = Files.writeString(folder.resolve(place).resolve("vocab.txt"), "a\n");
      TokenizerFiles found = TokenizerFinder.near(model).orElseThrow();
      assertEquals(file, found.definition());
      assertEquals(TokenizerFiles.Kind.VOCABULARY, found.kind());
      Files.delete(file);
    }
    Files.writeString(folder.resolve("vocab.txt"), "a\n");
    assertEquals(Optional.empty(), TokenizerFinder.near(model), "three folders above");
  }

  @Test
  void prefersTokenizerJsonAndFindsItsConfig() throws IOException {
    Files.writeString(model.resolve("vocab.txt"), "a\n");
    Path json = Files.writeString(model.resolve("tokenizer.json"), "{}");
    Path config = Files.writeString(model.resolve("tokenizer_config.json"), "{}");
    TokenizerFiles expected =
        new TokenizerFiles(json, TokenizerFiles.Kind.TOKENIZER_JSON, Optional.of(config));
    assertEquals(Optional.of(expected), TokenizerFinder.near(model));
    assertEquals(expected, TokenizerFinder.given(model));
    assertEquals(expected, TokenizerFinder.given(json));
  }

  @Test
  void takesCopiesButRefusesDifferentOnes() throws IOException {
    Path above = Files.writeString(folder.resolve("bert/vocab.txt"), "a\n");
    Path inside = Files.writeString(model.resolve("assets/vocab.txt"), "a\n");
    assertEquals(inside, TokenizerFinder.near(model).orElseThrow().definition());
    Files.writeString(inside, "b\n");
    assertMessage(
        () -> TokenizerFinder.near(model),
        "several tokenizers lie beside the model: " + inside + ", " + above);
  }

  @Test
  void saysWhatIsNeededAndWhatIsThere() throws IOException {
    Files.writeString(folder.resolve("spiece.model"), "");
    assertMessage(() -> TokenizerFinder.given(folder), "in this folder, found bert, spiece.model");
    Path missing = folder.resolve("missing");
    assertMessage(() -> TokenizerFinder.given(missing), missing + ": no such file or folder");
  }

  private static void assertMessage(Executable action, String expected) {
    String message = assertThrows(DataException.class, action).getMessage();
    assertTrue(message.contains(expected), message);
  }
}
