#!/usr/bin/env python3
"""Writes the golden batches of ../fixtures in Belay's input format: batch*.jsonl, one example a line.

    python make_batches.py [--fixtures DIR]

Needs numpy only.  Padding stays in the lines, as it was in the batch that the goldens were computed on: all rows of a file are of one length.
"""
import argparse
import json
import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def write_batch(path, features, label_key, labels):
    """features: name -> [B, S]; label_key: "label" for labels [B], "labels" for labels [B, T] (-100: not counted)."""
    with open(path, "w", encoding="utf-8") as out:
        for row in range(len(labels)):
            example = {name: whole_numbers(values[row]) for name, values in features.items()}
            example[label_key] = np.asarray(labels[row]).tolist()
            out.write(json.dumps(example) + "\n")


def whole_numbers(values):
    """A float mask of zeros and ones is written as whole numbers; the model's own signature says that it wants floats."""
    values = np.asarray(values)
    assert (values == values.astype(np.int64)).all()
    return values.astype(np.int64).tolist()


def shifted(labels):
    """Causal LM: the label of a position is the token after it, the last position has none."""
    return np.concatenate([labels[:, 1:], np.full((len(labels), 1), -100, labels.dtype)], axis=1)


def make(fixtures):
    def goldens(name):
        return np.load(os.path.join(fixtures, name, "goldens.npz"))

    def write(name, file, features, label_key, labels):
        write_batch(os.path.join(fixtures, name, file), features, label_key, labels)

    for name in (
        "savedmodel_keras_bert",
        "savedmodel_hf_bert",
        "savedmodel_tf1",
        "bert_tf1_ckpt",
        "bert_tf2_ckpt",
        "safetensors_bert",
        "gpt2_tiny",
    ):
        g = goldens(name)
        features = {k: g["batch/" + k] for k in ("input_ids", "attention_mask", "token_type_ids") if "batch/" + k in g}
        labels = g["batch/labels"]
        if name == "gpt2_tiny":
            write(name, "batch.jsonl", features, "labels", shifted(labels))
        else:
            write(name, "batch.jsonl", features, "label", labels)
    g = goldens("savedmodel_tfmodule")
    for batch in ("a", "b"):  # they take different branches of the model's tf.cond
        features = {"input_ids": g[batch + "/ids"], "attention_mask": g["mask"]}
        write("savedmodel_tfmodule", "batch_%s.jsonl" % batch, features, "label", g["labels"])


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--fixtures", default=os.path.join(HERE, "..", "fixtures"))
    make(options.parse_args().fixtures)
