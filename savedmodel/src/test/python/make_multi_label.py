#!/usr/bin/env python3
"""Writes ../fixtures/multi_label: what TensorFlow makes of examples that have any number of labels.

    python make_multi_label.py [--out DIR]

Needs tensorflow-cpu==2.10.1 and transformers==4.26.1.  One thread, oneDNN off, no dropout.  Written:

    batch.jsonl     the rows of safetensors_bert/batch.jsonl, each with a list of labels, which may be empty
    goldens.json    `elements`: logits, labels, tf.nn.sigmoid_cross_entropy_with_logits of them, its mean (PyTorch's BCEWithLogitsLoss) and the mean's gradient;
                    `training`: loss and dense gradient norm of STEPS steps of TFBertForSequenceClassification with the weights of safetensors_bert and that
                    loss, clip 1.0 and Adam (lr 1e-3, epsilon 1e-8) on the same batch
"""
import argparse
import json
import os

from make_fixtures import RawAdam, dump, tf_  # sets one thread and oneDNN off, before TensorFlow loads
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
WEIGHTS = os.path.join(HERE, "..", "fixtures", "safetensors_bert")
SEED, STEPS, CLASSES = 1604, 6, 2
SETS = ([0, 1], [], [1], [0])


def elements(tf, rng):
    logits = rng.normal(0, 3, (5, 4)).astype(np.float32)
    logits[0] = [0.0, 100.0, -100.0, 1000.0]  # where exp(x) and log(sigmoid(x)) would overflow
    labels = rng.integers(0, 2, (5, 4)).astype(np.float32)
    x = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(x)
        each = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=x)
        mean = tf.reduce_mean(each)
    return {"logits": logits.tolist(), "labels": labels.tolist(), "each": each.numpy().tolist(), "mean": float(mean),
            "gradient": tape.gradient(mean, x).numpy().tolist()}


def training(tf, rows):
    import transformers as hf
    model = hf.TFBertForSequenceClassification.from_pretrained(WEIGHTS)
    inputs = {name: tf.constant([row[name] for row in rows], tf.int32) for name in ("input_ids", "attention_mask", "token_type_ids")}
    labels = tf.constant([[float(c in row["labels"]) for c in range(CLASSES)] for row in rows])
    names = [v.name for v in model.trainable_variables]
    adam = RawAdam(1e-3)
    goldens = {"loss": [], "pre_clip_norm": []}
    for _ in range(STEPS):
        with tf.GradientTape() as tape:
            logits = model(**inputs, training=False).logits
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))
        gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, model.trainable_variables)]  # dense: rows of one word summed
        clipped, norm = tf.clip_by_global_norm(gradients, 1.0)
        goldens["loss"].append(float(loss))
        goldens["pre_clip_norm"].append(float(norm))
        adam.apply(tf, clipped, model.trainable_variables, names)
    return goldens


def make(directory):
    tf = tf_()
    with open(os.path.join(WEIGHTS, "batch.jsonl"), encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    for row, labels in zip(rows, SETS):
        del row["label"]
        row["labels"] = labels
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "batch.jsonl"), "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")
    dump(os.path.join(directory, "goldens.json"), {"elements": elements(tf, np.random.default_rng(SEED)), "training": training(tf, rows)})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=os.path.join(HERE, "..", "fixtures"))
    make(os.path.join(parser.parse_args().out, "multi_label"))
