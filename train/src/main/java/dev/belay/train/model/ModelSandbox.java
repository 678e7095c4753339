package dev.belay.train.model;

import dev.belay.train.config.ModelConfig;
import java.io.IOException;

/**
 * Tries a model outside of this process before it is loaded here, since a model can crash native
 * code.
 */
@FunctionalInterface
public interface ModelSandbox {
  /** Accepts every model without a test. */
  ModelSandbox TRUSTING = (config, trains) -> SandboxCheck.PASSED;

  /**
   * Starts to test a model and does not wait for the end. The model need not be validated yet: the
   * sandbox validates it itself.
   *
   * @param trains whether gradients will be built, or the model only evaluated
   * @throws IOException if the model cannot be read, or the sandbox cannot start
   */
  SandboxCheck begin(ModelConfig config, boolean trains) throws IOException;

  /** Owns a running test of a model; closing it ends the test. */
  interface SandboxCheck extends AutoCloseable {
    SandboxCheck PASSED = () -> {};

    /**
     * Waits for the end of the test. Call it before the model is put into a native graph.
     *
     * @throws dev.belay.train.failure.ModelException if native code died, hung or took too much
     *     memory over the model
     * @throws IOException if the test could not run
     */
    void await() throws IOException;

    @Override
    default void close() {}
  }
}
