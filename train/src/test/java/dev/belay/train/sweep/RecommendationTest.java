package dev.belay.train.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.config.ClipConfig;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.SweepConfig;
import dev.belay.train.config.TrainConfig;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RecommendationTest {
  private static final Score ACCURACY = new Score("accuracy", 300);
  private final SweepConfig sweep =
      Arms.sweep(
          List.of(42L, 43L), OptionalDouble.of(1), OptionalDouble.of(5), OptionalDouble.empty());

  private Recommendation recommend(ArmResult... results) {
    return Recommendation.of(
        sweep, ArmSummary.of(Arm.of(sweep), Stream.of(results).toList()), ACCURACY);
  }

  @Test
  void withinTheSpreadOverSeedsTheUsualThresholdIsTaken() {
    Recommendation found =
        recommend(
            Arms.done(Arms.clip(1), 42, 0.80),
            Arms.done(Arms.clip(5), 42, 0.82),
            Arms.done(Arms.none(), 42, 0.60),
            Arms.done(Arms.clip(1), 43, 0.82),
            Arms.done(Arms.clip(5), 43, 0.81),
            Arms.done(Arms.none(), 43, 0.61));
    assertEquals(Optional.of(Arms.clip(1)), found.arm());
    assertEquals(
        "Clip 1.0: accuracy 0.8100 ± 0.0141 over seeds. As good within two standard errors over "
            + "seeds, 0.0200: clip 5.0 (accuracy 0.8150 ± 0.0071 over seeds). The best by its "
            + "mean, clip 5.0, has accuracy 0.8150 ± 0.0071 over seeds, a difference that other "
            + "seeds or examples may reverse. Of those that clip it is the one nearest to 1.0, "
            + "the usual threshold for fine-tuning. It clipped 25 % of the steps; the median "
            + "norm was 0.800.",
        found.reason());
  }

  @Test
  void whatIsBetterByMoreThanTheSpreadIsTaken() {
    Recommendation found =
        recommend(
            Arms.done(Arms.clip(1), 42, 0.70),
            Arms.done(Arms.clip(5), 42, 0.82),
            Arms.done(Arms.none(), 42, 0.60),
            Arms.done(Arms.clip(1), 43, 0.71),
            Arms.done(Arms.clip(5), 43, 0.81),
            Arms.done(Arms.none(), 43, 0.61));
    assertEquals(Optional.of(Arms.clip(5)), found.arm());
    assertTrue(
        found
            .reason()
            .contains("The next, clip 1.0, has accuracy 0.7050 ± 0.0071 over seeds: more"),
        found.reason());
  }

  @Test
  void anArmThatDivergedWithOneSeedIsNotTaken() {
    ArmResult diverged =
        new ArmResult(
            Arms.none(),
            43,
            ArmResult.Outcome.DIVERGED,
            7,
            "diverged at step 7: loss NaN, norm NaN",
            List.of(),
            0,
            java.util.Map.of(),
            1);
    List<ArmResult> results =
        List.of(
            Arms.done(Arms.clip(1), 42, 0.70),
            Arms.done(Arms.none(), 42, 0.99),
            Arms.done(Arms.clip(1), 43, 0.71),
            diverged);
    List<ArmSummary> arms = ArmSummary.of(Arm.of(sweep), results);
    assertEquals(
        Optional.of("diverged at step 7: loss NaN, norm NaN (seed 43)"), arms.get(2).trouble());
    Recommendation found = Recommendation.of(sweep, arms, ACCURACY);
    assertEquals(Optional.of(Arms.clip(1)), found.arm());
    assertTrue(found.reason().contains("It is the only arm that finished"), found.reason());
  }

  @Test
  void oneSeedIsSaidToBeOne() {
    SweepConfig one = Arms.sweep(List.of(42L), OptionalDouble.of(1), OptionalDouble.of(5));
    List<ArmResult> results =
        List.of(Arms.done(Arms.clip(1), 42, 0.80), Arms.done(Arms.clip(5), 42, 0.81));
    Recommendation found = Recommendation.of(one, ArmSummary.of(Arm.of(one), results), ACCURACY);
    assertEquals(Optional.of(Arms.clip(1)), found.arm());
    assertTrue(
        found.reason().contains("what chance on the validation examples explains, 0.0641"),
        found.reason());
    assertTrue(found.reason().contains("One seed says nothing of the spread"), found.reason());
  }

  @Test
  void armsThatAreAllTheSameAreSaidToBe() {
    Recommendation found =
        recommend(
            Arms.done(Arms.clip(1), 42, 0.5),
            Arms.done(Arms.clip(5), 42, 0.5),
            Arms.done(Arms.none(), 42, 0.5),
            Arms.done(Arms.clip(1), 43, 0.5),
            Arms.done(Arms.clip(5), 43, 0.5),
            Arms.done(Arms.none(), 43, 0.5));
    assertTrue(found.reason().contains("All arms have the same accuracy"), found.reason());
  }

  @Test
  void withoutAFinishedArmNoneIsRecommended() {
    assertEquals(Optional.empty(), recommend().arm());
    assertTrue(recommend().reason().startsWith("No arm finished with every seed"));
  }

  @Test
  void ranksMultiplyTheArms() {
    TrainConfig adapted =
        sweep.base().toBuilder().option("adapter", "lora").option("lora-alpha", 4.0).build();
    SweepConfig several =
        new SweepConfig(
            adapted,
            List.of(OptionalDouble.of(1)),
            sweep.clipModes(),
            sweep.learningRates(),
            List.of(2, 8),
            sweep.seeds(),
            true);
    assertEquals(
        List.of("clip 1.0, rank 2", "clip 1.0, rank 8"),
        Arm.of(several).stream().map(arm -> arm.label(several)).toList());
    assertEquals(
        List.of("global_norm-1.0-rate-5e-5-rank-2", "global_norm-1.0-rate-5e-5-rank-8"),
        Arm.of(several).stream().map(Arm::slug).toList());
  }

  @Test
  void ranksNeedANewAdapter() {
    ConfigException refused =
        assertThrows(
            ConfigException.class,
            () ->
                new SweepConfig(
                    sweep.base(),
                    sweep.clipNorms(),
                    sweep.clipModes(),
                    sweep.learningRates(),
                    List.of(2, 8),
                    sweep.seeds(),
                    true));
    assertTrue(refused.getMessage().contains("--lora-ranks needs --adapter lora"));
  }

  @Test
  void rulesWithAThresholdOfTheirOwnAreOneArm() {
    SweepConfig several =
        new SweepConfig(
            sweep.base(),
            sweep.clipNorms(),
            List.of(ClipConfig.Mode.NORM, ClipConfig.Mode.AUTO),
            sweep.learningRates(),
            List.of(),
            sweep.seeds(),
            true);
    assertEquals(
        List.of("clip 1.0 norm", "clip 5.0 norm", "no clip", "clip auto"),
        Arm.of(several).stream().map(arm -> arm.label(several)).toList());
  }

  @Test
  void noneIsOneArmWhateverTheRules() {
    assertEquals(List.of(Arms.clip(1), Arms.clip(5), Arms.none()), Arm.of(sweep));
    assertEquals("global_norm-1.0-rate-5e-5", Arms.clip(1).slug());
    assertEquals("none-rate-5e-5", Arms.none().slug());
    assertEquals("no clip", Arms.none().label(sweep));
  }
}
