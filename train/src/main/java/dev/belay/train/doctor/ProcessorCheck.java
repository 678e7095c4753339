package dev.belay.train.doctor;

import static dev.belay.train.doctor.Finding.Area.PROCESSOR;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Checks the instruction sets of the processor and the number of threads. */
final class ProcessorCheck {
  /** Instruction sets that TensorFlow's kernels use, slowest first. */
  private static final List<String> EXTENSIONS =
      List.of("avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16");

  private ProcessorCheck() {}

  static List<Finding> of(MachineFiles files, ControlGroup group, int threads) {
    Set<String> flags =
        Arrays.stream(files.value("/proc/cpuinfo", "flags").orElse("").split(" +"))
            .collect(Collectors.toSet());
    List<Finding> findings = new ArrayList<>();
    findings.add(
        Finding.ok(
            PROCESSOR, "processor", files.value("/proc/cpuinfo", "model name").orElse("unknown")));
    String known = EXTENSIONS.stream().filter(flags::contains).collect(Collectors.joining(", "));
    findings.add(
        Stream.of("avx2", "fma").allMatch(flags::contains)
            ? Finding.ok(PROCESSOR, "extensions", known)
            : Finding.note(
                PROCESSOR,
                "extensions",
                known.isEmpty() ? "no AVX" : known,
                "kernels for AVX2 and FMA are several times faster; a virtual machine hides them"
                    + " unless its CPU model is that of the host"));
    findings.add(threads(group, threads));
    return findings;
  }

  private static Finding threads(ControlGroup group, int threads) {
    String found = threads + " by default, as many as this process may use";
    double quota = group.cpus().orElse(threads);
    return quota < 1
        ? Finding.note(
            PROCESSOR,
            "threads",
            found,
            "less than one CPU is granted: every step is stopped in its middle; grant whole CPUs")
        : Finding.ok(PROCESSOR, "threads", found + "; --threads N sets another number");
  }
}
