"""Loads SavedModels and their copies with moved variables, every way that Python has, and compares.

    check_replaced_variables.py ADDED SOURCE COPY [SOURCE COPY ...]

Every float variable of a copy must be that of the source plus ADDED, and every signature must be there and run. Prints
how many variables and signatures were compared for each pair.
"""
import json
import os
import sys

import numpy as np
import tensorflow as tf
from tensorflow.python.saved_model import loader_impl


def moved(value, added):
    return value + np.float32(added) if value.dtype == np.float32 else value


def same(before, after, added):
    assert before and [v.name for v in before] == [v.name for v in after]
    for a, b in zip(before, after):
        np.testing.assert_array_equal(moved(a.numpy(), added), b.numpy(), a.name)
    return len(before)


def example(spec):
    shape = [2 if d is None else d for d in spec.shape.as_list()]
    return tf.fill(shape, "a text of some words") if spec.dtype == tf.string else tf.ones(shape, spec.dtype)


def signatures(source, copy):
    """Runs every signature; some output must have moved with the variables."""
    for key, function in source.signatures.items():
        inputs = {name: example(spec) for name, spec in function.structured_input_signature[1].items()}
        before, after = function(**inputs), copy.signatures[key](**inputs)
        assert set(before) == set(after), (key, set(before), set(after))
        assert any(np.any(before[name].numpy() != after[name].numpy()) for name in before), key
    return len(source.signatures)


def attributes(root):
    """Keras lists its variables; a tf.Module has them as attributes."""
    if hasattr(root, "variables"):
        return list(root.variables)
    return [v for _, v in sorted(vars(root).items()) if isinstance(v, tf.Variable)]


def version_1(path):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.saved_model.load(session, ["serve"], path)
        return {v.name: session.run(v) for v in tf.compat.v1.global_variables()}


def compare(added, source_path, copy_path):
    source, copy = tf.saved_model.load(source_path), tf.saved_model.load(copy_path)
    found = {"signatures": signatures(source, copy)}
    if loader_impl.parse_saved_model(source_path).meta_graphs[0].HasField("object_graph_def"):
        found["objects"] = same(attributes(source), attributes(copy), added)
    else:
        before, after = version_1(source_path), version_1(copy_path)
        assert before and set(before) == set(after)
        for name in before:
            np.testing.assert_array_equal(moved(before[name], added), after[name], name)
        found["version_1"] = len(before)
    if os.path.exists(os.path.join(source_path, "keras_metadata.pb")):
        before, after = (tf.keras.models.load_model(p, compile=False) for p in (source_path, copy_path))
        found["keras"] = same(before.weights, after.weights, added)
    return found


def main(added, *paths):
    print(json.dumps([compare(added, *pair) for pair in zip(paths[::2], paths[1::2])]))


if __name__ == "__main__":
    main(float(sys.argv[1]), *sys.argv[2:])
