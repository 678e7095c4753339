package dev.belay.savedmodel.model.inline;

import java.util.List;

/**
 * Node of a function body that is being expanded.
 *
 * @param scope the body
 * @param name requested name in the flat graph
 * @param data its inputs in the flat graph; dead ones only where it accepts them
 * @param controls what it waits for, each with "^"
 */
record Call(Scope scope, String name, List<String> data, List<String> controls) {

  /** The same node without its first input: the arguments of a branch. */
  Call withoutFirst() {
    return new Call(scope, name, data.subList(1, data.size()), controls);
  }

  /** The same node under another name. */
  Call named(String other) {
    return new Call(scope, other, data, controls);
  }

  /** The same node with other inputs. */
  Call with(List<String> otherData, List<String> otherControls) {
    return new Call(scope, name, otherData, otherControls);
  }
}
