package dev.belay.train.config;

/** Windows and answers of question answering; names and defaults as Hugging Face's run_qa.py. */
@Section.Of(Section.QUESTION_ANSWERING)
public record QuestionConfig(
    @Option(
            name = "doc-stride",
            label = "N",
            help = "Tokens that neighbouring windows of a long context have in common.",
            defaultValue = "128")
        int docStride,
    @Option(
            name = "n-best-size",
            label = "N",
            help = "Number of starts and ends of a window to consider, and of answers to keep.",
            defaultValue = "20",
            onResume = Option.OnResume.LOG)
        int nBestSize,
    @Option(
            name = "max-answer-length",
            label = "N",
            help = "Maximum number of tokens of an answer.",
            defaultValue = "30",
            onResume = Option.OnResume.LOG)
        int maxAnswerLength,
    @Option(
            name = "version-2-with-negative",
            help =
                "Questions may have no answer (default: if the file says version 2 or has a "
                    + "question without an answer).",
            onResume = Option.OnResume.LOG)
        boolean mayLackAnswer,
    @Option(
            name = "null-score-diff-threshold",
            label = "X",
            help = "Predict no answer if its score exceeds the best answer's by more than this.",
            defaultValue = "0",
            onResume = Option.OnResume.LOG)
        double nullScoreDiffThreshold) {

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

  /** Defaults of the command line. */
  public static QuestionConfig defaults() {
    return ConfigBinder.defaults(QuestionConfig.class);
  }
}
