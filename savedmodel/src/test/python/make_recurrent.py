"""Twenty training steps of TensorFlow Python 2.10.1 through recurrent layers, a scan and conditional random fields.

    python make_recurrent.py --out ../fixtures/loops/training

Each folder has batch.jsonl, the one batch of every step, and goldens.json: the losses and the dense norms before the
clip of each step, then the logits and the best tags ("decoded") of the trained model. The loss is the mean cross
entropy of the logits, the optimizer Adam at 0.05 with epsilon 1e-8, the clip a global norm of 1. `lstm` and `gru` are
the models of make_loops.py; `scan`, `bilstm_crf` and, of TensorFlow 1, `v1_bilstm_crf` have their own saved_model/.
The logits of the last two are the marginals of a CRF, by the forward-backward algorithm, so that the cross entropy
trains its transitions through both loops. Float32 on a CPU.
"""

import argparse
import json
import os
import shutil

import make_loops
from make_loops import BATCH, CLASSES, LENGTH, SEED, VOCABULARY, WIDTH, Crf, Functions, ids_and_mask, normal

import make_frames
import numpy as np
import tensorflow as tf
from make_frames import T, ForwardCell, crf_decode, embedded, projected, rnn, weight

STEPS, RATE, EPSILON, CLIP, IGNORED = 20, 0.05, 1e-8, 1.0, -100
TOKENS = ("gru", "bilstm_crf", "v1_bilstm_crf")


def batch(name):
    rng = np.random.default_rng(SEED + 1)
    inputs = ids_and_mask(rng)
    if name == "scan":
        del inputs["attention_mask"]
    if name not in TOKENS:
        return inputs, rng.integers(0, CLASSES, BATCH).astype("i4")
    labels = rng.integers(0, CLASSES, (BATCH, LENGTH)).astype("i4")
    return inputs, np.where(inputs["attention_mask"] == 1, labels, IGNORED).astype("i4")


def cross_entropy(logits, labels):
    counted = tf.not_equal(labels, IGNORED)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.where(counted, labels, 0), logits)
    counts = tf.cast(counted, tf.float32)
    return tf.reduce_sum(losses * counts) / tf.reduce_sum(counts)


class Marginals(Crf):
    """The tagger of make_loops.py, whose logits are the marginals of its tags."""

    def specs(self):
        return make_loops.Keras.specs(self)

    def run(self, input_ids, attention_mask):
        potentials = self.logits(input_ids, attention_mask)
        alive = tf.cast(tf.transpose(attention_mask[:, 1:]), tf.bool)
        emitted = tf.transpose(potentials[:, 1:], [1, 0, 2])

        def forward(alpha, step):
            new = tf.reduce_logsumexp(alpha[:, :, None] + self.transitions, 1) + step[0]
            return tf.where(step[1][:, None], new, alpha)

        def backward(beta, step):
            new = tf.reduce_logsumexp(self.transitions + (step[0] + beta)[:, None], 2)
            return tf.where(step[1][:, None], new, beta)

        first, last = potentials[:, 0], tf.zeros_like(potentials[:, 0])
        alphas = tf.concat([first[None], tf.scan(forward, (emitted, alive), first)], 0)
        betas = tf.concat([tf.scan(backward, (emitted, alive), last, reverse=True), last[None]], 0)
        return {"decoded": self.decode(potentials, alive), "logits": tf.transpose(alphas + betas, [1, 0, 2])}


def scan(rng):
    def run(self, input_ids):
        x = tf.transpose(tf.gather(self.embedding, input_ids), [1, 0, 2])
        states = tf.scan(lambda s, e: tf.tanh(tf.matmul(s, self.w) + e), x, self.b + tf.zeros_like(x[0]))
        return {"logits": tf.matmul(tf.reduce_mean(states, 0), self.kernel)}

    module = Functions(rng, {"input_ids": ([None, None], tf.int32, None)}, run)
    module.embedding = tf.Variable(normal(rng, VOCABULARY, WIDTH), name="embedding")
    module.kernel = tf.Variable(normal(rng, WIDTH, CLASSES), name="kernel")
    return module


def train_module(name, folder, inputs, labels):
    build = {"scan": scan, "bilstm_crf": Marginals}.get(name) or make_loops.case.cases[name]
    module = build(np.random.default_rng(SEED))
    function = tf.function(lambda **given: module.run(**given)).get_concrete_function(**module.specs())
    if build in (scan, Marginals):
        saved = os.path.join(folder, "saved_model")
        tf.saved_model.save(module, saved, {"serving_default": function})
        make_loops.keep_called(os.path.join(saved, "saved_model.pb"))
        shutil.rmtree(os.path.join(saved, "assets"), ignore_errors=True)
    given = {n: tf.constant(v) for n, v in inputs.items()}
    optimizer = tf.keras.optimizers.Adam(RATE, epsilon=EPSILON)
    losses, norms = [], []
    for _ in range(STEPS):
        with tf.GradientTape() as tape:
            loss = cross_entropy(function(**given)["logits"], labels)
        pairs = [(tf.convert_to_tensor(g), v) for g, v in zip(tape.gradient(loss, module.trainable_variables), module.trainable_variables) if g is not None]
        clipped, norm = tf.clip_by_global_norm([g for g, _ in pairs], CLIP)
        optimizer.apply_gradients(zip(clipped, [v for _, v in pairs]))
        losses.append(float(loss))
        norms.append(float(norm))
    return losses, norms, {n: t.numpy() for n, t in function(**given).items()}


def tagger(input_ids, attention_mask):
    lengths = tf.reduce_sum(attention_mask, 1)
    cells = [rnn.LSTMCell(3), rnn.LSTMCell(3)]
    outputs, _ = T.nn.bidirectional_dynamic_rnn(*cells, embedded(input_ids), lengths, dtype=tf.float32)
    potentials = projected(tf.concat(outputs, -1))
    transitions = weight("transitions", CLASSES, CLASSES)

    def scores(values, transitions, scope):
        with T.variable_scope(scope):
            rest, _ = T.nn.dynamic_rnn(
                ForwardCell(transitions), values[:, 1:], sequence_length=lengths - 1, initial_state=values[:, 0], dtype=tf.float32)
        return tf.concat([values[:, :1], rest], 1)

    alphas = scores(potentials, transitions, "forward")
    turned = tf.reverse_sequence(potentials, lengths, seq_axis=1)
    gammas = tf.reverse_sequence(scores(turned, tf.transpose(transitions), "backward"), lengths, seq_axis=1)
    return {"decoded": crf_decode(potentials, lengths, transitions), "logits": alphas + gammas - potentials}


def train_graph(folder, inputs, labels):
    rng = np.random.default_rng(SEED)
    with tf.Graph().as_default(), T.Session() as session:
        given = {n: T.placeholder(tf.int32, [None, None], n) for n in inputs}
        outputs = {n: tf.identity(t, "out_" + n) for n, t in tagger(**given).items()}
        variables = T.trainable_variables()
        session.run(T.global_variables_initializer())
        for variable in variables:
            variable.load(normal(rng, *variable.shape.as_list()), session)
        T.saved_model.simple_save(session, os.path.join(folder, "saved_model"), given, outputs)
        loss = cross_entropy(outputs["logits"], tf.constant(labels))
        gradients = [tf.convert_to_tensor(g) for g in tf.gradients(loss, variables)]
        clipped, norm = tf.clip_by_global_norm(gradients, CLIP)
        optimizer = T.train.AdamOptimizer(RATE, epsilon=EPSILON)
        step = optimizer.apply_gradients(zip(clipped, variables))
        session.run(T.variables_initializer(optimizer.variables()))
        fed = {given[n]: v for n, v in inputs.items()}
        steps = [session.run([loss, norm, step], fed)[:2] for _ in range(STEPS)]
        after = session.run(outputs, fed)
    return [float(value) for value, _ in steps], [float(norm) for _, norm in steps], after


def write(folder, name):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    inputs, labels = batch(name)
    train = train_graph if name.startswith("v1") else lambda *rest: train_module(name, *rest)
    losses, norms, after = train(folder, inputs, labels)
    with open(os.path.join(folder, "batch.jsonl"), "w") as f:
        for row in range(BATCH):
            line = {n: values[row].tolist() for n, values in inputs.items()}
            line["labels" if name in TOKENS else "label"] = labels[row].tolist()
            f.write(json.dumps(line) + "\n")
    goldens = {"losses": losses, "norms": norms, **{n: after[n].tolist() for n in ("decoded", "logits") if n in after}}
    with open(os.path.join(folder, "goldens.json"), "w") as f:
        f.write("{\n" + ",\n".join(f' "{n}": {json.dumps(value)}' for n, value in goldens.items()) + "\n}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    T.enable_control_flow_v2()
    for name in ("lstm", "gru", "scan", "bilstm_crf"):
        write(os.path.join(out, name), name)
    T.disable_control_flow_v2()
    write(os.path.join(out, "v1_bilstm_crf"), "v1_bilstm_crf")


if __name__ == "__main__":
    main()
