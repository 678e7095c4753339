package dev.belay.train.config;

import java.util.OptionalInt;

/** Use of GPUs. */
@Section.Of(Section.MACHINE)
public record GpuConfig(
    @Option(
            name = "gpu-memory-growth",
            label = "on|off",
            help = "Allocate a GPU's memory as needed, instead of all at once.",
            defaultValue = "on",
            onResume = Option.OnResume.LOG)
        boolean memoryGrowth,
    @Option(
            name = "gpu-memory-limit",
            label = "MB",
            help = "Maximum GPU memory in megabytes (default: all of it).",
            onResume = Option.OnResume.LOG)
        OptionalInt memoryLimit,
    @Option(
            name = "tf32",
            label = "on|off",
            help =
                "Allow TF32 for matrix products on Ampere or later GPUs, which keeps 10 bits of "
                    + "the factors.",
            defaultValue = "on")
        boolean tf32,
    @Option(
            name = "xla",
            label = "on|off",
            help = "Compile operations on a GPU with XLA.",
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
