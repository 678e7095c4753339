package dev.belay.train.answer;

import dev.belay.train.data.file.SquadFile;
import java.util.List;
import java.util.Optional;

/**
 * The answer to a question.
 *
 * @param question the question
 * @param best the answer; its text is empty where none was found, or none is likelier
 * @param candidates the best first
 * @param noAnswerDifference by how much the score of no answer exceeds that of the best answer;
 *     empty where every question has an answer
 */
public record FoundAnswer(
    SquadFile.Question question,
    Candidate best,
    List<Candidate> candidates,
    Optional<Double> noAnswerDifference) {}
