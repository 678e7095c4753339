package dev.belay.train.adapter;

import dev.belay.train.checkpoint.Resumable;
import dev.belay.train.failure.ModelException;

/**
 * The part of a run that says in its checkpoints which model its adapters belong to, and refuses
 * adapters of another.
 *
 * @param state of this run
 */
public record AdapterSection(AdapterState state) implements Resumable<AdapterState> {

  @Override
  public String section() {
    return AdapterState.SECTION;
  }

  @Override
  public Class<AdapterState> type() {
    return AdapterState.class;
  }

  /**
   * Compares.
   *
   * @throws ModelException if the checkpoint's adapters belong to another model
   */
  @Override
  public void resume(AdapterState saved) {
    ModelHash.requireSame(saved.base(), state.base());
  }
}
