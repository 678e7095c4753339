"""Holds gradients against those that TensorFlow Python takes of the same graphs.

    check_gradients.py FILE

FILE has a JSON object a line: graph (a GraphDef, base64), feeds, variables, outputs, weights (incoming gradients of
the outputs), gradients (by variable; one that has none is left out), tolerance. Prints as its last line a JSON object
of those that differ.
"""

import base64
import json
import sys

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1


def python_gradients(case):
    graph = tf.Graph()
    with graph.as_default():
        definition = v1.GraphDef()
        definition.ParseFromString(base64.b64decode(case["graph"]))
        tf.import_graph_def(definition, name="")
        outputs = [graph.get_tensor_by_name(name) for name in case["outputs"]]
        variables = {name: graph.get_tensor_by_name(tensor + ":0") for name, tensor in case["variables"].items()}
        weights = [
            tf.reshape(tf.cast(tf.constant(weight, tf.float64), output.dtype), tf.shape(output))
            for weight, output in zip(case["weights"], outputs)
        ]
        gradients = v1.gradients(outputs, list(variables.values()), weights)
        present = {
            name: tf.cast(tf.convert_to_tensor(gradient), tf.float64)
            for name, gradient in zip(variables, gradients)
            if gradient is not None
        }
        feeds = {
            name + ":0": np.array(feed["elements"], feed["type"]).reshape(feed["shape"])
            for name, feed in case["feeds"].items()
        }
        with v1.Session(graph=graph) as session:
            return session.run(present, feeds)


def difference(case):
    expected = python_gradients(case)
    for name in case["variables"]:
        right, found = expected.get(name), case["gradients"].get(name)
        if right is None and (found is None or not np.any(found)):
            continue
        if right is None or found is None:
            if right is not None and not np.any(right):
                continue
            return f"{name}: TF Python has {'no gradient' if right is None else right.ravel().tolist()}, Belay {found}"
        right, found = right.ravel(), np.array(found)
        if right.shape != found.shape:
            return f"{name}: {right.size} elements in TF Python, {found.size} in Belay"
        bound = case["tolerance"] * max(1, np.abs(right).max(initial=0))
        if not np.allclose(right, found, rtol=0, atol=bound, equal_nan=True):
            return f"{name}: TF Python {right.tolist()}, Belay {found.tolist()}"
    return None


def main():
    different, failed, equal = {}, {}, 0
    for line in open(sys.argv[1]):
        case = json.loads(line)
        try:
            found = difference(case)
        except Exception as error:  # a gradient that TF Python itself does not have
            failed[case["name"]] = f"{type(error).__name__}: {str(error).splitlines()[0]}"
            continue
        if found:
            different[case["name"]] = found
        else:
            equal += 1
    print(json.dumps({"different": different, "failed": failed, "equal": equal}))


if __name__ == "__main__":
    main()
