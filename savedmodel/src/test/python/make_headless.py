#!/usr/bin/env python3
"""Writes ../fixtures/headless_bert: a tiny SavedModel without a head, and examples to train a new head with.

    python make_headless.py [--out DIR]

Needs tensorflow-cpu==2.10.1 and transformers==4.26.1.  One thread, oneDNN off.  Written:

    saved_model/            TFBertModel by save_pretrained(saved_model=True): last_hidden_state [B, S, H] and pooler_output [B, H]; config.json beside it
    classification.jsonl    ROWS examples of differing lengths S, one of the CLASSES by name each: the class is that of the example's marker token
    regression.jsonl        the same examples, each with a number instead
"""
import argparse
import json
import os
import shutil
import tempfile

from make_fixtures import tf_, trunc  # sets one thread and oneDNN off, before TensorFlow loads
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = 815
VOCABULARY, HIDDEN, HEADS, FEED_FORWARD, ROWS = 60, 16, 2, 32, 24
CLASSES = ("anger", "joy", "sadness", "surprise")
FIRST, LAST = 2, 3  # as [CLS] and [SEP]


def build(tf, rng):
    import transformers as hf
    model = hf.TFBertModel(hf.BertConfig(
        vocab_size=VOCABULARY, hidden_size=HIDDEN, num_attention_heads=HEADS, intermediate_size=FEED_FORWARD,
        num_hidden_layers=1, max_position_embeddings=24, type_vocab_size=2))
    model(tf.constant([[FIRST, LAST]]))
    for v in model.trainable_variables:  # larger than Hugging Face starts with, so that rows differ
        if "LayerNorm" not in v.name and not v.name.endswith("bias:0"):
            v.assign(trunc(rng, v.shape.as_list(), 0.25))
    return model


def draw_examples(rng):
    for row in range(ROWS):
        label = row % len(CLASSES)
        words = rng.integers(10, VOCABULARY, rng.integers(3, 11)).tolist()
        ids = [FIRST, 5 + label] + words + [LAST]
        yield {"input_ids": ids, "attention_mask": [1] * len(ids), "token_type_ids": [0] * len(ids)}, label


def write_examples(directory, examples):
    for file, label_of in (("classification.jsonl", lambda label: CLASSES[label]), ("regression.jsonl", lambda label: 0.5 * label - 0.75)):
        with open(os.path.join(directory, file), "w", encoding="utf-8") as out:
            for features, label in examples:
                out.write(json.dumps(dict(features, label=label_of(label))) + "\n")


def make(directory):
    tf = tf_()
    tf.keras.utils.set_random_seed(SEED)
    rng = np.random.default_rng(SEED)
    model = build(tf, rng)
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    with tempfile.TemporaryDirectory() as scratch:
        model.save_pretrained(scratch, saved_model=True)
        shutil.move(os.path.join(scratch, "saved_model", "1"), os.path.join(directory, "saved_model"))
        shutil.move(os.path.join(scratch, "config.json"), os.path.join(directory, "config.json"))
    write_examples(directory, list(draw_examples(rng)))
    signature = tf.saved_model.load(os.path.join(directory, "saved_model")).signatures["serving_default"]
    print({name: [s.dtype.name, s.shape.as_list()] for name, s in signature.structured_outputs.items()})


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--out", default=os.path.join(HERE, "..", "fixtures", "headless_bert"))
    make(options.parse_args().out)
