package dev.belay.graph.gradient.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.graph.gradient.audit.Trial.Outcome;
import dev.belay.graph.gradient.audit.Trial.Verdict;
import dev.belay.savedmodel.PythonInterop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * No gradient is wrong in silence: each combination of the catalogue is right, rewritten or
 * refused. A sample is tried always, all of them with {@code -Dbelay.audit=check}, which holds them
 * against docs/gradients.md and TensorFlow Python too, or {@code -Dbelay.audit=write}, which writes
 * the table there.
 */
@Tag("long")
class GradientAuditTest {
  private static final int SAMPLE_EVERY = 60;
  private static final int ASKED_AT_ONCE = 500;
  private static final Path PAGE =
      Path.of(System.getProperty("basedir", ".")).resolve("../docs/gradients.md");
  private static final String TABLE_BEGINS = "| op |";

  /** What native TensorFlow gets wrong, and what Belay makes of it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "REWRITTEN ~ LogSoftmax logits:f[2,3,4]@?,?,4",
        "REWRITTEN ~ Mean input:f[2,3] axis:l[1]=1",
        "REWRITTEN ~ ConcatV2 values:(f[2,3];f[2,1]) axis:l[]=1",
        "REWRITTEN ~ Atan2 y:f[2,3] x:f[3]",
        "REWRITTEN ~ Split split_dim:i[]=1 value:f[2,4] num_split=1",
        "REWRITTEN ~ GatherV2 params:f[2,4,3]@?,?,3 indices:i[2]=1,3 axis:i[]=-2",
        "REWRITTEN ~ Conv2D input:f[2,1,9,2]@?,1,?,2 filter:f[1,3,2,3] strides=[1,1,1,1]"
            + " padding=SAME dilations=[1,1,2,1]",
        "REWRITTEN ~ Conv2D input:f[2,4,5,4] filter:f[3,2,2,6] strides=[1,1,1,1] padding=SAME",
        "REWRITTEN ~ Conv2D input:f[2,4,5,2] filter:f[3,2,2,3] strides=[1,2,2,1]"
            + " padding=EXPLICIT explicit_paddings=[0,0,1,0,2,1,0,0]",
        "REWRITTEN ~ MaxPool input:f[2,4,4,2] ksize=[1,2,2,1] strides=[1,2,2,1] padding=EXPLICIT"
            + " explicit_paddings=[0,0,1,0,0,1,0,0]",
        "REWRITTEN ~ Erfc x:f[2,3] !types=half",
        "RIGHT ~ LRN input:f[1,2,2,6] depth_radius=5 bias=1 alpha=1 beta=0.5 !types=float",
        "REFUSED ~ LRN input:f[1,2,2,6] depth_radius=2 bias=1 alpha=1 beta=0.5 !types=float",
        "REFUSED ~ Conv2D input:f[2,4,5,1] filter:f[3,2,1,3] strides=[1,2,1,1] padding=SAME"
            + " dilations=[1,1,2,1]",
        "REFUSED ~ Cholesky input:f[2,2]=2,0.5,0.5,1",
        "RIGHT ~ Mul x:f[3] y:Cast<DstT=DT_DOUBLE>(Cast<DstT=DT_INT32>(f[3]))",
      })
  void known(Outcome outcome, String line) {
    Combination combination = Catalogue.expand(line.strip()).get(0);
    Verdict verdict = Trial.of(combination);
    assertEquals(outcome, verdict.outcome(), combination + ": " + verdict.note());
  }

  @Test
  void aSampleOfTheCatalogueIsRightOrRefused() {
    List<Combination> all = Catalogue.read();
    AuditReport report = new AuditReport();
    for (int i = 0; i < all.size(); i += SAMPLE_EVERY) {
      report.add(all.get(i), Trial.of(all.get(i)));
    }
    assertEquals(List.of(), report.wrong());
  }

  @Test
  @EnabledIfSystemProperty(named = "belay.audit", matches = "check|write")
  void allOfTheCatalogueIsRightOrRefused(@TempDir Path folder)
      throws IOException, InterruptedException {
    AuditReport report = new AuditReport();
    List<String> gradients = new ArrayList<>();
    for (Combination combination : Catalogue.read()) {
      Verdict verdict = Trial.of(combination);
      report.add(combination, verdict);
      if (verdict.outcome() == Outcome.RIGHT || verdict.outcome() == Outcome.REWRITTEN) {
        gradients.add(AuditReport.forPython(combination, verdict.evidence()));
      }
    }
    assertEquals(List.of(), report.wrong());
    String page = Files.readString(PAGE);
    String now = page.substring(0, page.indexOf(TABLE_BEGINS)) + report.table();
    if (System.getProperty("belay.audit").equals("write")) {
      Files.writeString(PAGE, now);
    }
    assertEquals(now, Files.readString(PAGE), "docs/gradients.md; -Dbelay.audit=write renews it");
    comparePython(gradients, folder.resolve("gradients.jsonl"));
  }

  private static void comparePython(List<String> gradients, Path file)
      throws IOException, InterruptedException {
    Path script = Path.of(System.getProperty("basedir", "."), "src/test/python/check_gradients.py");
    int equal = 0;
    for (int from = 0; from < gradients.size(); from += ASKED_AT_ONCE) {
      int to = Math.min(from + ASKED_AT_ONCE, gradients.size());
      JsonNode answer = PythonInterop.run(script, Files.write(file, gradients.subList(from, to)));
      assertTrue(answer.get("different").isEmpty(), answer.get("different").toPrettyString());
      equal += answer.get("equal").asInt();
    }
    assertTrue(equal > 3000, "equal: " + equal);
  }
}
