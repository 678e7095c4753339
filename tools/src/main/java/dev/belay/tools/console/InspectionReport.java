package dev.belay.tools.console;

import static dev.belay.tools.console.Figures.count;

import dev.belay.train.ModelInspection;
import dev.belay.train.ModelInspection.Contents;
import dev.belay.train.ModelInspection.Plan;
import dev.belay.train.RunVerification;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Tables for people: the contents of a model, and how it would be trained. */
public final class InspectionReport {
  private final List<String> lines = new ArrayList<>();

  /** The lines about a model. */
  public static List<String> of(Contents contents) {
    InspectionReport report = new InspectionReport();
    report.lines.add(
        contents.path()
            + ": "
            + contents.format()
            + (contents.producer().isEmpty() ? "" : ", written by " + contents.producer()));
    if (contents.run() != null) {
      report.lines.add("state: " + contents.run().description());
    }
    report.functions(contents, true, "Signatures");
    report.functions(contents, false, "Functions");
    report.variables(contents);
    report.names(contents.names());
    return report.lines;
  }

  /** The lines about training it. */
  public static List<String> of(Plan plan) {
    InspectionReport report = new InspectionReport();
    report.heading("Plan");
    Table table = new Table();
    table.row("train through", plan.trainingFunction());
    table.row("evaluate through", plan.evaluationFunction());
    table.row("logits", plan.logits());
    table.row("word embeddings", plan.vocabulary());
    if (plan.memory() != null) {
      table.row("memory on a CPU", plan.memory().description());
    }
    report.lines.addAll(table.lines("  "));
    report.list("Trained variables", plan.trained());
    report.list("Frozen variables", plan.frozen());
    report.list("Trainable variables that the function never reads", plan.unused());
    report.list("What Belay does about ops without a gradient", plan.rewrites());
    report.list("What stops training", plan.obstacles());
    return report.lines;
  }

  /** The lines about what became of a run's files. */
  public static List<String> of(RunVerification.Report verification) {
    InspectionReport report = new InspectionReport();
    report.lines.add(verification.run() + ": run, " + verification.state());
    report.lines.add("");
    Table table = new Table();
    for (RunVerification.Item item : verification.items()) {
      String state = item.sound() ? "ok" : item.kind().equals("input") ? "changed" : "DAMAGED";
      table.row(state, item.kind(), item.path(), item.detail());
    }
    report.lines.addAll(table.lines("  "));
    return report.lines;
  }

  private void functions(Contents contents, boolean signatures, String heading) {
    List<ModelInspection.Function> functions =
        contents.functions().stream().filter(f -> f.signature() == signatures).toList();
    if (functions.isEmpty()) {
      return;
    }
    heading(heading);
    for (ModelInspection.Function function : functions) {
      lines.add(
          "  "
              + function.name()
              + (function.training() == null ? "" : " (training=" + function.training() + ")"));
      Table table = new Table();
      function.inputs().forEach(t -> table.row("in", t.name(), t.dtype(), shape(t.shape())));
      function.outputs().forEach(t -> table.row("out", t.name(), t.dtype(), shape(t.shape())));
      lines.addAll(table.lines("    "));
    }
  }

  private void variables(Contents contents) {
    heading("Variables");
    Table table = new Table();
    for (ModelInspection.Variable variable : contents.variables()) {
      table.row(
          variable.name(), variable.dtype(), shape(variable.shape()), word(variable.trainable()));
    }
    lines.addAll(table.lines("  "));
    heading("Totals");
    lines.add(
        "  "
            + count(contents.variables().size())
            + " variables, "
            + count(contents.parameters())
            + " parameters, "
            + count(contents.trainableParameters())
            + " of them trainable");
    if (!contents.assets().isEmpty()) {
      lines.add("  assets: " + String.join(", ", contents.assets()));
    }
  }

  private void names(ModelInspection.Names names) {
    if (names.family() == null) {
      return;
    }
    heading("Names");
    lines.add(
        "  %s of %s: %d weights%s"
            .formatted(
                names.dialect(),
                names.family(),
                names.weights(),
                names.prefix() == null ? "" : ", each after '" + names.prefix() + "'"));
    if (names.configuration() != null) {
      lines.add("  configuration: " + names.configuration());
    }
    if (!names.slots().isEmpty()) {
      lines.add(
          "  optimizer: slots "
              + String.join(", ", names.slots())
              + (names.step() == null ? "" : " of step " + names.step()));
    }
    leftovers("buffers, no weights", names.leftovers().buffers());
    leftovers("repeat another tensor", names.leftovers().tied());
    leftovers("counters and settings", names.leftovers().bookkeeping());
    leftovers("of unknown meaning", names.leftovers().unknown());
  }

  private void leftovers(String what, List<String> tensors) {
    if (!tensors.isEmpty()) {
      lines.add("  " + what + ": " + String.join(", ", tensors));
    }
  }

  private static String word(Boolean trainable) {
    return trainable == null ? "" : trainable ? "trainable" : "frozen";
  }

  private void heading(String text) {
    lines.add("");
    lines.add(text);
  }

  private void list(String heading, List<String> items) {
    if (!items.isEmpty()) {
      heading(heading + " (" + items.size() + ")");
      items.forEach(item -> lines.add("  " + item));
    }
  }

  /** {@code [?, 128]}; a scalar is {@code []}. */
  private static String shape(List<Long> shape) {
    return shape.stream()
        .map(dimension -> dimension < 0 ? "?" : dimension.toString())
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
