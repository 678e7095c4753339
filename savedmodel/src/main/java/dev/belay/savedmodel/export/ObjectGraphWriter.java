package dev.belay.savedmodel.export;

import dev.belay.savedmodel.bundle.CheckpointNames;
import dev.belay.savedmodel.tensor.Shapes;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.framework.FunctionSpec;
import org.tensorflow.proto.framework.SavedAsset;
import org.tensorflow.proto.framework.SavedBareConcreteFunction;
import org.tensorflow.proto.framework.SavedConcreteFunction;
import org.tensorflow.proto.framework.SavedFunction;
import org.tensorflow.proto.framework.SavedObject;
import org.tensorflow.proto.framework.SavedObjectGraph;
import org.tensorflow.proto.framework.SavedResource;
import org.tensorflow.proto.framework.SavedUserObject;
import org.tensorflow.proto.framework.SavedVariable;
import org.tensorflow.proto.framework.StructuredValue;
import org.tensorflow.proto.framework.TrackableObjectGraph;
import org.tensorflow.proto.framework.TrackableObjectGraph.TrackableObject.ObjectReference;
import org.tensorflow.proto.framework.TrackableObjectGraph.TrackableObject.SerializedTensor;
import org.tensorflow.proto.framework.VersionDef;

/**
 * Python objects that are created when a SavedModel is loaded, numbered; object 0 is the root. The
 * checkpoint holds the same objects again, with the keys of their values.
 */
final class ObjectGraphWriter {
  static final int ROOT = 0;

  private static final String PLAIN_OBJECT = "_generic_user_object";
  private static final String LIST = "trackable_list_wrapper";
  private static final String SIGNATURES = "signature_map";

  private final SavedObjectGraph.Builder graph = SavedObjectGraph.newBuilder();
  private final List<TrackableObjectGraph.TrackableObject.Builder> saved = new ArrayList<>();

  ObjectGraphWriter() {
    add(SavedObject.newBuilder().setUserObject(userObject(PLAIN_OBJECT)));
  }

  int addList(int parent, String name) {
    return addChild(parent, name, SavedObject.newBuilder().setUserObject(userObject(LIST)));
  }

  int addSignatures() {
    return addChild(
        ROOT, "signatures", SavedObject.newBuilder().setUserObject(userObject(SIGNATURES)));
  }

  /** Adds a variable whose value the checkpoint holds under {@code checkpointKey}. */
  int addVariable(int parent, String child, NewModel.NewVariable variable, String checkpointKey) {
    int id =
        addChild(
            parent,
            child,
            SavedObject.newBuilder()
                .setVariable(
                    SavedVariable.newBuilder()
                        .setName(variable.name())
                        .setDtype(variable.spec().dtype())
                        .setShape(Shapes.toProto(variable.spec().shape()))
                        .setTrainable(variable.trainable())));
    saved
        .get(id)
        .addAttributes(
            SerializedTensor.newBuilder()
                .setName(CheckpointNames.VARIABLE_VALUE)
                .setFullName(variable.name())
                .setCheckpointKey(checkpointKey));
    return id;
  }

  int addAsset(int parent, String name, int assetFile) {
    return addChild(
        parent,
        name,
        SavedObject.newBuilder().setAsset(SavedAsset.newBuilder().setAssetFileDefIndex(assetFile)));
  }

  /** Adds a resource; its children {@code _create_resource} and {@code _initialize} make it. */
  int addResource(int parent, String name) {
    return addChild(
        parent, name, SavedObject.newBuilder().setResource(SavedResource.getDefaultInstance()));
  }

  /** Adds a function without arguments. */
  void addFunction(
      int parent, String name, FunctionWriter.Written function, StructuredValue result) {
    addConcreteFunction(function, SignatureStructures.keywords(List.of()), result);
    SavedFunction.Builder callable =
        SavedFunction.newBuilder()
            .addConcreteFunctions(function.name())
            .setFunctionSpec(SignatureStructures.withoutArguments());
    addChild(parent, name, SavedObject.newBuilder().setFunction(callable));
  }

  /** Adds what {@code signatures[name]} calls. */
  void addSignature(
      int signatures, NewModel.NewSignature signature, FunctionWriter.Written function) {
    addConcreteFunction(
        function,
        SignatureStructures.keywords(signature.inputs()),
        SignatureStructures.dictionary(signature.outputs()));
    FunctionSpec spec = SignatureStructures.withKeywords();
    SavedBareConcreteFunction.Builder callable =
        SavedBareConcreteFunction.newBuilder()
            .setConcreteFunctionName(function.name())
            .setFunctionSpec(spec);
    signature.inputs().forEach(input -> callable.addArgumentKeywords(input.name()));
    addChild(
        signatures, signature.name(), SavedObject.newBuilder().setBareConcreteFunction(callable));
  }

  /** Makes an object known under one more name. */
  void addReference(int parent, String name, int child) {
    ObjectReference reference =
        ObjectReference.newBuilder().setLocalName(name).setNodeId(child).build();
    graph.getNodesBuilder(parent).addChildren(reference);
    saved.get(parent).addChildren(reference);
  }

  SavedObjectGraph forModel() {
    return graph.build();
  }

  TrackableObjectGraph forCheckpoint() {
    TrackableObjectGraph.Builder trackable = TrackableObjectGraph.newBuilder();
    saved.forEach(trackable::addNodes);
    return trackable.build();
  }

  private void addConcreteFunction(
      FunctionWriter.Written function, StructuredValue inputs, StructuredValue outputs) {
    SavedConcreteFunction.Builder concrete =
        SavedConcreteFunction.newBuilder()
            .setCanonicalizedInputSignature(inputs)
            .setOutputSignature(outputs);
    function.captures().forEach(capture -> concrete.addBoundInputs(capture.object()));
    graph.putConcreteFunctions(function.name(), concrete.build());
  }

  private int addChild(int parent, String name, SavedObject.Builder object) {
    int id = add(object);
    addReference(parent, name, id);
    return id;
  }

  private int add(SavedObject.Builder object) {
    graph.addNodes(object);
    saved.add(TrackableObjectGraph.TrackableObject.newBuilder());
    return saved.size() - 1;
  }

  private static SavedUserObject userObject(String identifier) {
    return SavedUserObject.newBuilder()
        .setIdentifier(identifier)
        .setVersion(VersionDef.newBuilder().setProducer(1).setMinConsumer(1))
        .build();
  }
}
