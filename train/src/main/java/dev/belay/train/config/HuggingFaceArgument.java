package dev.belay.train.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An argument of Hugging Face's Trainer or of its example scripts, and its equivalent in Belay.
 * {@code huggingface-arguments.txt} lists all of them.
 *
 * @param name with underscores, as Hugging Face has it
 * @param meanings by value in small letters; {@code *} for every other value
 */
public record HuggingFaceArgument(String name, List<Meaning> meanings) {
  private static final String ANY = "*";
  private static final String VALUE = "{}";
  private static final Map<String, HuggingFaceArgument> ALL = read();

  public HuggingFaceArgument {
    meanings = List.copyOf(meanings);
  }

  /**
   * The meaning of a value.
   *
   * @param value in small letters, or {@code *}
   * @param option of Belay with the same effect; empty if no option is needed
   * @param argument of that option, {@code {}} for the value itself; empty for a switch
   * @param refusal advice if Belay has no such option; else empty
   */
  public record Meaning(String value, String option, String argument, String refusal) {

    /** A meaning as the table writes it. */
    private static Meaning parse(String value, String text) {
      if (text.startsWith("!")) {
        return new Meaning(value, "", "", text.substring(1).strip());
      }
      String[] parts = text.split(" ", 2);
      return new Meaning(value, parts[0], parts.length > 1 ? parts[1] : "", "");
    }

    Meaning with(String actual) {
      return new Meaning(value, option, argument.equals(VALUE) ? actual : argument, refusal);
    }

    /** Whether Belay refuses it, because no option has the same effect. */
    public boolean isRefused() {
      return !refusal.isEmpty();
    }

    /** The equivalent options for the user. */
    public List<String> tokens() {
      if (option.isEmpty()) {
        return List.of();
      }
      return List.of(argument.isEmpty() ? option : option + "=" + argument);
    }
  }

  /**
   * Finds an argument by its name, with hyphens or underscores, with or without leading hyphens.
   */
  public static Optional<HuggingFaceArgument> find(String name) {
    String bare = name.startsWith("--") ? name.substring(2) : name;
    return Optional.ofNullable(ALL.get(bare.replace('-', '_')));
  }

  /** All of them. */
  public static Map<String, HuggingFaceArgument> all() {
    return ALL;
  }

  /** The meaning of a value. */
  public Meaning of(String value) {
    return meanings.stream()
        .filter(meaning -> meaning.value().equalsIgnoreCase(value) || meaning.value().equals(ANY))
        .findFirst()
        .map(meaning -> meaning.with(value))
        .orElseGet(() -> new Meaning(value, "", "", "expected " + expected() + ", found " + value));
  }

  /** Whether it makes no sense without a value, unlike a switch. */
  public boolean needsValue() {
    return meanings.stream().allMatch(meaning -> meaning.argument().equals(VALUE));
  }

  /**
   * Why Belay does not accept a value, or the argument at all.
   *
   * @param typed the argument as typed
   */
  public String problem(String typed, String value) {
    Meaning meaning = of(value);
    if (meanings.stream().allMatch(Meaning::isRefused)) {
      return typed + ": not an option of Belay: " + meaning.refusal();
    }
    boolean unknown = meaning.refusal().startsWith("expected ");
    return typed + " " + value + ": " + (unknown ? "" : "not in Belay: ") + meaning.refusal();
  }

  private String expected() {
    return String.join(" or ", meanings.stream().map(Meaning::value).toList());
  }

  private static Map<String, HuggingFaceArgument> read() {
    Map<String, HuggingFaceArgument> all = new LinkedHashMap<>();
    try (InputStream table =
        HuggingFaceArgument.class.getResourceAsStream("huggingface-arguments.txt")) {
      new String(table.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .map(HuggingFaceArgument::parse)
          .forEach(argument -> all.put(argument.name(), argument));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Map.copyOf(all);
  }

  private static HuggingFaceArgument parse(String line) {
    String[] parts = line.split(" ", 3);
    if (parts[1].equals("!")) {
      return new HuggingFaceArgument(parts[0], List.of(new Meaning(ANY, "", "", parts[2].strip())));
    }
    if (parts[2].startsWith("--")) {
      return new HuggingFaceArgument(
          parts[0], List.of(new Meaning(ANY, parts[2].strip(), VALUE, "")));
    }
    return new HuggingFaceArgument(
        parts[0],
        Arrays.stream(parts[2].split("\\|"))
            .map(String::strip)
            .map(choice -> choice.split(":", 2))
            .map(choice -> Meaning.parse(choice[0], choice[1].strip()))
            .toList());
  }
}
