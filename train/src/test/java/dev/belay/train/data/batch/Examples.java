package dev.belay.train.data.batch;

import dev.belay.train.data.SourcePosition;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.ElementType;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.example.ExampleOptions;
import dev.belay.train.data.example.FeatureRequest;
import dev.belay.train.data.example.FeatureRow;
import dev.belay.train.data.example.LabelRule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Data sets of given lengths: example i has the ids i + 1, and the label i. */
final class Examples {
  static final List<FeatureRequest> MASKED =
      List.of(FeatureRequest.ids("input_ids"), FeatureRequest.ids("attention_mask"));
  static final int PADDING = 9999;

  private Examples() {}

  static Dataset masked(int... lengths) {
    return of(MASKED, lengths);
  }

  static Dataset unmasked(int... lengths) {
    return of(List.of(FeatureRequest.ids("input_ids")), lengths);
  }

  static Dataset fixedTo(int length, int... lengths) {
    return of(
        List.of(
            FeatureRequest.of("ids", "input_ids", ElementType.INTEGER, -1, length),
            FeatureRequest.of("mask", "attention_mask", ElementType.FLOAT, -1, length)),
        lengths);
  }

  private static Dataset of(List<FeatureRequest> requests, int... lengths) {
    List<EncodedExample> examples = new ArrayList<>();
    for (int i = 0; i < lengths.length; i++) {
      int[] ids = new int[lengths[i]];
      Arrays.fill(ids, i + 1);
      int[] mask = new int[lengths[i]];
      Arrays.fill(mask, 1);
      List<FeatureRow> rows =
          requests.size() == 1
              ? List.of(new FeatureRow.Ints(ids))
              : List.of(new FeatureRow.Ints(ids), new FeatureRow.Ints(mask));
      examples.add(
          new EncodedExample(
              SourcePosition.line(Path.of("train.tsv"), i + 2L),
              rows,
              Optional.of(new FeatureRow.Ints(new int[] {i})),
              lengths[i],
              lengths[i]));
    }
    ExampleOptions options =
        new ExampleOptions(
            requests, LabelRule.classes(), 512, OptionalInt.empty(), OptionalInt.of(PADDING));
    return new Dataset(options, examples, Optional.empty(), List.of());
  }
}
