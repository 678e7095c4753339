package dev.belay.savedmodel.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.belay.savedmodel.UnsupportedModelException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.proto.framework.MetaGraphDef;

/** Graphs are written by their tags: {@code serve+gpu serve}. */
class MetaGraphChoiceTest {

  private static MetaGraphChoice of(String graphs) {
    List<MetaGraphDef> all = new ArrayList<>();
    for (String tags : graphs.split(" ")) {
      MetaGraphDef.Builder graph = MetaGraphDef.newBuilder();
      if (!tags.equals("-")) {
        graph.getMetaInfoDefBuilder().addAllTags(List.of(tags.split("\\+")));
      }
      all.add(graph.build());
    }
    return new MetaGraphChoice(Path.of("m"), all);
  }

  private static String tags(MetaGraphDef graph) {
    return String.join("+", graph.getMetaInfoDef().getTagsList());
  }

  @ParameterizedTest
  @CsvSource({
    "serve+gpu serve, serve",
    "train serve+tpu, serve+tpu",
    "train+gpu, train+gpu",
    "train -, ''",
    "-, ''"
  })
  void theOneThatPythonTakes(String graphs, String taken) throws IOException {
    assertEquals(taken, tags(of(graphs).usual()));
  }

  @Test
  void whereSeveralCouldBeMeantTheirTagsAreListed() {
    assertEquals(
        "m: meta graphs: expected one with the tag 'serve', found 2 graphs: train; eval,gpu. Choose"
            + " one by its tags: --tag train",
        assertThrows(UnsupportedModelException.class, () -> of("train eval+gpu").usual())
            .getMessage());
  }

  @ParameterizedTest
  @CsvSource({"train, train", "'gpu,serve', serve+gpu", "gpu, serve+gpu", "serve, serve"})
  void theTagsThatAreAskedFor(String asked, String taken) throws IOException {
    assertEquals(taken, tags(of("serve train serve+gpu").tagged(asked)));
  }

  @Test
  void tagsThatNoGraphHas() {
    assertEquals(
        "m: meta graphs: expected one with the tags 'eval' of --tag, found 2 graphs: serve; one"
            + " without tags",
        assertThrows(UnsupportedModelException.class, () -> of("serve -").tagged("eval"))
            .getMessage());
  }
}
