package dev.belay.tools.fuzz;

import dev.belay.train.tokenize.TextPair;
import dev.belay.train.tokenize.TextTokenizer;
import dev.belay.train.tokenize.TokenizerFinder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A tokenizer.json or vocab.txt, opened and asked for some texts. */
final class TokenizerSubject implements Subject {
  private static final int LENGTH = 32;
  private static final List<TextPair> TEXTS =
      List.of(
          TextPair.of("Ein kleiner Text, with an English part and 中文."),
          TextPair.of(""),
          TextPair.of("\ud83d\ude00 \u0000 a\u0301 ##ing [CLS] " + "x".repeat(300)));

  private static final List<TextPair> PAIRS =
      List.of(TextPair.of("ﬁne … e\u0301", "ＡＢ\u200b  b"), TextPair.of("", "b"));

  private final String name;
  private final String file;
  private final byte[] bytes;

  TokenizerSubject(String name, Path file) throws IOException {
    this.name = "tokenizer:" + name;
    this.file = file.getFileName().toString();
    this.bytes = Files.readAllBytes(file);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void prepare(Path folder) throws IOException {
    Files.write(folder.resolve(file), bytes);
  }

  @Override
  public String mutate(Dice dice, Path folder) throws IOException {
    ByteMutation.Changed changed =
        file.endsWith(".json") && dice.chance(70)
            ? JsonMutation.of(dice, bytes)
            : TextMutation.of(dice, bytes);
    Files.write(folder.resolve(file), changed.bytes());
    return changed.what();
  }

  @Override
  public void read(Path folder) throws IOException {
    try (TextTokenizer tokenizer =
        TextTokenizer.open(TokenizerFinder.given(folder.resolve(file)), LENGTH, Optional.empty())) {
      TEXTS.forEach(tokenizer::encode);
      tokenizer.encodeAll(PAIRS);
    }
  }
}
