package dev.belay.tools.console;

import dev.belay.train.doctor.Checkup;
import dev.belay.train.doctor.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A checkup as a list: what is found, and below it what to do. */
public final class DoctorReport {
  private DoctorReport() {}

  /** The lines. */
  public static List<String> of(Checkup checkup) {
    List<String> lines = new ArrayList<>();
    int width =
        checkup.findings().stream().mapToInt(finding -> finding.subject().length()).max().orElse(0);
    Finding.Area area = null;
    List<Finding> findings = checkup.findings();
    for (int i = 0; i < findings.size(); i++) {
      Finding finding = findings.get(i);
      if (finding.area() != area) {
        area = finding.area();
        lines.add(area.name().toLowerCase(Locale.ROOT));
      }
      String subject = finding.subject();
      lines.add(
          "  "
              + mark(finding.state())
              + subject
              + " ".repeat(width + 2 - subject.length())
              + finding.found());
      // Advice that several findings in a row share is printed below the last of them.
      boolean repeated =
          i + 1 < findings.size() && findings.get(i + 1).advice().equals(finding.advice());
      if (!finding.advice().isEmpty() && !repeated) {
        lines.add(" ".repeat(width + 12) + "-> " + finding.advice());
      }
    }
    return lines;
  }

  private static String mark(Finding.State state) {
    return switch (state) {
      case OK -> "ok      ";
      case NOTE -> "note    ";
      case MISSING -> "missing ";
      case WRONG -> "WRONG   ";
    };
  }
}
