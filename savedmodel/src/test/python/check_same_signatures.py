"""Runs every signature of SavedModels and of their copies on the same inputs; the outputs must agree.

    check_same_signatures.py SOURCE COPY [SOURCE COPY ...]

Prints for each pair how many signatures agree and how many variables of the copy are trainable.
"""
import json
import sys

import numpy as np
import tensorflow as tf

BATCH, TIME = 2, 6
TEXTS = ["alpha beta gamma", "delta"]


def example(name, spec, random):
    """Ids of a small vocabulary, masks and types of 0 and 1, texts; never more than TIME long."""
    shape = [(BATCH if i == 0 else TIME) if d is None else d for i, d in enumerate(spec.shape.as_list())]
    if spec.dtype == tf.string:
        return tf.constant(np.resize(TEXTS, shape))
    most = 2 if any(part in name for part in ("mask", "segment", "type", "label")) else 20
    return tf.cast(random.integers(0, most, shape), spec.dtype)


def compare(source_path, copy_path):
    source, copy = tf.saved_model.load(source_path), tf.saved_model.load(copy_path)
    assert sorted(source.signatures) == sorted(copy.signatures), list(copy.signatures)
    random = np.random.default_rng(1)
    for key, function in source.signatures.items():
        specs = function.structured_input_signature[1]
        inputs = {name: example(name, spec, random) for name, spec in specs.items()}
        before, after = function(**inputs), copy.signatures[key](**inputs)
        assert set(before) == set(after), (key, set(before), set(after))
        for name in before:
            what = "%s: %s of %s" % (source_path, name, key)
            assert before[name].dtype == after[name].dtype, what
            if before[name].dtype.is_floating:
                np.testing.assert_allclose(after[name], before[name], atol=2e-6, rtol=1e-5, err_msg=what)
            else:
                np.testing.assert_array_equal(after[name], before[name], err_msg=what)
    return {"signatures": len(source.signatures), "trainable": len(copy.trainable_variables)}


def main(*paths):
    print(json.dumps([compare(*pair) for pair in zip(paths[::2], paths[1::2])]))


if __name__ == "__main__":
    main(*sys.argv[1:])
