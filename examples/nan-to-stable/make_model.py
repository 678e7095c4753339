#!/usr/bin/env python3
"""Makes model/: a small Chinese BERT as Python would hand it over, trained by somebody whose 0 meant "good".

    python make_model.py [--out model] [--epochs 10]

Needs tensorflow-cpu==2.10.1 and tokenizers==0.13.3.  The vocabulary is every character that train.tsv holds three times or more.  A two-layer BERT learns the
sentences of train.tsv with the classes the other way round (0 good, 1 bad).  Then the pooler is made 20 times smaller and the head 20 times larger: what
the model answers hardly changes, how steep its loss is does.  It is saved with one signature:

    serving_default(input_ids [B, S], attention_mask [B, S], token_type_ids [B, S]) -> logits [B, 2], log_probabilities [B, 2]

log_probabilities is log(softmax(logits)), two operations, as a loop has it that computes its loss from probabilities: of a probability that has
become 0 it is minus infinity.  logits is what a stable loss starts from.  dev.tsv is not opened.  Everything is seeded.

Shapes: B sentences, S tokens of the longest sentence of the batch, H hidden size, A heads.
"""
import argparse
import collections
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
import numpy as np
import tensorflow as tf
from tokenizers import BertWordPieceTokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = 2024
LAYERS, HIDDEN, HEADS, INTERMEDIATE, MAX_LENGTH, CLASSES = 2, 64, 4, 256, 64, 2
BATCH, LEARNING_RATE, DROPOUT = 32, 1e-3, 0.1
HEAD_SCALE = 20.0


def train_rows():
    with open(os.path.join(HERE, "train.tsv"), encoding="utf-8") as lines:
        return [line.rstrip("\n").split("\t") for line in list(lines)[1:]]


def make_vocabulary(sentences, path):
    counts = collections.Counter(character for sentence in sentences for character in sentence.lower() if not character.isspace())
    characters = sorted(character for character, count in counts.items() if count >= 3)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as lines:
        lines.write("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + characters) + "\n")
    return 5 + len(characters)


class Bert(tf.Module):
    """google-research BERT, post-norm, erf gelu, with pooler and classifier; variables by the names of its checkpoints."""

    def __init__(self, vocabulary):
        super().__init__("bert")
        random = np.random.default_rng(SEED)
        self.weights = {}

        def variable(name, *shape, fill=None):
            value = np.full(shape, fill, np.float32) if fill is not None else np.clip(random.standard_normal(shape), -2, 2).astype(np.float32) * np.float32(0.05)
            self.weights[name] = tf.Variable(value, name=name)

        def dense(name, inputs, outputs):
            variable(name + "/kernel", inputs, outputs)
            variable(name + "/bias", outputs, fill=0)

        def norm(name):
            variable(name + "/gamma", HIDDEN, fill=1)
            variable(name + "/beta", HIDDEN, fill=0)

        for table, rows in (("word", vocabulary), ("position", MAX_LENGTH), ("token_type", 2)):
            variable("bert/embeddings/%s_embeddings" % table, rows, HIDDEN)
        norm("bert/embeddings/LayerNorm")
        for layer in range(LAYERS):
            name = "bert/encoder/layer_%d/" % layer
            for part in ("query", "key", "value"):
                dense(name + "attention/self/" + part, HIDDEN, HIDDEN)
            dense(name + "attention/output/dense", HIDDEN, HIDDEN)
            norm(name + "attention/output/LayerNorm")
            dense(name + "intermediate/dense", HIDDEN, INTERMEDIATE)
            dense(name + "output/dense", INTERMEDIATE, HIDDEN)
            norm(name + "output/LayerNorm")
        dense("bert/pooler/dense", HIDDEN, HIDDEN)
        dense("classifier", HIDDEN, CLASSES)

    def logits(self, ids, mask, types, dropout=0.0):
        """-> [B, 2]"""
        w = self.weights

        def dense(x, name):
            return tf.tensordot(x, w[name + "/kernel"], 1) + w[name + "/bias"]

        def norm(x, name):
            mean, variance = tf.nn.moments(x, [-1], keepdims=True)
            return (x - mean) * tf.math.rsqrt(variance + 1e-12) * w[name + "/gamma"] + w[name + "/beta"]

        def heads(x):  # [B, S, H] -> [B, A, S, H/A]
            return tf.transpose(tf.reshape(x, [tf.shape(x)[0], -1, HEADS, HIDDEN // HEADS]), [0, 2, 1, 3])

        drop = (lambda x: tf.nn.dropout(x, dropout)) if dropout else (lambda x: x)
        tables = [w["bert/embeddings/%s_embeddings" % table] for table in ("word", "position", "token_type")]
        x = tf.gather(tables[0], ids) + tables[1][:tf.shape(ids)[1]] + tf.gather(tables[2], types)  # [B, S, H]
        x = drop(norm(x, "bert/embeddings/LayerNorm"))
        bias = (1.0 - tf.cast(mask, tf.float32))[:, None, None, :] * -1e4
        for layer in range(LAYERS):
            name = "bert/encoder/layer_%d/" % layer
            query, key, value = (heads(dense(x, name + "attention/self/" + part)) for part in ("query", "key", "value"))
            scores = tf.matmul(query, key, transpose_b=True) / (HIDDEN // HEADS) ** 0.5 + bias  # [B, A, S, S]
            context = tf.reshape(tf.transpose(tf.matmul(drop(tf.nn.softmax(scores)), value), [0, 2, 1, 3]), tf.shape(x))
            x = norm(x + drop(dense(context, name + "attention/output/dense")), name + "attention/output/LayerNorm")
            inner = dense(x, name + "intermediate/dense")
            inner = 0.5 * inner * (1.0 + tf.math.erf(inner / 2.0**0.5))
            x = norm(x + drop(dense(inner, name + "output/dense")), name + "output/LayerNorm")
        return dense(drop(tf.tanh(dense(x[:, 0], "bert/pooler/dense"))), "classifier")

    def move_scale_to_head(self, scale):
        """tanh is nearly the identity for the small numbers that are left, so the logits stay nearly the same."""
        for name, factor in (("bert/pooler/dense", 1 / scale), ("classifier", scale)):
            for part in ("/kernel", "/bias"):
                self.weights[name + part].assign(self.weights[name + part] * factor)

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32, name) for name in ("input_ids", "attention_mask", "token_type_ids")])
    def serve(self, input_ids, attention_mask, token_type_ids):
        logits = self.logits(input_ids, attention_mask, token_type_ids)
        return {"logits": logits, "log_probabilities": tf.math.log(tf.nn.softmax(logits))}


def train(model, encoded, labels, epochs):
    """AdamW, linear decay, clip 1.0, the stable loss."""
    random = np.random.default_rng(SEED)
    steps = epochs * -(-len(encoded) // BATCH)
    schedule = tf.keras.optimizers.schedules.PolynomialDecay(LEARNING_RATE, steps, 0.0)
    optimizer = tf.keras.optimizers.Adam(schedule)
    variables = list(model.weights.values())

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None], tf.int32)])
    def step(ids, classes):
        with tf.GradientTape() as tape:
            logits = model.logits(ids, tf.cast(ids != 0, tf.int32), tf.zeros_like(ids), DROPOUT)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(classes, logits))
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, variables), 1.0)
        optimizer.apply_gradients(zip(gradients, variables))
        return loss

    for epoch in range(epochs):
        losses = []
        order = random.permutation(len(encoded))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            ids = np.zeros((len(batch), max(len(encoded[i]) for i in batch)), np.int32)
            for row, i in enumerate(batch):
                ids[row, : len(encoded[i])] = encoded[i]
            losses.append(float(step(ids, labels[batch])))
        print("epoch %d of %d: loss %.3f" % (epoch + 1, epochs, np.mean(losses)), flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--out", default=os.path.join(HERE, "model"))
    options.add_argument("--epochs", type=int, default=10)
    chosen = options.parse_args()
    tf.keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    rows = train_rows()
    vocabulary = os.path.join(chosen.out, "vocab.txt")
    model = Bert(make_vocabulary([text for text, _ in rows], vocabulary))
    tokenizer = BertWordPieceTokenizer(vocabulary, lowercase=True)
    tokenizer.enable_truncation(MAX_LENGTH)
    encoded = [encoding.ids for encoding in tokenizer.encode_batch([text for text, _ in rows])]
    train(model, encoded, np.array([label == "neg" for _, label in rows], np.int32), chosen.epochs)  # 1 is bad
    model.move_scale_to_head(HEAD_SCALE)
    tf.saved_model.save(model, chosen.out, signatures={"serving_default": model.serve})


if __name__ == "__main__":
    main()
