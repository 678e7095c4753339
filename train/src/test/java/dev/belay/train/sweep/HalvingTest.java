package dev.belay.train.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HalvingTest {
  private final Halving halving = new Halving(100, 25, new Score("accuracy", 1000));

  private Optional<String> verdict(double accuracy, ArmResult... before) {
    return halving.verdict(25, 42, Arms.metrics(accuracy), List.of(before));
  }

  @Test
  void armsAreJudgedAtAQuarterAndAtHalf() {
    assertEquals(List.of(25L, 50L), halving.rungs());
    assertEquals(
        List.of(40L, 60L),
        new Halving(100, 20, halving.score())
            .rungs().stream().map(rung -> rung == 40 ? 40L : 60L).toList());
    assertEquals(List.of(50L), new Halving(100, 50, halving.score()).rungs());
    assertEquals(List.of(), new Halving(100, 100, halving.score()).rungs());
  }

  @Test
  void theWorseHalfIsStoppedAndSaysWhy() {
    assertEquals(
        Optional.of(
            "stopped at step 25 of 100: accuracy was 0.6000, among the worse half, while clip 1.0"
                + " had 0.7500 there, and chance on 1,000 examples explains 0.0387"),
        verdict(0.6, Arms.done(Arms.clip(1), 42, 0.75)));
    assertEquals(
        Optional.empty(),
        verdict(0.7, Arms.done(Arms.clip(1), 42, 0.9), Arms.done(Arms.clip(2), 42, 0.5)),
        "one is better and one is worse: the better half");
  }

  @Test
  void whatChanceExplainsStopsNobody() {
    assertEquals(Optional.empty(), verdict(0.73, Arms.done(Arms.clip(1), 42, 0.75)));
  }

  @Test
  void theFirstArmAndOtherSeedsAndOtherStepsStopNobody() {
    assertEquals(Optional.empty(), verdict(0.1));
    assertEquals(Optional.empty(), verdict(0.1, Arms.done(Arms.clip(1), 43, 0.9)));
    assertEquals(
        Optional.empty(),
        halving.verdict(30, 42, Arms.metrics(0.1), List.of(Arms.done(Arms.clip(1), 42, 0.9))));
  }

  @Test
  void aLossIsBetterWhenItIsSmaller() {
    Halving byLoss = new Halving(100, 25, new Score("loss", 1000));
    List<ArmResult> before = List.of(Arms.done(Arms.clip(1), 42, 0.75));
    assertEquals(
        Optional.of(
            "stopped at step 25 of 100: loss was 0.4000, among the worse half, while clip 1.0 had"
                + " 0.2500 there"),
        byLoss.verdict(25, 42, Map.of("loss", 0.4), before));
    assertEquals(Optional.empty(), byLoss.verdict(25, 42, Map.of("loss", 0.2), before));
  }
}
