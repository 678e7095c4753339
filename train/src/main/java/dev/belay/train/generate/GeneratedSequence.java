package dev.belay.train.generate;

/**
 * Text that a model generated for one example.
 *
 * @param tokens tokens after the prompt, without the end token
 * @param ended whether it has an end token; else it was cut at the maximum length, or stopped
 * @param logProbability the sum over all tokens, that of the end counted, as the model predicts
 *     them: before any rule changes its scores
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record GeneratedSequence(int[] tokens, boolean ended, double logProbability) {}
