package dev.belay.savedmodel.model;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.UnsupportedModelException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.tensorflow.proto.framework.MetaGraphDef;

/**
 * Chooses one of the graphs that a SavedModel holds. Each has a set of tags: TensorFlow 2 writes
 * one graph, with the tag {@code serve}; TF1 may write several, and TF-Hub's modules have one
 * without a tag and one with {@code train}.
 */
final class MetaGraphChoice {
  private static final String SERVE = SavedModelContents.SERVE;

  private final Path file;
  private final List<MetaGraphDef> graphs;

  MetaGraphChoice(Path file, List<MetaGraphDef> graphs) {
    this.file = file;
    this.graphs = graphs;
  }

  /**
   * The graph with the requested tags, separated by commas: with exactly these, else the only one
   * that has all of them.
   *
   * @throws UnsupportedModelException if there is none, or more than one; the message lists all
   */
  MetaGraphDef tagged(String wanted) throws IOException {
    Set<String> tags = new TreeSet<>(List.of(wanted.split(",")));
    tags.removeIf(String::isBlank);
    List<MetaGraphDef> found = matching(graph -> tags(graph).equals(tags));
    if (found.isEmpty()) {
      found = matching(graph -> tags(graph).containsAll(tags));
    }
    if (found.size() != 1) {
      throw new UnsupportedModelException(
          file,
          "meta graphs",
          "expected one with the tags '" + wanted + "' of --tag, found " + listed());
    }
    return found.get(0);
  }

  /**
   * The graph that Python and TensorFlow Serving use: the one tagged {@code serve} alone, or the
   * only one there is; else the one without tags, which TF-Hub loads, or the only one that is
   * tagged {@code serve} among others.
   *
   * @throws CorruptModelException if there is no graph
   * @throws UnsupportedModelException if the choice is ambiguous; the message lists all
   */
  MetaGraphDef usual() throws IOException {
    if (graphs.isEmpty()) {
      throw new CorruptModelException(
          file, "meta graphs", "one with the tag '" + SERVE + "'", "no meta graph");
    }
    for (Predicate<MetaGraphDef> rule : rules()) {
      List<MetaGraphDef> found = matching(rule);
      if (found.size() == 1) {
        return found.get(0);
      }
    }
    throw new UnsupportedModelException(
        file,
        "meta graphs",
        "expected one with the tag '"
            + SERVE
            + "', found "
            + listed()
            + ". Choose one by its tags: --tag "
            + String.join(",", tags(graphs.get(0))));
  }

  private List<Predicate<MetaGraphDef>> rules() {
    return List.of(
        graph -> tags(graph).equals(Set.of(SERVE)),
        graph -> graphs.size() == 1,
        graph -> tags(graph).isEmpty(),
        graph -> tags(graph).contains(SERVE));
  }

  private List<MetaGraphDef> matching(Predicate<MetaGraphDef> rule) {
    return graphs.stream().filter(rule).toList();
  }

  private String listed() {
    List<String> shown = new ArrayList<>();
    for (MetaGraphDef graph : graphs) {
      shown.add(tags(graph).isEmpty() ? "one without tags" : String.join(",", tags(graph)));
    }
    return graphs.size()
        + (graphs.size() == 1 ? " graph: " : " graphs: ")
        + String.join("; ", shown);
  }

  private static Set<String> tags(MetaGraphDef graph) {
    return new TreeSet<>(graph.getMetaInfoDef().getTagsList());
  }
}
