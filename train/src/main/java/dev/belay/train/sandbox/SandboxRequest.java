package dev.belay.train.sandbox;

import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.ModelConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Description of the model to validate, as arguments {@code option=value} of the sandbox process.
 *
 * @param model options with which the model will be loaded
 * @param trains whether gradients are built
 */
record SandboxRequest(ModelConfig model, boolean trains) {
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
  static SandboxRequest of(List<String> arguments) {
    int last = arguments.size() - 1;
    Map<String, List<String>> options = new LinkedHashMap<>();
    for (String argument : arguments.subList(0, last)) {
      int equals = argument.indexOf('=');
      options
          .computeIfAbsent(argument.substring(0, equals), name -> new ArrayList<>())
          .add(argument.substring(equals + 1));
    }
    return new SandboxRequest(
        ConfigBinder.read(ModelConfig.class, options), Boolean.parseBoolean(arguments.get(last)));
  }
}
