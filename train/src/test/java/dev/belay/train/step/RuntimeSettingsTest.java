package dev.belay.train.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.config.GpuConfig;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.config.UpdateConfig.Precision;
import dev.belay.train.failure.MachineException;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.framework.ConfigProto;
import org.tensorflow.proto.framework.OptimizerOptions.GlobalJitLevel;

final class RuntimeSettingsTest {
  private static final GpuConfig FLOAT32 = new GpuConfig(true, OptionalInt.empty(), false, false);

  private static MachineConfig machine(String device, GpuConfig gpu) {
    return new MachineConfig(device, OptionalInt.of(3), gpu, 1);
  }

  @Test
  void theLineSaysWhatIsInForce() {
    RuntimeSettings set =
        new RuntimeSettings(Map.of("TF_ENABLE_ONEDNN_OPTS", "1", "MALLOC_MMAP_MAX_", "0"), false);
    assertEquals(
        "3 threads (--threads), oneDNN on (TF_ENABLE_ONEDNN_OPTS), freed memory kept"
            + " (MALLOC_MMAP_MAX_)",
        set.note(machine("cpu", GpuConfig.defaults())));
    String unset = new RuntimeSettings(Map.of(), false).note(MachineConfig.defaults());
    assertTrue(unset.contains("(cores and CPU quota of this process; --threads"), unset);
    assertTrue(unset.contains("oneDNN as TensorFlow likes"), unset);
  }

  @Test
  void tf32ThatCannotBeTurnedOffAnyMoreIsRefused() {
    RuntimeSettings late = new RuntimeSettings(Map.of(), true);
    String message =
        assertThrows(MachineException.class, () -> late.verify(machine("auto", FLOAT32)))
            .getMessage();
    assertTrue(
        message.endsWith("otherwise set NVIDIA_TF32_OVERRIDE=0 in the environment"), message);
    late.verify(machine("cpu", FLOAT32));
    late.verify(machine("auto", GpuConfig.defaults()));
    new RuntimeSettings(Map.of("NVIDIA_TF32_OVERRIDE", "0"), true).verify(machine("auto", FLOAT32));
    new RuntimeSettings(Map.of(), false).verify(machine("auto", FLOAT32));
  }

  @Test
  void aSessionIsToldHowToUseGpus() {
    ConfigProto usual = SessionOptions.of(machine("auto", GpuConfig.defaults()), Precision.FP32);
    assertTrue(usual.getGpuOptions().getAllowGrowth());
    assertEquals(
        GlobalJitLevel.DEFAULT, usual.getGraphOptions().getOptimizerOptions().getGlobalJitLevel());
    GpuConfig other = new GpuConfig(false, OptionalInt.of(4096), true, true);
    ConfigProto asked = SessionOptions.of(machine("gpu:1", other), Precision.FP32);
    assertFalse(asked.getGpuOptions().getAllowGrowth());
    assertEquals("1", asked.getGpuOptions().getVisibleDeviceList());
    assertEquals(
        4096, asked.getGpuOptions().getExperimental().getVirtualDevices(0).getMemoryLimitMb(0));
    assertEquals(
        GlobalJitLevel.ON_1, asked.getGraphOptions().getOptimizerOptions().getGlobalJitLevel());
  }
}
