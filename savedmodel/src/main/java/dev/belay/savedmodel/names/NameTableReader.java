package dev.belay.savedmodel.names;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a family's table; see {@link NameTable} for what its lines mean. */
final class NameTableReader {
  /** The columns after the kind. */
  private static final List<Dialect> COLUMNS =
      List.of(Dialect.PYTORCH, Dialect.TF1, Dialect.KERAS, Dialect.TF2);

  private static final String NO_NAME = "-";
  private static final String TRANSPOSED = "^T";

  private final Map<Dialect, String> baseWords = new EnumMap<>(Dialect.class);
  private final List<NameRule> rules = new ArrayList<>();
  private final List<NamePattern> buffers = new ArrayList<>();
  private final Map<String, String> tied = new LinkedHashMap<>();
  private String output;
  private boolean base;

  private NameTableReader() {}

  static NameTable read(Family family) {
    String resource = family.modelType() + ".txt";
    NameTableReader reader = new NameTableReader();
    try (InputStream stream = NameTableReader.class.getResourceAsStream(resource);
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.isBlank() && !line.startsWith("# ")) {
          reader.line(List.of(line.strip().split("\\s+")));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(resource, e);
    }
    return new NameTable(
        new NameTable.Lines(
            reader.baseWords, reader.rules, reader.buffers, reader.tied, reader.output));
  }

  private void line(List<String> words) {
    switch (words.get(0)) {
      case "base" -> {
        base = true;
        for (int column = 0; column < COLUMNS.size(); column++) {
          String word = words.get(column + 1);
          baseWords.put(COLUMNS.get(column), word.equals(NO_NAME) ? "" : word);
        }
      }
      case "head" -> base = false;
      case "buffer" -> buffers.add(NamePattern.of(words.get(1)));
      case "tied" -> tied.put(words.get(1), words.get(2));
      case "output" -> {
        output = words.get(1);
        tied.put(words.get(1), words.get(2));
      }
      default -> rules(words);
    }
  }

  private void rules(List<String> words) {
    Map<Dialect, List<NameRule.Form>> weight = new EnumMap<>(Dialect.class);
    Map<Dialect, List<NameRule.Form>> bias = new EnumMap<>(Dialect.class);
    for (int column = 0; column < COLUMNS.size(); column++) {
      String name = words.get(column + 1);
      Dialect dialect = COLUMNS.get(column);
      if (name.equals(NO_NAME)) {
        continue;
      }
      boolean pytorch = dialect == Dialect.PYTORCH;
      switch (words.get(0)) {
        case "dense" -> {
          weight.put(
              dialect,
              List.of(
                  pytorch
                      ? form(name + ".weight", Layout.SAME)
                      : form(name + "/kernel", Layout.TRANSPOSED)));
          bias.put(dialect, List.of(form(name + (pytorch ? ".bias" : "/bias"), Layout.SAME)));
        }
        case "norm" -> {
          // Files of the first PyTorch BERT kept TensorFlow's words.
          weight.put(dialect, pytorch ? either(name, ".weight", ".gamma") : one(name, "/gamma"));
          bias.put(dialect, pytorch ? either(name, ".bias", ".beta") : one(name, "/beta"));
        }
        case "conv1d" -> {
          weight.put(dialect, one(name, pytorch ? ".weight" : "/weight"));
          bias.put(
              dialect, pytorch ? one(name, ".bias") : List.of(form(name + "/bias", Layout.ROW)));
        }
        case "tensor" ->
            weight.put(
                dialect,
                Arrays.stream(name.split("\\|", -1)).map(NameTableReader::tensor).toList());
        default -> throw new IllegalStateException("no kind of line: " + words);
      }
    }
    rules.add(new NameRule(base, weight));
    if (!bias.isEmpty()) {
      rules.add(new NameRule(base, bias));
    }
  }

  private static NameRule.Form tensor(String name) {
    return name.endsWith(TRANSPOSED)
        ? form(name.substring(0, name.length() - TRANSPOSED.length()), Layout.TRANSPOSED)
        : form(name, Layout.SAME);
  }

  private static List<NameRule.Form> one(String name, String ending) {
    return List.of(form(name + ending, Layout.SAME));
  }

  private static List<NameRule.Form> either(String name, String ending, String older) {
    return List.of(form(name + ending, Layout.SAME), form(name + older, Layout.SAME));
  }

  private static NameRule.Form form(String name, Layout layout) {
    return new NameRule.Form(NamePattern.of(name), layout);
  }
}
