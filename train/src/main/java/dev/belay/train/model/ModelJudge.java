package dev.belay.train.model;

import dev.belay.train.config.ModelConfig;
import java.io.IOException;

/**
 * Tries a model where it can do no harm, before it comes into this process: what only native code
 * can judge, native code may judge by dying of it.
 */
@FunctionalInterface
public interface ModelJudge {
  /** Lets every model pass. */
  ModelJudge TRUSTING = (config, trains) -> Judgement.PASSED;

  /**
   * Begins to try a model, and does not wait for the end. The model need not be proved yet: the
   * judge proves it for itself.
   *
   * @param trains whether gradients will be built, or the model only evaluated
   * @throws IOException if the model cannot be read, or the judge cannot begin
   */
  Judgement begin(ModelConfig config, boolean trains) throws IOException;

  /** Owns a trial that is under way; close it to end the trial, whatever it has come to. */
  interface Judgement extends AutoCloseable {
    Judgement PASSED = () -> {};

    /**
     * Waits for the end of the trial: to be called before the model is put into a native graph.
     *
     * @throws dev.belay.train.failure.ModelException if native code died, hung or took too much
     *     memory over the model
     * @throws IOException if the trial could not be held
     */
    void await() throws IOException;

    @Override
    default void close() {}
  }
}
