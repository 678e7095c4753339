package dev.belay.tools.option;

import dev.belay.train.config.QuestionConfig;
import picocli.CommandLine.Option;

/** How questions about texts are put and answered. */
@Section("Question answering")
public final class QuestionOptions {
  @Option(
      names = "--doc-stride",
      paramLabel = "N",
      description = "Tokens that two windows of a context too long for one have in common.")
  private int docStride = QuestionConfig.DEFAULT_DOC_STRIDE;

  @Option(
      names = "--n-best-size",
      paramLabel = "N",
      description = "Starts and ends of a window that are looked at, and answers that are kept.")
  private int nBestSize = QuestionConfig.DEFAULT_N_BEST_SIZE;

  @Option(
      names = "--max-answer-length",
      paramLabel = "N",
      description = "The most tokens of an answer.")
  private int maxAnswerLength = QuestionConfig.DEFAULT_MAX_ANSWER_LENGTH;

  @Option(
      names = "--version-2-with-negative",
      description =
          "A question may have no answer (default: where the file says so, by version 2 or by a"
              + " question without one).")
  private boolean mayLackAnswer;

  @Option(
      names = "--null-score-diff-threshold",
      paramLabel = "X",
      description = "No answer is given where its score exceeds the best answer's by more.")
  private double nullScoreDiffThreshold = QuestionConfig.DEFAULT_NULL_SCORE_DIFF_THRESHOLD;

  QuestionConfig toConfig() {
    return new QuestionConfig(
        docStride, nBestSize, maxAnswerLength, mayLackAnswer, nullScoreDiffThreshold);
  }
}
