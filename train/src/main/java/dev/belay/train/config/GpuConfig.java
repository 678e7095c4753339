package dev.belay.train.config;

import java.util.OptionalInt;

/** Use of GPUs. */
@Section.Of(Section.MACHINE)
public record GpuConfig(
    @Option(
            name = "gpu-memory-growth",
            label = "on|off",
            help = "Whether a GPU's memory is taken as it is needed, or all at once.",
            defaultValue = "on",
            onResume = Option.OnResume.LOG)
        boolean memoryGrowth,
    @Option(
            name = "gpu-memory-limit",
            label = "MB",
            help = "How much of a GPU's memory is used at most (default: all of it).",
            onResume = Option.OnResume.LOG)
        OptionalInt memoryLimit,
    @Option(
            name = "tf32",
            label = "on|off",
            help =
                "Whether matrix products on an Ampere or later GPU may keep 10 bits of their"
                    + " factors.",
            defaultValue = "on")
        boolean tf32,
    @Option(
            name = "xla",
            label = "on|off",
            help = "Whether operations on a GPU are compiled together.",
            defaultValue = "off",
            onResume = Option.OnResume.LOG)
        boolean xla) {

  public GpuConfig {
    new Check().atLeast("--gpu-memory-limit", 1, memoryLimit).verify();
  }

  /** Defaults of the command line. */
  public static GpuConfig defaults() {
    return ConfigBinder.defaults(GpuConfig.class);
  }
}
