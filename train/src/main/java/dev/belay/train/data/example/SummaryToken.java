package dev.belay.train.data.example;

import dev.belay.train.data.DataException;
import java.util.Arrays;
import java.util.List;

/**
 * Token at whose last place in a text a model reads the features of the whole text. As in Python,
 * every text must have it, and all texts equally often.
 *
 * @param id of the token
 */
public record SummaryToken(int id) {

  /**
   * Requires the token in each example.
   *
   * @return the same examples
   * @throws DataException if an example lacks it, or has it more or less often than the first
   */
  public Dataset require(Dataset data) {
    List<FeatureRequest> features = data.options().features();
    int ids = 0;
    while (!features.get(ids).feature().equals(FeatureNames.INPUT_IDS)) {
      ids++;
    }
    long usual = count(data.examples().get(0), ids);
    for (EncodedExample example : data.examples()) {
      long found = count(example, ids);
      if (found == 0 || found != usual) {
        throw new DataException(
            example.source()
                + ": expected the token with the id "
                + id
                + " (eos_token_id) "
                + (usual == 0 ? "at least once" : usual + " times, as in the first example")
                + ", found it "
                + found
                + " times; the model reads the features of a text at its last one, and Python"
                + " refuses a batch of texts with different numbers of it: remove the token from"
                + " the texts, or leave texts and pairs in files of their own");
      }
    }
    return data;
  }

  private long count(EncodedExample example, int feature) {
    int[] row = ((FeatureRow.Ints) example.features().get(feature)).values();
    return Arrays.stream(row).filter(value -> value == id).count();
  }
}
