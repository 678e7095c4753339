package dev.belay.train.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.config.MachineConfig;
import dev.belay.train.config.UpdateConfig.Precision;
import dev.belay.train.failure.MachineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.framework.RewriterConfig;
import org.tensorflow.proto.framework.RewriterConfig.Toggle;

class HalfPrecisionTest {
  private static final Set<String> AVX2 = Set.of("fpu", "avx2");
  private static final Set<String> AVX512 =
      Set.of("avx2", "avx512f", "avx512bw", "avx512vl", "avx512dq");
  private static final MachineConfig AUTO = MachineConfig.defaults();
  private static final MachineConfig CPU = new MachineConfig("cpu", OptionalInt.empty(), 1);

  @Test
  void bf16IsRefusedWhereItWouldEndTheProcess() {
    assertEquals(
        "--precision bf16: this CPU lacks avx512bw, avx512dq, avx512f, avx512vl, without which"
            + " TensorFlow's bf16 kernels end the whole process; use --precision fp32",
        refusal(new HalfPrecision(AVX2, false), Precision.BF16, AUTO));
    assertEquals(
        "--precision bf16: TensorFlow 2.10 rewrites graphs to bf16 for CPUs only; use --precision"
            + " fp16 on a GPU, or --device cpu",
        refusal(new HalfPrecision(AVX512, true), Precision.BF16, AUTO));
  }

  @Test
  void bf16IsAskedForWhereTheCpuHasIt() {
    RewriterConfig rewriter = rewriter(new HalfPrecision(AVX512, true), Precision.BF16, CPU);
    assertEquals(Toggle.ON, rewriter.getAutoMixedPrecisionOnednnBfloat16());
    assertEquals(
        List.of(
            "bf16 on this CPU (AVX512 without avx512_bf16 or amx_bf16) is computed in float32"
                + " inside the kernels, so it saves memory and no time"),
        new HalfPrecision(AVX512, false).notes(Precision.BF16));
    assertEquals(List.of(), new HalfPrecision(Set.of("amx_bf16"), false).notes(Precision.BF16));
  }

  @Test
  void fp16NeedsAGpu() {
    assertEquals(
        Toggle.ON,
        rewriter(new HalfPrecision(AVX2, true), Precision.FP16, AUTO).getAutoMixedPrecision());
    String refused =
        "--precision fp16: TensorFlow 2.10 has no half-precision kernels worth using on a CPU, and"
            + " its rewrite that would emulate them ends the whole process; fp16 needs a GPU of"
            + " compute capability 7.0 or more, so use --precision fp32 here";
    assertEquals(refused, refusal(new HalfPrecision(AVX512, false), Precision.FP16, AUTO));
    assertEquals(refused, refusal(new HalfPrecision(AVX512, true), Precision.FP16, CPU));
  }

  @Test
  void fp32AsksForNothing() {
    assertEquals(
        RewriterConfig.getDefaultInstance(),
        rewriter(new HalfPrecision(Set.of(), false), Precision.FP32, AUTO));
  }

  @Test
  void theCpuIsAsked(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("cpuinfo");
    Files.writeString(file, "processor\t: 0\nflags\t\t: fpu avx2  avx512f\nflags\t: other\n");
    assertEquals(Set.of("fpu", "avx2", "avx512f"), HalfPrecision.flags(file));
    assertEquals(Set.of(), HalfPrecision.flags(directory.resolve("none")));
    assertTrue(HalfPrecision.flags(Path.of("/proc/cpuinfo")).contains("fpu"));
  }

  private static RewriterConfig rewriter(
      HalfPrecision machine, Precision precision, MachineConfig config) {
    RewriterConfig.Builder rewriter = RewriterConfig.newBuilder();
    machine.enable(precision, config, rewriter);
    return rewriter.build();
  }

  private static String refusal(HalfPrecision machine, Precision precision, MachineConfig config) {
    return assertThrows(MachineException.class, () -> rewriter(machine, precision, config))
        .getMessage();
  }
}
