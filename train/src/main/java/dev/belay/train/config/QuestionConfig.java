package dev.belay.train.config;

/**
 * How questions about texts are put and answered; names and defaults as Hugging Face's run_qa.py.
 *
 * @param docStride tokens that two windows of a long text have in common
 * @param nBestSize how many starts and ends of a window are looked at, and how many answers are
 *     kept
 * @param maxAnswerLength the most tokens of an answer
 * @param mayLackAnswer whether questions may have no answer even where the file does not say so
 * @param nullScoreDiffThreshold by how much the score of no answer must exceed the best answer's
 */
public record QuestionConfig(
    int docStride,
    int nBestSize,
    int maxAnswerLength,
    boolean mayLackAnswer,
    double nullScoreDiffThreshold) {
  public static final int DEFAULT_DOC_STRIDE = 128;
  public static final int DEFAULT_N_BEST_SIZE = 20;
  public static final int DEFAULT_MAX_ANSWER_LENGTH = 30;
  public static final double DEFAULT_NULL_SCORE_DIFF_THRESHOLD = 0;

  public QuestionConfig {
    new Check()
        .atLeast("--doc-stride", 0, docStride)
        .atLeast("--n-best-size", 1, nBestSize)
        .atLeast("--max-answer-length", 1, maxAnswerLength)
        .that(
            Double.isFinite(nullScoreDiffThreshold),
            "--null-score-diff-threshold",
            "a finite number",
            nullScoreDiffThreshold)
        .verify();
  }

  /** What the command line takes without options. */
  public static QuestionConfig defaults() {
    return new QuestionConfig(
        DEFAULT_DOC_STRIDE,
        DEFAULT_N_BEST_SIZE,
        DEFAULT_MAX_ANSWER_LENGTH,
        false,
        DEFAULT_NULL_SCORE_DIFF_THRESHOLD);
  }
}
