#!/usr/bin/env python3
"""Writes ../fixtures/masked_lm: what Hugging Face's TFBertForMaskedLM makes of the weights of bert_tf1_ckpt, whose pretraining head they hold.

    python make_masked.py [--out DIR]

Needs tensorflow-cpu==2.10.1 and transformers==4.26.1.  One thread, oneDNN off, no dropout.  Written:

    batch.jsonl     B rows of differing lengths, with words hidden already; labels are the hidden words, -100 elsewhere
    goldens.json    loss and dense gradient norm before training, logits [V] of the first hidden word, then the losses and norms of STEPS steps of
                    clip 1.0 and Adam (lr 1e-3, epsilon 1e-8) on the same batch
"""
import argparse
import json
import os

from make_fixtures import RawAdam, dump, tf_  # sets one thread and oneDNN off, before TensorFlow loads
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKPOINT = os.path.join(HERE, "..", "fixtures", "bert_tf1_ckpt")
SEED, STEPS = 1503, 5
FIRST, LAST, HIDDEN_WORD = 2, 3, 4  # as [CLS], [SEP] and [MASK]
LENGTHS = (12, 9, 7, 10)


def tf1_name(keras):
    """tf_bert_for_masked_lm/bert/encoder/layer_._0/... to bert/encoder/layer_0/...."""
    name = keras.split("/", 1)[1].replace(":0", "").replace("layer_._", "layer_").replace("mlm___", "")
    for ending in ("word_embeddings/weight", "token_type_embeddings/embeddings", "position_embeddings/embeddings"):
        if name.endswith(ending):
            return name.rsplit("/", 1)[0]
    return name.replace("predictions/bias", "predictions/output_bias")


def restored(tf):
    import transformers as hf
    config = hf.BertConfig.from_json_file(os.path.join(CHECKPOINT, "bert_config.json"))
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    config.hidden_act = "gelu_new"  # what google-research means by gelu
    model = hf.TFBertForMaskedLM(config)
    model(model.dummy_inputs)
    checkpoint = tf.train.load_checkpoint(os.path.join(CHECKPOINT, "bert_model.ckpt"))
    for variable in model.weights:
        variable.assign(checkpoint.get_tensor(tf1_name(variable.name)))
    return model


def draw_rows(rng, vocabulary):
    for row, length in enumerate(LENGTHS):
        words = rng.integers(10, vocabulary, length - 2)
        ids, labels = words.copy(), np.full(length - 2, -100)
        if row != 2:  # one row in which nothing is hidden
            chosen = rng.permutation(length - 2)[:2]
            labels[chosen] = words[chosen]
            ids[chosen[0]] = HIDDEN_WORD  # the other one stays
        split = length // 2
        yield {"input_ids": [FIRST, *ids.tolist(), LAST], "attention_mask": [1] * length,
               "token_type_ids": [0] * split + [1] * (length - split), "labels": [-100, *labels.tolist(), -100]}


def padded(tf, rows):
    longest = max(LENGTHS)
    fill = {"labels": -100}
    return {name: tf.constant([row[name] + [fill.get(name, 0)] * (longest - len(row[name])) for row in rows], tf.int32) for name in rows[0]}


def make(directory):
    tf = tf_()
    tf.keras.utils.set_random_seed(SEED)
    model = restored(tf)
    rows = list(draw_rows(np.random.default_rng(SEED), model.config.vocab_size))
    batch = padded(tf, rows)
    names = [v.name for v in model.trainable_variables]
    adam = RawAdam(1e-3)
    first = np.argmax(batch["labels"].numpy()[0] != -100)
    goldens = {"first_hidden": [0, int(first)], "loss": [], "pre_clip_norm": []}
    for step in range(STEPS + 1):
        with tf.GradientTape() as tape:
            out = model(**batch, training=False)
            loss = tf.reduce_mean(out.loss)
        gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, model.trainable_variables)]  # dense: rows of one word summed
        clipped, norm = tf.clip_by_global_norm(gradients, 1.0)
        if step == 0:
            goldens["logits"] = [float(x) for x in out.logits[0, first].numpy()]
        goldens["loss"].append(float(loss))
        goldens["pre_clip_norm"].append(float(norm))
        adam.apply(tf, clipped, model.trainable_variables, names)
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "batch.jsonl"), "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")
    dump(os.path.join(directory, "goldens.json"), goldens)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=os.path.join(HERE, "..", "fixtures"))
    make(os.path.join(parser.parse_args().out, "masked_lm"))
