package dev.belay.train.step;

import dev.belay.train.config.MachineConfig;
import dev.belay.train.config.UpdateConfig.Precision;
import java.util.ArrayList;
import java.util.List;

/**
 * Device and precision of a training.
 *
 * @param workers processes that make each update together
 */
public record StepMachine(MachineConfig config, Precision precision, WorkerGroup workers) {

  /** Of one process. */
  public StepMachine(MachineConfig config, Precision precision) {
    this(config, precision, WorkerGroup.ALONE);
  }

  /** Whether weights and gradients may be in a GPU's memory. */
  public boolean mayUseGpu() {
    return SessionOptions.mayUseGpu(config);
  }

  /** Notes about device and precision, for people. */
  public List<String> notes() {
    HalfPrecision half = HalfPrecision.ofThisMachine();
    RuntimeSettings settings = RuntimeSettings.ofThisProcess(half.gpu());
    settings.verify(config);
    List<String> notes = new ArrayList<>(List.of(settings.note(config)));
    notes.addAll(half.notes(precision));
    return notes;
  }
}
