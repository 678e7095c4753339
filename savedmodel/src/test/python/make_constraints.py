"""Keras models whose layers constrain their weights, and three training steps of Keras' with them.

    python make_constraints.py --out ../fixtures/constraints

TensorFlow 2.10.1. `known/` has each constraint that Belay computes, in layers that hold their weights themselves, in
cells and in layers below; `unknown/` one that only Python knows, on a weight of its own name, on one of another name
and on a frozen one. Each has saved_model/, batch.jsonl, and steps.json with the loss, the dense norm of the gradients
before the clip, and the sum of squares of each weight after each step: the same batch at every step, mean cross
entropy, clip by global norm 1, SGD at 0.5.
"""

import argparse
import json
import os
import shutil

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import numpy as np
import tensorflow as tf

SEED, VOCABULARY, LENGTH, CLASSES, STEPS, RATE = 20216, 12, 5, 3, 3, 0.5
K, L, C = tf.keras, tf.keras.layers, tf.keras.constraints


def normal():
    return K.initializers.RandomNormal(0, 0.6)


def known():
    ids = K.Input((LENGTH,), dtype="int32", name="input_ids")
    x = L.Embedding(VOCABULARY, 6, embeddings_initializer=normal(), embeddings_constraint=C.UnitNorm(axis=1))(ids)
    x = L.MultiHeadAttention(2, 3, kernel_initializer=normal(), kernel_constraint=C.MinMaxNorm(0.5, 0.9, rate=0.7, axis=[0, 1]))(x, x)
    x = L.SeparableConv1D(
        6, 2, padding="same", depthwise_initializer=normal(), pointwise_initializer=normal(),
        depthwise_constraint=C.MaxNorm(0.6, axis=-1), pointwise_constraint="non_neg", bias_constraint=C.MaxNorm(0.05))(x)
    x = L.LayerNormalization(gamma_constraint=C.MaxNorm(2.2), beta_constraint="non_neg")(x)
    x = L.TimeDistributed(L.Dense(6, "tanh", use_bias=False, kernel_initializer=normal(), kernel_constraint="unit_norm", bias_constraint="non_neg"))(x)
    x = L.Flatten()(x)
    x = L.PReLU(alpha_constraint=C.MinMaxNorm(0.1, 0.2, 0.5))(x)
    return K.Model(ids, L.Dense(CLASSES, kernel_initializer=normal(), kernel_constraint=C.MaxNorm(0.8, axis=None), name="logits")(x))


class Halved(C.Constraint):
    def __call__(self, w):
        return w * 0.5


class Scale(L.Layer):
    """Constrains a weight that does not have the name of the key."""

    def __init__(self, scale_constraint=None, **kwargs):
        super().__init__(**kwargs)
        self.scale_constraint = C.get(scale_constraint)

    def build(self, shape):
        self.factor = self.add_weight("factor", [shape[-1]], initializer="ones", constraint=self.scale_constraint)

    def call(self, x):
        return x * self.factor

    def get_config(self):
        return {**super().get_config(), "scale_constraint": C.serialize(self.scale_constraint)}


def unknown():
    ids = K.Input((LENGTH,), dtype="int32", name="input_ids")
    x = L.Embedding(VOCABULARY, 6, embeddings_initializer=normal())(ids)
    x = L.GlobalAveragePooling1D()(x)
    x = Scale(C.MaxNorm(1.5), name="scale")(x)
    frozen = L.Dense(6, kernel_constraint=Halved(), name="frozen")
    frozen.trainable = False
    x = frozen(x)
    return K.Model(ids, L.Dense(CLASSES, kernel_initializer=normal(), kernel_constraint=Halved(), bias_constraint="non_neg", name="logits")(x))


def steps(model, ids, labels):
    optimizer = K.optimizers.SGD(RATE)
    rows = []
    for _ in range(STEPS):
        with tf.GradientTape() as tape:
            logits = model(ids, training=True)
            loss = tf.reduce_mean(K.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True))
        weights = model.trainable_variables
        gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, weights)]
        clipped, norm = tf.clip_by_global_norm(gradients, 1.0)
        optimizer.apply_gradients(zip(clipped, weights))
        rows.append({
            "loss": float(loss), "grad_norm": float(norm),
            "squares": {w.name: float(tf.reduce_sum(tf.square(w))) for w in weights}})
    return rows


def write(folder, model, rng):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    ids = rng.integers(0, VOCABULARY, (4, LENGTH)).astype("int32")
    labels = rng.integers(0, CLASSES, 4).astype("int32")
    model.save(os.path.join(folder, "saved_model"))
    with open(os.path.join(folder, "batch.jsonl"), "w") as f:
        for row, label in zip(ids.tolist(), labels.tolist()):
            f.write(json.dumps({"input_ids": row, "label": label}) + "\n")
    logits = model(ids).numpy().tolist()
    with open(os.path.join(folder, "steps.json"), "w") as f:
        json.dump({"logits": logits, "steps": steps(model, ids, labels)}, f, indent=1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    tf.keras.utils.set_random_seed(SEED)
    rng = np.random.default_rng(SEED)
    write(os.path.join(out, "known"), known(), rng)
    write(os.path.join(out, "unknown"), unknown(), rng)


if __name__ == "__main__":
    main()
