#!/usr/bin/env python3
"""Writes TensorFlow's files of ../fixtures/seq2seq: the same weights by the TensorFlow classes: make_bart_names.py FOLDER

Of bart, mbart and bart_classes: tf_names.json, for each weight its name in PyTorch, in tf_model.h5 and in a checkpoint of
tf.train.Checkpoint(model=). Of bart also tf_model.h5; the logits must be those of the goldens. With tensorflow-cpu
2.10.1, transformers 4.26.1 and safetensors.
"""
import json
import os
import pathlib
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf
import transformers
from safetensors.numpy import load_file
from transformers.modeling_tf_pytorch_utils import convert_tf_weight_name_to_pt_weight_name

CLASSES = {"bart": "TFBartForConditionalGeneration", "mbart": "TFMBartForConditionalGeneration", "bart_classes": "TFBartForSequenceClassification"}


def named(variable, prefix):
    name, transposed = convert_tf_weight_name_to_pt_weight_name(variable.name, prefix, tuple(variable.shape))
    return name, getattr(transposed, "value", "simple" if transposed else "no") == "simple"


def main(folder):
    for fixture, name in CLASSES.items():
        here = folder / fixture
        config = getattr(transformers, name[2:].split("For")[0] + "Config")(**{
            key: value for key, value in json.loads((here / "model/config.json").read_text()).items() if key != "transformers_version"})
        model = getattr(transformers, name)(config)
        rows = [json.loads(line) for line in (here / "batch.jsonl").read_text().splitlines()]
        width = max(len(row["input_ids"]) for row in rows)
        ids = tf.constant([row["input_ids"] + [1] * (width - len(row["input_ids"])) for row in rows])
        mask = tf.cast(ids != 1, tf.int32)
        fed = dict(input_ids=ids, attention_mask=mask)
        goldens = json.loads((here / "goldens.json").read_text())
        if "decoder_input_ids" in goldens:
            fed["decoder_input_ids"] = tf.constant(goldens["decoder_input_ids"])
        model(**fed)
        held = load_file(here / "model/model.safetensors")
        names, prefix = [], model.name
        for variable in model.variables:
            pytorch, transposed = named(variable, prefix)
            value = held.pop(pytorch)
            variable.assign(value.T if transposed else value)
            names.append(dict(pt=pytorch, h5=variable.name.split(":")[0], variable=variable))
        assert not held, sorted(held)
        with tempfile.TemporaryDirectory() as scratch:
            path = tf.train.Checkpoint(model=model).write(scratch + "/ckpt")
            keys = {key: tf.train.load_variable(path, key) for key, _ in tf.train.list_variables(path) if key.endswith("VARIABLE_VALUE")}
        for one in names:  # random weights differ from each other; equal zeros and ones are told apart by the order of their names
            value = one.pop("variable").numpy()
            same = sorted(key for key, found in keys.items() if found.shape == value.shape and (found == value).all())
            assert len(same) == 1, (one, same)
            one["tf2"] = same[0]
        (here / "tf_names.json").write_text("[\n" + ",\n".join(map(json.dumps, names)) + "\n]\n")
        logits = model(**fed).logits.numpy()
        if fixture == "bart_classes":
            right = json.loads((here / "case.json").read_text())["runs"][0]["expect"]["logits"]
        else:
            counted = np.array([row["labels"] for row in rows]) != -100
            logits, right = logits[counted], goldens["logits"]
        print(fixture, "largest difference from PyTorch", abs(logits - np.array(right)).max())
        if fixture == "bart":
            model.save_weights(str(here / "tf_model.h5"))


main(pathlib.Path(sys.argv[1]))
