package dev.belay.train.sandbox;

import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.ModelConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is to be tried, as arguments {@code option=value} of the process that tries it.
 *
 * @param model how it will be called
 * @param trains whether gradients are built
 */
record TrialRequest(ModelConfig model, boolean trains) {
  private static final String MODEL = "model";

  /** The arguments, the model's path first: what comes after it changes what native code sees. */
  List<String> arguments() {
    Map<String, List<String>> options = ConfigBinder.texts(model);
    options.put(MODEL, List.of(model.path().toAbsolutePath().toString()));
    List<String> arguments = new ArrayList<>();
    options.forEach((name, values) -> values.forEach(value -> arguments.add(name + "=" + value)));
    arguments.add(String.valueOf(trains));
    return arguments;
  }

  /** Reads arguments back. */
  static TrialRequest of(List<String> arguments) {
    int last = arguments.size() - 1;
    Map<String, List<String>> options = new LinkedHashMap<>();
    for (String argument : arguments.subList(0, last)) {
      int equals = argument.indexOf('=');
      options
          .computeIfAbsent(argument.substring(0, equals), name -> new ArrayList<>())
          .add(argument.substring(equals + 1));
    }
    return new TrialRequest(
        ConfigBinder.read(ModelConfig.class, options), Boolean.parseBoolean(arguments.get(last)));
  }
}
