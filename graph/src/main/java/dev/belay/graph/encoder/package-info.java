/**
 * Reads from: {@link dev.belay.graph.encoder.EncoderSpec}, the architecture of an encoder. Hands
 * to: the training step, as a {@link dev.belay.graph.forward.ForwardModel} like that of a foreign
 * graph. Never: knows which file its weights come from.
 *
 * <p>Letters of shapes as in {@code layer}.
 */
package dev.belay.graph.encoder;
