package dev.belay.train.generate;

/**
 * What a model wrote for one example.
 *
 * @param tokens after those that the text began with, without the one that ends it
 * @param ended whether it came to its end; else it was cut where no more tokens were allowed
 * @param logProbability the sum over all tokens, that of the end counted
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record GeneratedSequence(int[] tokens, boolean ended, double logProbability) {}
