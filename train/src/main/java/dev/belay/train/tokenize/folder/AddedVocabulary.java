package dev.belay.train.tokenize.folder;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * Added tokens of Python's tokenizers: ids, flags, and those that are matched in texts. Follows
 * {@code added_vocabulary.rs} of the library, whose rules have changed twice.
 */
final class AddedVocabulary {

  /** Versions of the library with different rules. */
  enum Rules {
    /** 0.13: a token in the model's vocabulary is matched only if it is special. */
    TOKENIZERS_0_13,
    /** 0.14 to 0.22; the native library of Belay is one of them. */
    TOKENIZERS_0_21,
    /** 0.23: a token that is added again is replaced whole. */
    TOKENIZERS_0_23
  }

  /**
   * A token that is matched in texts.
   *
   * @param id its id
   * @param token with the flags that hold in the end
   * @param twofold whether it is matched both in original and in normalized texts
   */
  record Found(int id, AddedToken token, boolean twofold) {}

  private final Rules rules;
  private final ModelVocabulary model;
  private final Map<String, Integer> ids = new LinkedHashMap<>();
  private final Map<Integer, AddedToken> byId = new TreeMap<>();
  private final List<AddedToken> patterns = new ArrayList<>();
  private final Set<String> special = new HashSet<>();

  /** An empty vocabulary besides that of a model. */
  AddedVocabulary(Rules rules, ModelVocabulary model) {
    this.rules = rules;
    this.model = model;
  }

  /** Adds tokens as one call of the library does. */
  void add(List<AddedToken> tokens) {
    for (AddedToken token : tokens) {
      if (token.special() && !token.content().isEmpty() && special.add(token.content())) {
        patterns.add(token);
      }
    }
    for (AddedToken token : tokens) {
      if (!token.content().isEmpty()) {
        if (rules == Rules.TOKENIZERS_0_13) {
          addByOldRules(token);
        } else {
          addByNewRules(token);
        }
      }
    }
  }

  private void addByOldRules(AddedToken token) {
    OptionalInt known = id(token.content());
    int id = known.orElse(model.size() + ids.size());
    if (known.isEmpty()) {
      ids.put(token.content(), id);
      if (!special.contains(token.content())) {
        patterns.add(token);
      }
    }
    byId.put(id, token);
  }

  private void addByNewRules(AddedToken token) {
    AddedToken there = byId.get(ids.getOrDefault(token.content(), -1));
    if (there != null && there.isSame(token)) {
      return;
    }
    int id = id(token.content()).orElseGet(this::nextId);
    ids.put(token.content(), id);
    byId.put(id, token);
    if (!special.contains(token.content())) {
      patterns.add(token);
    }
  }

  private int nextId() {
    int largest = ids.values().stream().mapToInt(Integer::intValue).max().orElse(-1);
    return Math.max(largest + 1, model.size());
  }

  /** The id of a token, added or of the model. */
  OptionalInt id(String content) {
    Integer id = ids.get(content);
    return id == null ? model.id(content) : OptionalInt.of(id);
  }

  /** Number of tokens, including those of the model. */
  int size() {
    long more = ids.keySet().stream().filter(token -> model.id(token).isEmpty()).count();
    return model.size() + Math.toIntExact(more);
  }

  /** Contents of all tokens that were added. */
  Set<String> contents() {
    Set<String> contents = new HashSet<>();
    byId.values().forEach(token -> contents.add(token.content()));
    return contents;
  }

  /** The tokens that are matched, by their ids. */
  List<Found> found() {
    Map<String, Set<Boolean>> normalized = new LinkedHashMap<>();
    List<AddedToken> looked =
        rules == Rules.TOKENIZERS_0_23 ? List.copyOf(byId.values()) : List.copyOf(patterns);
    for (AddedToken token : looked) {
      normalized.computeIfAbsent(token.content(), text -> new HashSet<>()).add(token.normalized());
    }
    Map<Integer, Found> found = new TreeMap<>();
    normalized.forEach(
        (content, sides) -> {
          int id = id(content).orElseThrow();
          // The flags are the last ones given; the matching was decided by the first.
          AddedToken token =
              new AddedToken(
                  content,
                  byId.get(id).flags(),
                  Optional.of(!sides.contains(false)),
                  special.contains(content));
          found.put(id, new Found(id, token, sides.size() > 1));
        });
    return List.copyOf(found.values());
  }

  /**
   * The first token to which the native library would give another id than Python's, if those that
   * are matched were added to it in the order of their ids.
   */
  static Optional<Found> misplaced(List<Found> found, ModelVocabulary model) {
    AddedVocabulary library = new AddedVocabulary(Rules.TOKENIZERS_0_21, model);
    library.add(found.stream().map(Found::token).toList());
    return found.stream()
        .filter(
            each ->
                !each.token().content().isEmpty()
                    && library.id(each.token().content()).orElse(-1) != each.id())
        .findFirst();
  }
}
