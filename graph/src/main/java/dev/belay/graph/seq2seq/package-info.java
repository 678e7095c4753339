/**
 * Reads from: {@link dev.belay.graph.seq2seq.Seq2SeqSpec}, the architecture of an encoder with a
 * decoder. Hands to: the training step, as a {@link dev.belay.graph.forward.ForwardModel} like that
 * of a foreign graph. Never: knows which file its weights come from.
 *
 * <p>Letters of shapes as in {@code layer}; S tokens of the input, T of the output.
 */
package dev.belay.graph.seq2seq;
