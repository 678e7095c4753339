package dev.belay.graph.seq2seq;

/**
 * Form of the layers in which families of encoders with decoders differ.
 *
 * @param names of the weights
 * @param biased whether layers have biases, and norms subtract the mean and have one too
 * @param normsFirst whether a layer reads normalised rows; else its sum with its input is
 *     normalised
 * @param scaled whether products of queries and keys are divided by the root of a head's size
 */
public record Seq2SeqForm(Seq2SeqNames names, boolean biased, boolean normsFirst, boolean scaled) {
  /** T5, T5 1.1 and mT5, arXiv 1910.10683. */
  public static final Seq2SeqForm T5 = new Seq2SeqForm(Seq2SeqNames.T5, false, true, false);

  /** BART, arXiv 1910.13461. */
  public static final Seq2SeqForm BART = new Seq2SeqForm(Seq2SeqNames.BART, true, false, true);

  /** mBART, arXiv 2001.08210. */
  public static final Seq2SeqForm MBART = new Seq2SeqForm(Seq2SeqNames.MBART, true, true, true);
}
