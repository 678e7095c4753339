package dev.belay.savedmodel.model;

import dev.belay.savedmodel.model.op.OpCatalogue;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.OpDef;

/**
 * Policy for the ops of a foreign graph: those that compute are allowed, and nothing that reaches
 * the machine beyond the model's own variables, tables and assets.
 *
 * <p>All stateless ops are allowed, except a list of those that still open files, talk to other
 * machines or end the process. Of the stateful ops only those listed here are allowed: variables,
 * optimizers, random numbers, lookup tables, checks. Any other op is refused by name until the user
 * allows that name.
 */
public final class GraphPolicy {
  /** Ops that TensorFlow declares stateless although they do more than compute. */
  private static final Pattern REFUSED =
      Pattern.compile(
          "Abort|ReadFile|WriteFile|MatchingFiles|ImmutableConst|PyFuncStateless|DecodeProtoV2"
              + "|EncodeProto|GenerateVocabRemapping|MlirPassthroughOp|Copy|CopyHost|CopyToMesh"
              + "|Batch|BatchFunction|Unbatch|UnbatchGrad|Relayout|SymbolicGradient|RegisterDataset.*"
              + "|InitializeTable|DTensor.*|TPU.*|Xla.*|Debug.*|Collective.*|Infeed.*|Outfeed.*"
              + "|Prelinearize.*|Queue.*|Reader.*|Barrier.*|.*Accumulator.*|Sdca.*|Risc.*"
              + "|.*Dataset.*|.*Iterator.*|Experimental.*|BoostedTrees.*");

  private static final Pattern ALLOWED_STATE =
      Pattern.compile(
          String.join(
              "|",
              "Variable(V2|Shape)?|VarHandleOp|ReadVariableOp|VarIsInitializedOp|DisableCopyOnRead",
              "Assign(Add|Sub)?VariableOp|DestroyResourceOp",
              "Resource(Gather|GatherNd|Scatter.*|StridedSliceAssign|CountUpTo)",
              "Resource(Sparse)?Apply.*",
              "StatefulPartitionedCall|If|While|Case",
              "Random(Uniform|UniformInt|StandardNormal|Gamma|Poisson|PoissonV2|Shuffle|Crop)",
              "TruncatedNormal|ParameterizedTruncatedNormal|Multinomial|NonDeterministicInts",
              "Stateful(Uniform.*|StandardNormal.*|TruncatedNormal|RandomBinomial)",
              "RngReadAndSkip|RngSkip|StatelessRandomGetAlg",
              "(Log)?UniformCandidateSampler",
              "(Anonymous|Mutable|AnonymousMutable)?(Dense)?HashTable(OfTensors)?(V2)?",
              "LookupTable.*|InitializeTable(FromTextFile)?V2",
              "Assert|CheckNumerics(V2)?|Print(V2)?|GuaranteeConst|DeepCopy|Empty|DeviceIndex",
              "TensorArray.*|Stack(Push|Pop|Close)?(V2)?|CudnnRNN.*",
              // Harmless without an iterator, and no op that creates one is allowed.
              "IteratorGetNext(Sync|AsOptional)?"));

  /** Ops of the model's saver, which is in every SavedModel and never imported. */
  private static final Set<String> SAVER =
      Set.of(
          "SaveV2",
          "RestoreV2",
          "MergeV2Checkpoints",
          "ShardedFilename",
          "ShardedFilespec",
          "Save",
          "SaveSlices",
          "Restore",
          "RestoreSlice");

  private static final Set<String> STREAMS =
      Set.of("stdout", "stderr", "log(info)", "log(warning)", "log(error)");

  private final Set<String> allowed;
  private final Map<String, Boolean> judged = new ConcurrentHashMap<>();

  private GraphPolicy(Set<String> allowed) {
    this.allowed = Set.copyOf(allowed);
  }

  /** The policy for an unreviewed model. */
  public static GraphPolicy strict() {
    return new GraphPolicy(Set.of());
  }

  /**
   * This policy, with some ops that the user trusts.
   *
   * @param ops such as {@code ReadFile}
   */
  public GraphPolicy allowing(Set<String> ops) {
    Set<String> more = new HashSet<>(allowed);
    more.addAll(ops);
    return new GraphPolicy(more);
  }

  /**
   * The reason why a node is refused, if it is.
   *
   * @param node of an op that the catalogue has
   */
  Optional<String> refusal(NodeDef node) {
    String op = node.getOp();
    if (allowed.contains(op)) {
      return Optional.empty();
    }
    if (op.equals("PrintV2")) {
      AttrValue stream = node.getAttrMap().get("output_stream");
      if (stream != null && !STREAMS.contains(stream.getS().toStringUtf8())) {
        return Optional.of("PrintV2 that writes to '" + stream.getS().toStringUtf8() + "'");
      }
    }
    return judged.computeIfAbsent(op, GraphPolicy::isAllowed)
        ? Optional.empty()
        : Optional.of("op " + op);
  }

  private static boolean isAllowed(String op) {
    Optional<OpDef> definition = OpCatalogue.get().find(op);
    boolean computes =
        definition.isPresent()
            && !definition.get().getIsStateful()
            && !REFUSED.matcher(op).matches();
    return computes || ALLOWED_STATE.matcher(op).matches();
  }

  /** Returns whether an op belongs to a saver, which is tolerated where nothing runs it. */
  boolean isSaver(String op) {
    return SAVER.contains(op) && !allowed.contains(op);
  }
}
