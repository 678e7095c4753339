"""Runs every signature of two SavedModels on a golden batch; the outputs must agree.

    check_same_signatures.py SOURCE COPY GOLDENS

GOLDENS is a .npz with batch/input_ids and so on. Prints how many signatures agree and how many variables of the copy
are trainable.
"""
import json
import sys

import numpy as np
import tensorflow as tf

OTHER_NAMES = {"input_mask": "attention_mask", "segment_ids": "token_type_ids", "label_ids": "labels"}


def main(source_path, copy_path, goldens):
    batch = np.load(goldens)
    source, copy = tf.saved_model.load(source_path), tf.saved_model.load(copy_path)
    assert sorted(source.signatures) == sorted(copy.signatures), list(copy.signatures)
    for key, function in source.signatures.items():
        inputs = {}
        for name, spec in function.structured_input_signature[1].items():
            inputs[name] = tf.cast(batch["batch/" + OTHER_NAMES.get(name, name)], spec.dtype)
        before, after = function(**inputs), copy.signatures[key](**inputs)
        assert set(before) == set(after), (key, set(before), set(after))
        for name in before:
            assert before[name].dtype == after[name].dtype, (key, name)
            if before[name].dtype.is_floating:
                np.testing.assert_allclose(before[name], after[name], atol=1e-6, err_msg=name)
            else:
                np.testing.assert_array_equal(before[name], after[name], err_msg=name)
    print(json.dumps({"signatures": len(source.signatures), "trainable": len(copy.trainable_variables)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
