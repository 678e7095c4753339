package dev.belay.train.sandbox;

import dev.belay.train.config.ModelConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What is to be tried, as arguments {@code name=value} of the process that tries it.
 *
 * @param model how it will be called
 * @param trains whether gradients are built
 */
record TrialRequest(ModelConfig model, boolean trains) {

  /** The arguments, the model's path first: what comes after it changes what native code sees. */
  List<String> arguments() {
    List<String> arguments = new ArrayList<>();
    arguments.add("model=" + model.path().toAbsolutePath());
    arguments.add("trains=" + trains);
    arguments.add("head=" + model.head());
    arguments.add("dropout=" + model.dropout());
    arguments.add("model-losses=" + model.modelLosses());
    arguments.add("natural-gradients=" + model.trust().naturalGradients());
    model.files().tags().ifPresent(value -> arguments.add("tag=" + value));
    model.signature().ifPresent(value -> arguments.add("signature=" + value));
    model.output().ifPresent(value -> arguments.add("output=" + value));
    model.features().ifPresent(value -> arguments.add("features=" + value));
    model.labels().ifPresent(value -> arguments.add("labels=" + value));
    model.problem().ifPresent(value -> arguments.add("problem-type=" + value));
    model.trainable().ifPresent(value -> arguments.add("trainable=" + value));
    model.freeze().ifPresent(value -> arguments.add("freeze=" + value));
    model.inputs().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(entry -> arguments.add("input=" + entry.getKey() + "=" + entry.getValue()));
    model.trust().allowedOps().stream().sorted().forEach(op -> arguments.add("allow-op=" + op));
    model.trust().withoutGradient().forEach(value -> arguments.add("no-gradient=" + value));
    model
        .trust()
        .ignoredConstraints()
        .ifPresent(value -> arguments.add("ignore-constraints=" + value));
    return arguments;
  }

  /** Reads arguments back. */
  static TrialRequest of(List<String> arguments) {
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      values
          .computeIfAbsent(argument.substring(0, equals), name -> new ArrayList<>())
          .add(argument.substring(equals + 1));
    }
    Map<String, String> inputs = new LinkedHashMap<>();
    for (String input : values.getOrDefault("input", List.of())) {
      int equals = input.indexOf('=');
      inputs.put(input.substring(0, equals), input.substring(equals + 1));
    }
    Set<String> ops = new LinkedHashSet<>(values.getOrDefault("allow-op", List.of()));
    List<Pattern> withoutGradient =
        values.getOrDefault("no-gradient", List.of()).stream().map(Pattern::compile).toList();
    ModelConfig model =
        new ModelConfig(
            Path.of(one(values, "model").orElseThrow()),
            files(one(values, "tag")),
            one(values, "signature"),
            inputs,
            one(values, "output"),
            one(values, "head").orElseThrow(),
            one(values, "features"),
            one(values, "labels").map(Integer::valueOf),
            one(values, "problem-type"),
            one(values, "trainable").map(Pattern::compile),
            one(values, "freeze").map(Pattern::compile),
            isTrue(values, "dropout"),
            isTrue(values, "model-losses"),
            new ModelConfig.Trust(
                ops,
                isTrue(values, "natural-gradients"),
                withoutGradient,
                one(values, "ignore-constraints").map(Pattern::compile),
                true));
    return new TrialRequest(model, isTrue(values, "trains"));
  }

  private static ModelConfig.Files files(Optional<String> tags) {
    return new ModelConfig.Files(
        Optional.empty(), Optional.empty(), true, Optional.empty(), false, tags);
  }

  private static Optional<String> one(Map<String, List<String>> values, String name) {
    return values.getOrDefault(name, List.of()).stream().findFirst();
  }

  private static boolean isTrue(Map<String, List<String>> values, String name) {
    return one(values, name).map(Boolean::parseBoolean).orElse(false);
  }
}
