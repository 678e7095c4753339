package dev.belay.savedmodel.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.model.op.OpCatalogue;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.NodeDef;

/** What a foreign graph may hold. */
class GraphPolicyTest {

  /**
   * Each of these reads or writes files, talks to others, runs foreign code, or ends the process.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "ReadFile",
        "WriteFile",
        "MatchingFiles",
        "PyFunc",
        "PyFuncStateless",
        "EagerPyFunc",
        "TextLineDataset",
        "TFRecordDataset",
        "FixedLengthRecordDatasetV2",
        "LoadDataset",
        "SnapshotDataset",
        "SqlDataset",
        "GeneratorDataset",
        "DatasetFromGraph",
        "WholeFileReaderV2",
        "TextLineReaderV2",
        "ReaderReadV2",
        "ImmutableConst",
        "Abort",
        "DecodeProtoV2",
        "EncodeProto",
        "GenerateVocabRemapping",
        "LoadAndRemapMatrix",
        "Skipgram",
        "FixedUnigramCandidateSampler",
        "DebugIdentity",
        "DebugIdentityV2",
        "CopyHost",
        "CreateSummaryFileWriter",
        "WriteSummary",
        "RemoteCall",
        "Send",
        "Recv",
        "CollectiveReduce",
        "XlaLaunch",
        "XlaCallModule",
        "XlaCustomCall",
        "TPUExecute",
        "BatchFunction",
        "FIFOQueueV2",
        "OneShotIterator",
        "IteratorFromStringHandle",
        "FileSystemSetConfiguration",
        "Save",
        "SaveDatasetV2",
        "OutfeedEnqueue",
        "MlirPassthroughOp"
      })
  void refusesByName(String op) {
    assertTrue(OpCatalogue.get().find(op).isPresent(), "no op " + op + " to refuse");
    GraphPolicy policy = GraphPolicy.strict();
    assertTrue(policy.isSaver(op) || policy.refusal(node(op)).isPresent());
    assertEquals(Optional.empty(), policy.allowing(Set.of(op)).refusal(node(op)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "MatMul",
        "Einsum",
        "VarHandleOp",
        "VariableV2",
        "ReadVariableOp",
        "AssignVariableOp",
        "ResourceApplyAdam",
        "ApplyAdam",
        "RandomUniform",
        "StatelessRandomUniform",
        "HashTableV2",
        "LookupTableFindV2",
        "InitializeTableFromTextFileV2",
        "Assert",
        "If",
        "StatelessIf",
        "While",
        "StatelessWhile",
        "TensorListReserve",
        "TensorArrayV3",
        "PrintV2",
        "CudnnRNNV3",
        "Switch"
      })
  void allowsWhatComputes(String op) {
    assertTrue(OpCatalogue.get().find(op).isPresent());
    assertEquals(Optional.empty(), GraphPolicy.strict().refusal(node(op)));
  }

  /** An op that a person has not looked at must not slip in with a new TensorFlow. */
  @Test
  void everyOpWithStateIsRefusedUnlessListed() {
    Set<String> allowed = new TreeSet<>();
    for (String op : OpCatalogue.get().names()) {
      boolean hasState = OpCatalogue.get().find(op).orElseThrow().getIsStateful();
      if (hasState && GraphPolicy.strict().refusal(node(op)).isEmpty()) {
        allowed.add(op);
      }
    }
    assertEquals(143, allowed.size(), allowed.toString());
  }

  @Test
  void printMustNotWriteToAFile() {
    NodeDef print =
        node("PrintV2").toBuilder()
            .putAttr(
                "output_stream",
                AttrValue.newBuilder().setS(ByteString.copyFromUtf8("file:///tmp/x")).build())
            .build();
    assertEquals(
        Optional.of("PrintV2 that writes to 'file:///tmp/x'"), GraphPolicy.strict().refusal(print));
  }

  @Test
  void theSaverIsToleratedOnlyWhereNothingRunsIt() throws CorruptModelException {
    List<NodeDef> graph =
        List.of(node("RestoreV2"), node("NoOp").toBuilder().addInput("^a_RestoreV2").build());
    PolicyCheck check = check(graph, Map.of());
    check.check(List.of(), List.of());
    CorruptModelException refusal =
        assertThrows(CorruptModelException.class, () -> check.check(List.of("a_NoOp"), List.of()));
    assertTrue(
        refusal.getMessage().contains("node 'a_RestoreV2'")
            && refusal.getMessage().contains("op RestoreV2, which a signature or call runs"),
        refusal.getMessage());
  }

  @Test
  void aRefusedOpIsFoundInAnyFunction() {
    FunctionDef function = FunctionDef.newBuilder().addNodeDef(node("ReadFile")).build();
    CorruptModelException refusal =
        assertThrows(
            CorruptModelException.class,
            () -> check(List.of(), Map.of("f", function)).check(List.of(), List.of()));
    assertTrue(
        refusal.getMessage().contains("function 'f', node 'a_ReadFile'"), refusal.getMessage());
  }

  private static PolicyCheck check(List<NodeDef> graph, Map<String, FunctionDef> functions) {
    return new PolicyCheck(Path.of("saved_model.pb"), GraphPolicy.strict(), graph, functions);
  }

  private static NodeDef node(String op) {
    return NodeDef.newBuilder().setName("a_" + op).setOp(op).build();
  }
}
