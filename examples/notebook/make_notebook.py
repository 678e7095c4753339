"""Writes fine-tune.ipynb from the cells below: python3 examples/notebook/make_notebook.py"""
import json
from pathlib import Path

CELLS = [
    ("markdown", """# Fine-tune a Python model from Java

A small BERT that Python made learns to tell praise from blame, in this JVM, with its gradients clipped to a global norm of 1. The cells need
nothing but Belay on the class path, where the kernel of this image has it."""),
    ("code", """import dev.belay.train.TrainingRun;
import dev.belay.train.ModelInspection;
import dev.belay.train.config.*;
import dev.belay.train.event.RunEvent;
import java.nio.file.*;
import java.util.*;

Path examples = Path.of(Optional.ofNullable(System.getenv("BELAY_EXAMPLES")).orElse("/opt/belay/examples"));
Path model = examples.resolve("sentiment/model");
var contents = ModelInspection.inspect(WeightsConfig.of(model));
contents.functions().size() + " functions, " + contents.variables().size() + " variables, " + contents.producer()"""),
    ("markdown", "## Import and fine-tune\nEvery option that is not named here has the command line's default."),
    ("code", """Path runs = Path.of("../runs"); // where the workbench's TensorBoard, on port 6006, finds the run
Path output = Files.createTempDirectory(Files.isDirectory(runs) ? runs : Path.of(System.getProperty("java.io.tmpdir")), "notebook-");
var config = TrainConfig.builder()
    .model(model)
    .trainFiles(examples.resolve("sentiment/train.tsv"))
    .validationFiles(examples.resolve("sentiment/dev.tsv"))
    .maxSeqLength(48)
    .learningRate(1e-3)
    .maxSteps(600)
    .outputDirectory(output)
    .build();

List<RunEvent.Trained> trained = new ArrayList<>();
TrainingRun.Result result = TrainingRun.execute(config, List.of("notebook"), event -> {
    if (event instanceof RunEvent.Trained step) {
        trained.add(step);
    } else if (event instanceof RunEvent.Evaluated evaluated) {
        System.out.println("step " + evaluated.step() + ": " + evaluated.metrics());
    }
});
System.out.println(trained.size() + " steps, " + trained.stream().filter(RunEvent.Trained::clipped).count() + " of them clipped");"""),
    ("markdown", "## The norm of the gradient, before the clip and after it"),
    ("code", """String polyline(String color, java.util.function.ToDoubleFunction<RunEvent.Trained> value, double top) {
    StringBuilder points = new StringBuilder();
    for (int i = 0; i < trained.size(); i++) {
        double x = 50 + 640.0 * i / Math.max(1, trained.size() - 1);
        double y = 260 - 230 * Math.min(1, value.applyAsDouble(trained.get(i)) / top);
        points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
    }
    return "<polyline fill='none' stroke-width='2' stroke='" + color + "' points='" + points + "'/>";
}
double top = trained.stream().mapToDouble(RunEvent.Trained::gradNorm).max().orElse(1);
String axis = "";
for (int i = 0; i <= 4; i++) {
    double y = 260 - 230 * i / 4.0;
    axis += String.format(Locale.ROOT, "<line x1='50' x2='690' y1='%1$.0f' y2='%1$.0f' stroke='#ddd'/><text x='44' y='%1$.0f' text-anchor='end' font-size='12'>%2$.2f</text>", y, top * i / 4);
}
String plot = "<svg xmlns='http://www.w3.org/2000/svg' width='720' height='310' style='background:white' font-family='sans-serif'>" + axis
    + polyline("#d1495b", RunEvent.Trained::gradNorm, top) + polyline("#00798c", RunEvent.Trained::gradNormClipped, top)
    + "<text x='370' y='300' text-anchor='middle' font-size='13'>step 1 to " + trained.size() + "</text>"
    + "<text x='60' y='20' font-size='13' fill='#d1495b'>global norm</text><text x='160' y='20' font-size='13' fill='#00798c'>after the clip</text></svg>";
display(plot, "image/svg+xml");"""),
    ("markdown", "## Hand it back to Python\nThe run has written a SavedModel with the signature of the one that came in."),
    ("code", """System.out.println(result.exportDirectory());
try (var files = Files.walk(result.exportDirectory())) {
    files.filter(Files::isRegularFile).sorted().forEach(file -> System.out.println("  " + result.exportDirectory().relativize(file)));
}
result.finalMetrics()"""),
]


def cell(index, kind, text):
    common = {"cell_type": kind, "id": f"cell-{index}", "metadata": {}, "source": text.splitlines(keepends=True)}
    return common if kind == "markdown" else {**common, "execution_count": None, "outputs": []}


notebook = {
    "cells": [cell(index, *content) for index, content in enumerate(CELLS)],
    "metadata": {"kernelspec": {"display_name": "Java with Belay", "language": "java", "name": "java"}, "language_info": {"name": "java"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}
Path(__file__).with_name("fine-tune.ipynb").write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
