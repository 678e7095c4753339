#!/usr/bin/env python3
"""Makes model/: a small BERT as Python would hand it over, before anybody taught it sentiment.

    python make_model.py [--out model] [--epochs 12]

Needs tensorflow-cpu==2.10.1 and transformers==4.26.1.  A WordPiece vocabulary is built from the sentences of train.tsv, a two-layer BERT learns
to fill in masked words of the same sentences (their labels are not looked at, dev.tsv is not opened), and a TFBertForSequenceClassification
with that encoder and a fresh head of two classes is saved with its traces for training=True and training=False.  Everything is seeded.

Shapes: B sentences, S tokens of the longest sentence of the batch, V words of the vocabulary.
"""
import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
import numpy as np
import tensorflow as tf
import transformers
from tokenizers import BertWordPieceTokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = 2024
VOCABULARY, MAX_LENGTH = 3000, 64
BATCH, LEARNING_RATE = 32, 1.5e-3
MASK, FIRST_WORD = 4, 5  # ids: [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3, [MASK] 4, then words
CONFIG = transformers.BertConfig(vocab_size=VOCABULARY, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=256,
                                 max_position_embeddings=MAX_LENGTH, hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1, num_labels=2)


def train_sentences():
    with open(os.path.join(HERE, "train.tsv"), encoding="utf-8") as lines:
        return [line.rstrip("\n").split("\t")[0] for line in list(lines)[1:]]


def make_vocabulary(sentences, path):
    """WordPiece by tokenizers, whose order among words of one frequency changes from run to run: a vocabulary that is there stays."""
    if os.path.exists(path):
        return
    trained = BertWordPieceTokenizer(lowercase=True)
    trained.train_from_iterator(sentences, vocab_size=VOCABULARY, min_frequency=2, show_progress=False)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    trained.save_model(os.path.dirname(path))


def masked_batches(encoded, random):
    """One epoch of ids [B, S], mask [B, S] and labels [B, S] (-1: not asked); sentences of like length go together."""
    order = sorted(random.permutation(len(encoded)), key=lambda i: len(encoded[i]))
    batches = [order[start:start + BATCH] for start in range(0, len(order), BATCH)]
    for batch in (batches[i] for i in random.permutation(len(batches))):
        longest = max(len(encoded[i]) for i in batch)
        ids = np.zeros((len(batch), longest), np.int32)
        for row, i in enumerate(batch):
            ids[row, :len(encoded[i])] = encoded[i]
        mask = (ids != 0).astype(np.int32)
        asked = (random.random(ids.shape) < 0.2) & (ids >= FIRST_WORD)
        labels = np.where(asked, ids, -1).astype(np.int32)
        dice = random.random(ids.shape)  # of the words asked for: 80 % masked, 10 % another word, 10 % as they are
        ids = np.where(asked & (dice < 0.8), MASK, ids)
        ids = np.where(asked & (dice > 0.9), random.integers(FIRST_WORD, VOCABULARY, ids.shape), ids)
        yield ids.astype(np.int32), mask, labels


def pretrain(encoded, epochs, random):
    """-> TFBertForMaskedLM that has read the sentences `epochs` times."""
    model = transformers.TFBertForMaskedLM(CONFIG)
    model(model.dummy_inputs)
    steps = epochs * -(-len(encoded) // BATCH)
    schedule = transformers.WarmUp(LEARNING_RATE, tf.keras.optimizers.schedules.PolynomialDecay(LEARNING_RATE, steps - steps // 10, 0.0), steps // 10)
    optimizer = transformers.AdamWeightDecay(schedule, weight_decay_rate=0.01, exclude_from_weight_decay=["LayerNorm", "layer_norm", "bias"])

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32)] * 3)
    def step(ids, mask, labels):
        with tf.GradientTape() as tape:
            logits = model({"input_ids": ids, "attention_mask": mask, "token_type_ids": tf.zeros_like(ids)}, training=True).logits  # [B, S, V]
            asked = tf.where(labels >= 0)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.gather_nd(labels, asked), logits=tf.gather_nd(logits, asked)))
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, model.trainable_variables), 1.0)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return loss

    for epoch in range(epochs):
        losses = [float(step(*batch)) for batch in masked_batches(encoded, random)]
        print("epoch %d of %d: masked word loss %.3f" % (epoch + 1, epochs, np.mean(losses)), flush=True)
    return model


def classifier_with(encoder):
    """TFBertForSequenceClassification with the weights of the masked LM's encoder, its own pooler and head."""
    model = transformers.TFBertForSequenceClassification(CONFIG)
    model(model.dummy_inputs)
    learnt = {v.name.split("/", 1)[1]: v for v in encoder.bert.variables}
    for v in model.variables:
        name = v.name.split("/", 1)[1]
        if name in learnt:
            v.assign(learnt.pop(name))
    assert not learnt, list(learnt)
    return model


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--out", default=os.path.join(HERE, "model"))
    options.add_argument("--epochs", type=int, default=12)
    chosen = options.parse_args()
    tf.keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    sentences = train_sentences()
    vocabulary = os.path.join(chosen.out, "vocab.txt")
    make_vocabulary(sentences, vocabulary)
    tokenizer = transformers.BertTokenizerFast(vocab_file=vocabulary, do_lower_case=True)
    tokenizer.backend_tokenizer.save(os.path.join(chosen.out, "tokenizer.json"))  # before it is told to truncate
    encoded = tokenizer(sentences, truncation=True, max_length=MAX_LENGTH)["input_ids"]
    model = classifier_with(pretrain(encoded, chosen.epochs, np.random.default_rng(SEED)))
    model.save(chosen.out, include_optimizer=False, signatures={"serving_default": model.serving})


if __name__ == "__main__":
    main()
