#!/usr/bin/env python3
"""Writes ../fixtures/adapters: a SavedModel with weights in every kind of matrix product, and what TensorFlow makes of low-rank adapters beside them.

    python make_adapters.py [--out DIR]

Needs tensorflow-cpu==2.10.1.  One thread, oneDNN off.  Written:

    model/          a tf.Module: x W, x W^T, W x, batches of matrices, einsum with kernels of three axes, tensordot over rank 3 as in Keras' Dense, and
                    weights that are transposed, reshaped or read twice; `bias` is one of a layer with an adapter, `table` is looked up
    batch.jsonl     ids and labels
    goldens.json    `weights`: those that get an adapter, in order; `loss` and `norm` of STEPS steps of plain SGD on A and B, rank RANK, alpha ALPHA, where the
                    adapters are written by hand: y + s (x A^T) B^T; `logits` after the last; the same with `stabilized` for alpha / sqrt(rank)

A begins between -1/sqrt(n) and 1/sqrt(n) for n inputs, drawn by StatelessRandomUniform with the seeds [SEED, 1000000 + number of the weight]; B with 0.
"""
import argparse
import json
import os
import shutil

from make_fixtures import tf_  # sets one thread and oneDNN off, before TensorFlow loads
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
SEED, STEPS, RANK, ALPHA, RATE, H = 42, 8, 2, 4.0, 0.3, 6
# name: shape, and for the adapter by hand: sizes of the axes that are summed over, and of the others
WEIGHTS = {
    "dense": ((H, H), [H], [H]),
    "batched": ((H, H), [H], [H]),
    "batched_turned": ((H, H), [H], [H]),
    "einsum": ((H, 2, 3), [H], [2, 3]),
    "einsum_back": ((2, 3, H), [2, 3], [H]),
    "right": ((H, H), [H], [H]),
    "turned": ((H, H), [H], [H]),
    "left": ((H, H), [H], [H]),
    "transposed": ((H, H), [H], [H]),
    "reshaped": ((2, 3, H), [H], [H]),
    "shared": ((H, H), [H], [H]),
    "head": ((H, 3), [H], [3]),
}


def module(tf):
    rng = np.random.default_rng(2106)

    class Model(tf.Module):
        def __init__(self):
            super().__init__()
            self.table = tf.Variable(rng.normal(0, 0.5, (30, H)).astype(np.float32), name="table")
            self.bias = tf.Variable(rng.normal(0, 0.3, (H,)).astype(np.float32), name="bias")
            self.weights = {name: tf.Variable(rng.normal(0, 0.4, sizes[0]).astype(np.float32), name=name) for name, sizes in WEIGHTS.items()}

        @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32, name="input_ids"), tf.TensorSpec([None, None], tf.int32, name="attention_mask")])
        def serve(self, input_ids, attention_mask):
            return {"logits": forward(tf, self, input_ids, attention_mask, lambda name, y, x: y)}

    return Model()


def forward(tf, m, ids, mask, adapt):
    """adapt(name, y, x) is y with the adapter of a weight that made it of x; x is None where the weight is on the left."""
    w = m.weights
    x = tf.gather(m.table, ids) * tf.cast(mask, tf.float32)[..., None]
    x = tf.tanh(adapt("dense", tf.tensordot(x, w["dense"], [[2], [0]]), x))
    x = tf.tanh(adapt("batched", tf.raw_ops.BatchMatMulV2(x=x, y=w["batched"]), x)) + adapt(
        "batched_turned", tf.raw_ops.BatchMatMulV2(x=x, y=w["batched_turned"], adj_y=True), x)
    h = adapt("einsum", tf.einsum("abc,cde->abde", x, w["einsum"]), x)
    x = tf.tanh(adapt("einsum_back", tf.einsum("abde,dec->abc", h, w["einsum_back"]), h))
    y = tf.reshape(x, [-1, H])
    y = tf.tanh(adapt("right", tf.matmul(y, w["right"]), y) + m.bias)
    y = y + adapt("turned", tf.matmul(y, w["turned"], transpose_b=True), y)
    y = tf.tanh(tf.transpose(adapt("left", tf.matmul(w["left"], y, transpose_a=True, transpose_b=True), y)))
    y = y + adapt("transposed", tf.matmul(y, tf.transpose(w["transposed"])), y)
    y = tf.tanh(adapt("reshaped", tf.matmul(y, tf.reshape(w["reshaped"], [H, H])), y))
    y = tf.tanh(adapt("shared", tf.matmul(y, w["shared"]), y))
    y = adapt("shared", tf.matmul(y, w["shared"]), y)
    x = tf.reduce_mean(tf.reshape(y, [tf.shape(x)[0], -1, H]), 1)
    return adapt("head", tf.matmul(x, w["head"]), x)


def adapters(tf):
    a, b = {}, {}
    for number, (name, (_, inputs, outputs)) in enumerate(WEIGHTS.items()):
        bound = 1 / np.sqrt(np.prod(inputs))
        unit = tf.raw_ops.StatelessRandomUniform(shape=[RANK] + inputs, seed=np.array([SEED, 1000000 + number], np.int64))
        a[name] = tf.Variable(unit * np.float32(2 * bound) - np.float32(bound))
        b[name] = tf.Variable(tf.zeros(outputs + [RANK]))
    return a, b


def by_hand(tf, a, b, scale):
    """The adapter of each weight as a formula of its own, so that a wrong axis shows."""
    def adapt(name, y, x):
        if name == "left":  # y = W x: (B A) x
            return y + scale * tf.matmul(b[name], tf.matmul(a[name], x, transpose_b=True))
        if name == "einsum":
            return y + scale * tf.einsum("abr,der->abde", tf.einsum("abc,rc->abr", x, a[name]), b[name])
        if name == "einsum_back":
            return y + scale * tf.einsum("abr,cr->abc", tf.einsum("abde,rde->abr", x, a[name]), b[name])
        return y + scale * tf.tensordot(tf.tensordot(x, a[name], [[-1], [1]]), b[name], [[-1], [1]])
    return adapt


def training(tf, m, rows, scale):
    a, b = adapters(tf)
    ids, mask, labels = (tf.constant([row[name] for row in rows], tf.int32) for name in ("input_ids", "attention_mask", "label"))
    trained = [v for name in WEIGHTS for v in (a[name], b[name])]
    result = {"loss": [], "norm": []}
    for _ in range(STEPS):
        with tf.GradientTape() as tape:
            logits = forward(tf, m, ids, mask, by_hand(tf, a, b, scale))
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
        gradients = tape.gradient(loss, trained)
        result["loss"].append(float(loss))
        result["norm"].append(float(tf.linalg.global_norm(gradients)))
        for variable, gradient in zip(trained, gradients):
            variable.assign_sub(RATE * gradient)
    result["logits"] = forward(tf, m, ids, mask, by_hand(tf, a, b, scale)).numpy().tolist()
    return result


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", default=os.path.join(HERE, "..", "fixtures", "adapters"))
    out = parser.parse_args().out
    tf = tf_()
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    model = module(tf)
    tf.saved_model.save(model, os.path.join(out, "model"), signatures={"serving_default": model.serve})
    draw = np.random.default_rng(7)
    rows = [{"input_ids": draw.integers(1, 30, 5).tolist(), "attention_mask": [1] * 5, "label": int(draw.integers(0, 3))} for _ in range(6)]
    rows[0]["label"], rows[1]["label"], rows[2]["label"] = 0, 1, 2
    with open(os.path.join(out, "batch.jsonl"), "w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    with open(os.path.join(out, "goldens.json"), "w") as file:
        json.dump({"weights": list(WEIGHTS), "plain": training(tf, model, rows, ALPHA / RANK),
                   "stabilized": training(tf, model, rows, ALPHA / np.sqrt(RANK))}, file)
