package dev.belay.savedmodel.names;

import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of the tensors of a file: their family and dialect, and the canonical name of each.
 *
 * @param family family whose table knows most of them
 * @param dialect dialect of the names
 * @param prefix prefix of every name: the name of a Keras model, the path of an object
 * @param named whether the model without its head has its first word, {@code bert}
 * @param sources for every canonical name the file's, with the layout it is kept in
 * @param unknown names that the table does not know
 */
public record Naming(
    Family family,
    Dialect dialect,
    String prefix,
    boolean named,
    Map<String, DialectName> sources,
    Set<String> unknown) {

  public Naming {
    sources = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(sources));
    unknown = java.util.Collections.unmodifiableSet(new LinkedHashSet<>(unknown));
  }

  /**
   * Finds the naming that matches most names.
   *
   * @param names of the weights of a file
   * @param dialects that the file's format can have
   * @param family that the model's configuration names, if it does
   * @return empty if no table knows any of them
   */
  public static Optional<Naming> find(
      Collection<String> names, Set<Dialect> dialects, Optional<Family> family) {
    Set<Family> families = family.map(EnumSet::of).orElse(EnumSet.allOf(Family.class));
    return families.stream()
        .flatMap(one -> dialects.stream().flatMap(d -> candidates(names, one, d).stream()))
        .filter(naming -> !naming.sources().isEmpty())
        // Of two that match equally many names, the one that drops no word; then the older family.
        .max(
            Comparator.comparing((Naming naming) -> naming.sources().size())
                .thenComparing(Naming::named)
                .thenComparing(naming -> -naming.prefix().length())
                .thenComparing(Naming::family, Comparator.reverseOrder()));
  }

  private static List<Naming> candidates(Collection<String> names, Family family, Dialect dialect) {
    NameTable table = NameTable.of(family);
    if (!table.knows(dialect)) {
      return List.of();
    }
    return prefixes(names, table, dialect).stream()
        .flatMap(
            prefix ->
                List.of(true, false).stream()
                    .map(named -> of(names, family, dialect, new Prefix(prefix, named))))
        .toList();
  }

  /** A prefix, and whether the model's first word comes after it. */
  private record Prefix(String text, boolean named) {}

  private static Naming of(
      Collection<String> names, Family family, Dialect dialect, Prefix prefix) {
    NameTable table = NameTable.of(family);
    Map<String, DialectName> sources = new LinkedHashMap<>();
    Set<String> unknown = new LinkedHashSet<>();
    for (String name : names) {
      Optional<DialectName> canonical =
          name.startsWith(prefix.text())
              ? table.canonical(dialect, name.substring(prefix.text().length()), prefix.named())
              : Optional.empty();
      if (canonical.isEmpty() && dialect == Dialect.KERAS) {
        // A layer shared by several models is outside of all of them: T5's "shared".
        canonical = table.canonical(dialect, name, prefix.named());
      }
      boolean added =
          canonical.isPresent()
              && sources.putIfAbsent(
                      canonical.get().name(), new DialectName(name, canonical.get().layout()))
                  == null;
      if (!added) {
        unknown.add(name);
      }
    }
    return new Naming(family, dialect, prefix.text(), prefix.named(), sources, unknown);
  }

  /** The prefixes before names of the table, for every name that ends with one of them. */
  private static Set<String> prefixes(Collection<String> names, NameTable table, Dialect dialect) {
    Set<String> prefixes = new LinkedHashSet<>();
    prefixes.add("");
    for (NameRule rule : table.rules()) {
      for (NameRule.Form form : rule.forms().getOrDefault(dialect, List.of())) {
        String base = table.base(dialect, rule);
        Pattern ending =
            Pattern.compile(
                "(|.*?"
                    + Pattern.quote("" + dialect.separator())
                    + ")("
                    + Pattern.quote(base)
                    + ")?"
                    + form.pattern().exact().pattern());
        for (String name : names) {
          Matcher matcher = ending.matcher(name);
          if (matcher.matches()) {
            prefixes.add(matcher.group(1));
          }
        }
      }
    }
    return prefixes;
  }
}
