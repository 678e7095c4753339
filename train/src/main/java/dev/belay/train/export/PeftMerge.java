package dev.belay.train.export;

import dev.belay.graph.adapter.AdaptedWeight;
import dev.belay.graph.adapter.AdapterPlan;
import dev.belay.graph.adapter.WeightLayout;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.names.Naming;
import dev.belay.savedmodel.peft.PeftAdapter;
import dev.belay.savedmodel.peft.PeftReader;
import dev.belay.savedmodel.tensor.FloatWidening;
import dev.belay.savedmodel.tensor.JoinedTensors;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import dev.belay.savedmodel.weights.ModelWeights;
import dev.belay.train.adapter.MergedWeights;
import dev.belay.train.adapter.ModelHash;
import dev.belay.train.adapter.StoredAdapter;
import dev.belay.train.failure.ModelException;
import dev.belay.train.report.Provenance;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Merges an adapter of Hugging Face PEFT into weights of its base, without a graph. */
public final class PeftMerge {
  private PeftMerge() {}

  /**
   * Returns {@code W + s B A} in place of each weight that has an adapter, and the weights that
   * trained beside it, in float32.
   *
   * @param base under PyTorch's names, in its layouts
   * @param folder of the adapter
   * @throws ModelException if the adapter belongs to another model, or its names mean nothing here
   */
  public static ModelWeights into(ModelWeights base, Path folder) throws IOException {
    PeftAdapter read = PeftReader.read(folder);
    Naming naming =
        base.naming()
            .orElseThrow(
                () ->
                    new ModelException(
                        "--adapter "
                            + folder
                            + ": no table of names knows the weights of "
                            + base.location()
                            + ", so PyTorch's names in the adapter mean nothing here"));
    NamedTensors weights = new FloatWidening(base.canonical());
    StoredAdapter adapter =
        StoredAdapter.of(
            read,
            weights.names(),
            List.of(naming.family().modelType() + ".", "transformer."),
            read.base().isPresent() ? hash(base) : "");
    List<AdaptedWeight> adapted = new ArrayList<>();
    for (Map.Entry<String, AdapterPlan.Rank> one : adapter.ranks().entrySet()) {
      AdaptedWeight weight = adapted(one.getKey(), one.getValue(), weights, naming.family());
      requireFits(adapter, weight.a(), weight.specOfA().shape().asArray());
      requireFits(adapter, weight.b(), weight.specOfB().shape().asArray());
      adapted.add(weight);
    }
    for (String name : adapter.tensors().names()) {
      if (adapter.trains(name) && weights.names().contains(name)) {
        requireFits(adapter, name, weights.spec(name).shape().asArray());
      }
    }
    return base.withCanonical(
        new MergedWeights(new JoinedTensors(adapter.tensors(), weights), adapted));
  }

  private static AdaptedWeight adapted(
      String name, AdapterPlan.Rank rank, NamedTensors weights, Family family) {
    TensorSpec spec = weights.spec(name);
    if (spec.shape().numDimensions() != 2) {
      throw new ModelException(
          "--adapter: " + name + " is " + spec + ", and Belay has adapters of matrices alone");
    }
    // The dense layers of GPT-2's blocks are Conv1D in PyTorch, whose kernels are [in, out].
    boolean outFirst = family != Family.GPT2 || !name.contains(".h.");
    long out = spec.shape().get(outFirst ? 0 : 1);
    long in = spec.shape().get(outFirst ? 1 : 0);
    return AdaptedWeight.of(name, rank, WeightLayout.matrix(in, out, outFirst));
  }

  private static void requireFits(StoredAdapter adapter, String name, long[] wanted) {
    long[] found = adapter.tensors().spec(name).shape().asArray();
    if (!Arrays.equals(found, wanted)) {
      throw new ModelException(
          "--adapter "
              + adapter.read().folder()
              + ": "
              + name
              + " is "
              + Arrays.toString(found)
              + ", expected "
              + Arrays.toString(wanted)
              + " for this model. Was it trained on another one?");
    }
  }

  private static String hash(ModelWeights base) throws IOException {
    return ModelHash.of(
        base.savedModel().isPresent()
            ? Provenance.hashTree(base.savedModel().get().directory().toAbsolutePath().normalize())
            : Provenance.hashes(base.location().files()));
  }
}
