#!/usr/bin/env python3
"""Writes a BERT classifier with random weights, as Hugging Face does: tf_model.h5, config.json and a SavedModel.

    python python_bert.py TARGET LAYERS HIDDEN HEADS VOCABULARY
"""
import os
import sys

os.environ.update(HF_HUB_OFFLINE="1", CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="2")

from transformers import BertConfig, TFBertForSequenceClassification  # noqa: E402


def main(target, layers, hidden, heads, vocabulary):
    config = BertConfig(
        vocab_size=vocabulary, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=4 * hidden, num_labels=2)
    model = TFBertForSequenceClassification(config)
    model(model.dummy_inputs)
    model.save_pretrained(target, saved_model=True)
    print("model: %d layers of %d, %.1f million parameters" % (layers, hidden, model.count_params() / 1e6))


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    main(sys.argv[1], *map(int, sys.argv[2:]))
