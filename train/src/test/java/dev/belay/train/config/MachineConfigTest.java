package dev.belay.train.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MachineConfigTest {
  private static MachineConfig on(String device) {
    return new MachineConfig(device, OptionalInt.empty(), 1);
  }

  @Test
  void severalDevicesAreNumberedAnewInTheirSession() {
    MachineConfig two = on("gpu:3,1");
    assertEquals(Optional.of("3,1"), two.visibleGpus());
    assertEquals(List.of("/device:GPU:0", "/device:GPU:1"), two.replicaDevices());
    assertEquals(List.of("/device:CPU:0", "/device:CPU:1"), on("cpu:0,1").replicaDevices());
    assertEquals(1, on("auto").replicaDevices().size());
  }

  @ParameterizedTest
  @CsvSource({"gpu:3, auto", "'gpu:0,1', auto", "'cpu:0,1', cpu", "auto, auto", "cpu, cpu"})
  void oneDeviceIsLeftOfSeveral(String several, String one) {
    assertEquals(one, on(several).onOneDevice().device());
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpu", "gpu:", "gpu:1,", "gpu:0,0", "tpu:0", "auto:1"})
  void whatIsNoDeviceIsRefused(String device) {
    assertThrows(ConfigException.class, () -> on(device));
  }
}
