package dev.belay.savedmodel.names;

import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Names of one family in every dialect.
 *
 * <p>The canonical name of a tensor is that of Hugging Face's PyTorch model with its head, {@code
 * bert.pooler.dense.weight}, and its canonical form is PyTorch's: kernels are [out, in].
 *
 * <p>The tables are resources: one line a module or tensor, its name in each dialect.
 *
 * <pre>
 * base    WORD of each dialect; the lines below are the model without its head, without that word
 * head    the lines below are names as they are
 * dense   NAME.weight, NAME.bias     TensorFlow: NAME/kernel transposed, NAME/bias
 * norm    NAME.weight, NAME.bias     TensorFlow: NAME/gamma, NAME/beta; old PyTorch files too
 * conv1d  NAME.weight, NAME.bias     TensorFlow: NAME/weight, NAME/bias as a row
 * tensor  the full name; ^T after it: transposed; | before another name that is read too
 * buffer  a PyTorch name that holds no weight
 * tied    a PyTorch name that repeats another tensor
 * output  the same, unless the output over the vocabulary has a separate table
 * </pre>
 *
 * <p>{@code #} is a number, {@code -} is no name.
 */
public final class NameTable {
  private static final Map<Family, NameTable> TABLES = new EnumMap<>(Family.class);

  static {
    for (Family family : Family.values()) {
      TABLES.put(family, NameTableReader.read(family));
    }
  }

  private final Map<Dialect, String> baseWords;
  private final List<NameRule> rules;
  private final List<NamePattern> buffers;
  private final Map<String, String> tied;
  private final String output;

  /** Parsed lines of a table. */
  record Lines(
      Map<Dialect, String> baseWords,
      List<NameRule> rules,
      List<NamePattern> buffers,
      Map<String, String> tied,
      String output) {}

  NameTable(Lines lines) {
    this.baseWords = Map.copyOf(lines.baseWords());
    this.rules = List.copyOf(lines.rules());
    this.buffers = List.copyOf(lines.buffers());
    this.tied = Map.copyOf(lines.tied());
    this.output = lines.output();
  }

  /** The table of a family. */
  public static NameTable of(Family family) {
    return TABLES.get(family);
  }

  /**
   * The name and layout of a canonical tensor in a dialect.
   *
   * @return empty if the table does not know the tensor, or the dialect has no name for it
   */
  public Optional<DialectName> inDialect(Dialect dialect, String canonical) {
    for (NameRule rule : rules) {
      NameRule.Form mine = rule.written(Dialect.PYTORCH).orElseThrow();
      Optional<List<String>> numbers =
          withoutBase(Dialect.PYTORCH, rule, canonical).flatMap(mine.pattern()::numbers);
      if (numbers.isPresent()) {
        return rule.written(dialect)
            .map(
                form ->
                    new DialectName(
                        base(dialect, rule) + form.pattern().name(numbers.get()), form.layout()));
      }
    }
    return Optional.empty();
  }

  /**
   * The canonical name of a tensor of a dialect.
   *
   * @param name in full, with the model's first word
   * @return canonical name, and the layout under which the dialect keeps it; empty if unknown
   */
  public Optional<DialectName> canonical(Dialect dialect, String name) {
    return canonical(dialect, name, true);
  }

  /** As {@link #canonical(Dialect, String)}, of a model that may be without its first word. */
  Optional<DialectName> canonical(Dialect dialect, String name, boolean withBaseWord) {
    for (NameRule rule : rules) {
      Optional<String> inner =
          withBaseWord || !rule.base() ? withoutBase(dialect, rule, name) : Optional.of(name);
      if (inner.isEmpty()) {
        continue;
      }
      for (NameRule.Form form : rule.forms().getOrDefault(dialect, List.of())) {
        Optional<List<String>> numbers = form.pattern().numbers(inner.get());
        if (numbers.isPresent()) {
          NameRule.Form mine = rule.written(Dialect.PYTORCH).orElseThrow();
          return Optional.of(
              new DialectName(
                  base(Dialect.PYTORCH, rule) + mine.pattern().name(numbers.get()), form.layout()));
        }
      }
    }
    return Optional.empty();
  }

  /** Returns whether a PyTorch name holds no weight but a constant. */
  public boolean isBuffer(String name) {
    String base = baseWords.getOrDefault(Dialect.PYTORCH, "") + Dialect.PYTORCH.separator();
    return buffers.stream()
        .anyMatch(
            buffer -> buffer.numbers(name).isPresent() || buffer.numbers(base + name).isPresent());
  }

  /** The full name of a tensor that may repeat another, also of a model without a head. */
  public Optional<String> repeated(String name) {
    String base = baseWords.getOrDefault(Dialect.PYTORCH, "") + Dialect.PYTORCH.separator();
    return Stream.of(name, base + name).filter(tied::containsKey).findFirst();
  }

  /** All PyTorch names that repeat another tensor, by name; the output over the vocabulary too. */
  public Map<String, String> tied() {
    return tied;
  }

  /** The separate table of the output over the vocabulary, if there is one. */
  public String output() {
    return output;
  }

  /** {@code bert}: the model's first word in a dialect; empty if it has none. */
  public String baseWord(Dialect dialect) {
    return baseWords.getOrDefault(dialect, "");
  }

  /**
   * As {@link #baseWord}, if that tells the family: programs put {@code model} before the names of
   * every family.
   */
  public Optional<String> tellingWord(Dialect dialect) {
    return Optional.of(baseWord(dialect)).filter(word -> !word.isEmpty() && !word.equals("model"));
  }

  /**
   * Returns whether a name of a dialect, with the model's first word if that is there, is one of
   * the model without its head.
   *
   * @param withBaseWord whether the names have the model's first word
   */
  public boolean isBase(Dialect dialect, String name, boolean withBaseWord) {
    String word = baseWords.getOrDefault(dialect, "");
    if (!word.isEmpty()) {
      return !withBaseWord || name.startsWith(word + dialect.separator());
    }
    // Without a first word, parts of the model are recognized by their own first words.
    return rules.stream()
        .flatMap(rule -> rule.written(dialect).stream())
        .map(form -> form.pattern().text())
        .filter(text -> text.contains("#"))
        .map(text -> text.substring(0, text.indexOf(dialect.separator()) + 1))
        .anyMatch(name::startsWith);
  }

  /** Returns whether the dialect has names for this family at all. */
  public boolean knows(Dialect dialect) {
    return rules.stream().anyMatch(rule -> rule.written(dialect).isPresent());
  }

  /** All rules, in the order of the table. */
  List<NameRule> rules() {
    return rules;
  }

  /** {@code bert/}, or nothing for a tensor of the head. */
  String base(Dialect dialect, NameRule rule) {
    String word = rule.base() ? baseWords.getOrDefault(dialect, "") : "";
    return word.isEmpty() ? "" : word + dialect.separator();
  }

  private Optional<String> withoutBase(Dialect dialect, NameRule rule, String name) {
    String base = base(dialect, rule);
    return name.startsWith(base) ? Optional.of(name.substring(base.length())) : Optional.empty();
  }

  /** All canonical patterns, for tests. */
  List<String> canonicalPatterns() {
    Set<String> patterns = new LinkedHashSet<>();
    for (NameRule rule : rules) {
      patterns.add(
          base(Dialect.PYTORCH, rule)
              + rule.written(Dialect.PYTORCH).orElseThrow().pattern().text());
    }
    return List.copyOf(patterns);
  }
}
