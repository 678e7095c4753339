"""Taggers that compute the loss of a conditional random field themselves, and 20 training steps of TF Python 2.10.1.

    python make_output_losses.py --out ../fixtures/output_losses

`bert_bilstm_crf` is a tf.Module: token and position embeddings, a transformer block, a bidirectional LSTM of Keras, and
a CRF by tf.scan. `v1_bilstm_crf` is a graph of TensorFlow 1 with placeholders for ids, lengths and tags, dynamic_rnn
and the CRF of tf.contrib, in the frames of control flow v1. Each has two signatures: serving_default gives the best
tags ("decoded"), `likelihood` takes the tags too and gives "loss", the negative log-likelihood of each example,
"mean_loss", their mean, "token_loss", a cross entropy of each token, and outputs that cannot train: "right", an
integer, and "prior", which no weight moves.

rows.jsonl has the examples, of several lengths; a batch is four of them in order, the loss the mean over its examples,
the optimizer Adam at 0.05 with epsilon 1e-8, the clip a global norm of 1. goldens.json has the loss and the norm before
the clip of each step; before and after the training the loss of each example, the best tags and the accuracy; and the
trained weights by name. Float32 on a CPU.
"""

import argparse
import json
import os
import shutil

import make_loops
from make_loops import CLASSES, SEED, VOCABULARY, WIDTH, K, L, keep_called, normal

import make_frames
import numpy as np
import tensorflow as tf
from make_frames import T, crf_decode, crf_log_norm, crf_score, embedded, projected, rnn, weight

STEPS, RATE, EPSILON, CLIP, BATCH = 20, 0.05, 1e-8, 1.0, 4
LENGTHS = [5, 3, 1, 4, 2, 5, 4, 3]
POSITIONS, HEADS = 8, 2


def rows():
    rng = np.random.default_rng(SEED + 2)
    return [
        {"input_ids": rng.integers(1, VOCABULARY, n).tolist(), "labels": rng.integers(0, CLASSES, n).tolist()} for n in LENGTHS
    ]


def padded(chosen):
    longest = max(len(row["input_ids"]) for row in chosen)
    pad = lambda values: np.array([v + [0] * (longest - len(v)) for v in values], "i4")
    lengths = np.array([len(row["input_ids"]) for row in chosen], "i4")
    return {
        "input_ids": pad([row["input_ids"] for row in chosen]),
        "attention_mask": (np.arange(longest)[None] < lengths[:, None]).astype("i4"),
        "lengths": lengths,
        "tags": pad([row["labels"] for row in chosen]),
    }


def further(logits, tags, mask, losses):
    """Outputs beside the loss of each example."""
    hot = tf.one_hot(tags, CLASSES)
    tokens = -tf.reduce_sum(tf.nn.log_softmax(logits) * hot, -1)
    right = tf.equal(tf.argmax(logits, -1, tf.int32), tags)
    return {
        "loss": losses,
        "mean_loss": tf.reduce_mean(losses),
        "token_loss": tokens,
        "right": tf.reduce_sum(tf.cast(right, tf.int32) * mask, 1),
        "prior": tf.reduce_sum(tf.cast(tags * mask, tf.float32), 1),
        "by_class": tf.transpose(tokens[None] * tf.transpose(hot, [2, 0, 1]), [1, 2, 0]),
    }


class Tagger(tf.Module):
    def __init__(self, rng):
        super().__init__()
        ids, mask = (K.Input((None,), dtype="int32", name=name) for name in ("input_ids", "attention_mask"))
        positions = L.Embedding(POSITIONS, WIDTH, name="positions")(tf.cumsum(tf.ones_like(ids), 1, exclusive=True))
        x = L.LayerNormalization(epsilon=1e-12, name="norm")(L.Embedding(VOCABULARY, WIDTH, name="words")(ids) + positions)
        seen = tf.cast(mask, tf.bool)
        x = L.LayerNormalization(epsilon=1e-12, name="norm_1")(
            x + L.MultiHeadAttention(HEADS, WIDTH // HEADS, name="attention")(x, x, attention_mask=seen[:, None]))
        x = L.LayerNormalization(epsilon=1e-12, name="norm_2")(
            x + L.Dense(WIDTH, name="output")(L.Dense(2 * WIDTH, activation="gelu", name="inner")(x)))
        x = L.Bidirectional(L.LSTM(3, return_sequences=True), name="lstm")(x, mask=seen)
        encoder = K.Model([ids, mask], L.Dense(CLASSES, name="emissions")(x))
        self.kept = list(encoder.variables)
        for variable in self.kept:
            variable.assign(normal(rng, *variable.shape) + (1 if "gamma" in variable.name else 0))
        # A model that is an attribute would be saved with a dozen traces of each layer.
        self.emissions = lambda *inputs: encoder(inputs, training=False)
        self.transitions = tf.Variable(normal(rng, CLASSES, CLASSES), name="transitions")

    decode = make_loops.Crf.decode

    def serve(self, input_ids, attention_mask):
        alive = tf.cast(tf.transpose(attention_mask[:, 1:]), tf.bool)
        return {"decoded": self.decode(self.emissions(input_ids, attention_mask), alive)}

    def likelihood(self, input_ids, attention_mask, tags):
        emissions = self.emissions(input_ids, attention_mask)  # [B, S, C]
        mask = tf.cast(attention_mask, tf.float32)
        unary = tf.reduce_sum(tf.reduce_sum(emissions * tf.one_hot(tags, CLASSES), -1) * mask, 1)
        pairs = tf.gather_nd(self.transitions, tf.stack([tags[:, :-1], tags[:, 1:]], -1))
        binary = tf.reduce_sum(pairs * mask[:, 1:], 1)
        time_major, alive = tf.transpose(emissions[:, 1:], [1, 0, 2]), tf.cast(tf.transpose(attention_mask[:, 1:]), tf.bool)

        def forward(alpha, step):
            new = tf.reduce_logsumexp(alpha[:, :, None] + self.transitions, 1) + step[0]
            return tf.where(step[1][:, None], new, alpha)

        alphas = tf.concat([emissions[None, :, 0], tf.scan(forward, (time_major, alive), emissions[:, 0])], 0)
        losses = tf.reduce_logsumexp(alphas[-1], -1) - unary - binary
        return further(emissions, tags, attention_mask, losses)


def specs(*names):
    return {n: tf.TensorSpec([None, None], tf.int32, n) for n in names}


def train_module(folder, batches, whole):
    module = Tagger(np.random.default_rng(SEED))
    serve = tf.function(lambda **given: module.serve(**given)).get_concrete_function(**specs("input_ids", "attention_mask"))
    likelihood = tf.function(lambda **given: module.likelihood(**given)).get_concrete_function(
        **specs("input_ids", "attention_mask", "tags"))
    saved = os.path.join(folder, "saved_model")
    tf.saved_model.save(module, saved, {"serving_default": serve, "likelihood": likelihood})
    keep_called(os.path.join(saved, "saved_model.pb"))
    shutil.rmtree(os.path.join(saved, "assets"), ignore_errors=True)
    inputs = lambda batch, *names: {n: tf.constant(batch[n]) for n in ("input_ids", "attention_mask", *names)}

    def answers():
        return {"losses": likelihood(**inputs(whole, "tags"))["loss"].numpy(), "decoded": serve(**inputs(whole))["decoded"].numpy()}

    before = answers()
    optimizer = tf.keras.optimizers.Adam(RATE, epsilon=EPSILON)
    steps = []
    for step in range(STEPS):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(likelihood(**inputs(batches[step % len(batches)], "tags"))["loss"])
        variables = module.trainable_variables
        gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, variables)]
        clipped, norm = tf.clip_by_global_norm(gradients, CLIP)
        optimizer.apply_gradients(zip(clipped, variables))
        steps.append((float(loss), float(norm)))
    return steps, before, answers(), {v.name.split(":")[0]: v.numpy() for v in module.trainable_variables}


def signature(inputs, outputs):
    return T.saved_model.signature_def_utils.predict_signature_def(inputs, outputs)


def train_graph(folder, batches, whole):
    rng = np.random.default_rng(SEED)
    with tf.Graph().as_default(), T.Session() as session:
        given = {n: T.placeholder(tf.int32, [None] if n == "lengths" else [None, None], n) for n in ("input_ids", "lengths", "tags")}
        ids, lengths, tags = given.values()
        cells = [rnn.LSTMCell(3), rnn.LSTMCell(3)]
        outputs, _ = T.nn.bidirectional_dynamic_rnn(*cells, embedded(ids), lengths, dtype=tf.float32)
        emissions = projected(tf.concat(outputs, -1))
        transitions = weight("transitions", CLASSES, CLASSES)
        losses = crf_log_norm(emissions, lengths, transitions) - crf_score(emissions, tags, lengths, transitions)
        decoded = tf.identity(crf_decode(emissions, lengths, transitions), "decoded")
        results = further(emissions, tags, tf.sequence_mask(lengths, tf.shape(ids)[1], tf.int32), losses)
        results = {n: tf.identity(t, "out_" + n) for n, t in results.items()}
        variables = T.trainable_variables()
        session.run(T.global_variables_initializer())
        for variable in variables:
            variable.load(normal(rng, *variable.shape.as_list()), session)
        builder = T.saved_model.builder.SavedModelBuilder(os.path.join(folder, "saved_model"))
        served = {n: given[n] for n in ("input_ids", "lengths")}
        builder.add_meta_graph_and_variables(
            session, ["serve"], {"serving_default": signature(served, {"decoded": decoded}), "likelihood": signature(given, results)})
        builder.save()
        loss = tf.reduce_mean(results["loss"])
        gradients = [tf.convert_to_tensor(g) for g in tf.gradients(loss, variables)]
        clipped, norm = tf.clip_by_global_norm(gradients, CLIP)
        optimizer = T.train.AdamOptimizer(RATE, epsilon=EPSILON)
        update = optimizer.apply_gradients(zip(clipped, variables))
        session.run(T.variables_initializer(optimizer.variables()))
        fed = lambda batch: {placeholder: batch[n] for n, placeholder in given.items()}

        def answers():
            return session.run({"losses": results["loss"], "decoded": decoded}, fed(whole))

        before = answers()
        steps = [session.run([loss, norm, update], fed(batches[i % len(batches)]))[:2] for i in range(STEPS)]
        return steps, before, answers(), {v.name.split(":")[0]: value for v, value in zip(variables, session.run(variables))}


def summary(answers, whole):
    real = whole["attention_mask"] == 1
    return {
        "losses": answers["losses"].tolist(),
        "decoded": [row[:n].tolist() for row, n in zip(answers["decoded"], LENGTHS)],
        "loss": float(np.mean(answers["losses"])),
        "accuracy": float(np.mean((answers["decoded"] == whole["tags"])[real])),
    }


def write(out, name, train):
    folder = os.path.join(out, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    examples = rows()
    batches = [padded(examples[i : i + BATCH]) for i in range(0, len(examples), BATCH)]
    whole = padded(examples)
    steps, before, after, weights = train(folder, batches, whole)
    with open(os.path.join(folder, "rows.jsonl"), "w") as f:
        f.writelines(json.dumps(row) + "\n" for row in examples)
    goldens = {
        "loss": [float(loss) for loss, _ in steps],
        "norm": [float(norm) for _, norm in steps],
        "before": summary(before, whole),
        "after": summary(after, whole),
        "weights": {n: [round(float(w), 6) for w in value.ravel()] for n, value in weights.items()},
    }
    with open(os.path.join(folder, "goldens.json"), "w") as f:
        f.write("{\n" + ",\n".join(f' "{n}": {json.dumps(value)}' for n, value in goldens.items()) + "\n}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    T.enable_control_flow_v2()
    write(out, "bert_bilstm_crf", train_module)
    T.disable_control_flow_v2()
    write(out, "v1_bilstm_crf", train_graph)


if __name__ == "__main__":
    main()
