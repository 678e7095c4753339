package dev.belay.train.step;

import dev.belay.train.config.MachineConfig;
import dev.belay.train.config.UpdateConfig.Precision;
import dev.belay.train.failure.MachineException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.tensorflow.proto.framework.RewriterConfig;
import org.tensorflow.proto.framework.RewriterConfig.Toggle;

/**
 * Half-precision kernels of a machine. TensorFlow does not check: its rewrite to bf16 ends the
 * whole process on a CPU that lacks them.
 *
 * @param cpuFlags flags of the processor, as in /proc/cpuinfo; empty if unknown
 * @param gpu whether there is an NVIDIA driver
 */
record HalfPrecision(Set<String> cpuFlags, boolean gpu) {
  private static final Set<String> BF16_NEEDS =
      Set.of("avx512f", "avx512bw", "avx512vl", "avx512dq");
  private static final Set<String> BF16_NATIVE = Set.of("avx512_bf16", "amx_bf16");

  /** Of this machine. */
  static HalfPrecision ofThisMachine() {
    return new HalfPrecision(
        flags(Path.of("/proc/cpuinfo")), Files.exists(Path.of("/dev/nvidiactl")));
  }

  static Set<String> flags(Path cpuInfo) {
    try {
      return Files.readAllLines(cpuInfo, StandardCharsets.UTF_8).stream()
          .filter(line -> line.startsWith("flags"))
          .findFirst()
          .map(line -> line.substring(line.indexOf(':') + 1).trim().split(" +"))
          .map(flags -> (Set<String>) new HashSet<>(Arrays.asList(flags)))
          .orElse(Set.of());
    } catch (IOException e) {
      return Set.of();
    }
  }

  /**
   * Asks TensorFlow's rewrite for a precision.
   *
   * @throws MachineException if this machine cannot
   */
  void enable(Precision precision, MachineConfig machine, RewriterConfig.Builder rewriter) {
    boolean onGpu = gpu && !machine.cpuOnly();
    switch (precision) {
      case FP32 -> {}
      case FP16 -> {
        if (!onGpu) {
          throw new MachineException(
              "--precision fp16: TensorFlow 2.10 has no half-precision kernels worth using on a CPU,"
                  + " and its rewrite that would emulate them ends the whole process; fp16 needs a"
                  + " GPU of compute capability 7.0 or more, so use --precision fp32 here",
              null);
        }
        rewriter.setAutoMixedPrecision(Toggle.ON);
      }
      case BF16 -> {
        requireBf16(onGpu);
        rewriter.setAutoMixedPrecisionOnednnBfloat16(Toggle.ON);
      }
    }
  }

  /** Notes about a precision on this machine, for people. */
  List<String> notes(Precision precision) {
    List<String> notes = new ArrayList<>();
    if (precision == Precision.BF16 && cpuFlags.stream().noneMatch(BF16_NATIVE::contains)) {
      notes.add(
          "bf16 on this CPU (AVX512 without avx512_bf16 or amx_bf16) is computed in float32 inside"
              + " the kernels, so it saves memory and no time");
    }
    return notes;
  }

  private void requireBf16(boolean onGpu) {
    if (onGpu) {
      throw new MachineException(
          "--precision bf16: TensorFlow 2.10 rewrites graphs to bf16 for CPUs only; use --precision"
              + " fp16 on a GPU, or --device cpu",
          null);
    }
    Set<String> missing = new TreeSet<>(BF16_NEEDS);
    missing.removeAll(cpuFlags);
    if (!missing.isEmpty()) {
      throw new MachineException(
          "--precision bf16: this CPU lacks "
              + String.join(", ", missing)
              + ", without which TensorFlow's bf16 kernels end the whole process; use --precision"
              + " fp32",
          null);
    }
  }
}
