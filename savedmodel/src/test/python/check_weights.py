"""Loads weights that Belay wrote, each with the tool that it is for, and compares the logits with the goldens.

    check_weights.py CASES.json

CASES.json is a list of {"target": tf1|tf2|huggingface|savedmodel, "path": FOLDER, "model": bert|gpt2|t5, "goldens": FIXTURE};
"config" is a folder with config.json for a target that has none, "step" says that a TF1 or TF2 checkpoint must hold Adam's
slots of that step, "loss" is compared instead of logits, "as" is a SavedModel whose logits count instead of the golden ones. A target "pretraining" is compared with the checkpoint "original".
Prints {PATH: largest difference}. Where a PyTorch is installed, transformers' PyTorch classes read the folders too.
"""
import importlib.util
import json
import os
import re
import sys

import numpy as np
import tensorflow as tf
import transformers

transformers.logging.set_verbosity_error()
tf.get_logger().setLevel("ERROR")
BUILT = {}
TORCH = importlib.util.find_spec("torch") is not None
CLASSES = {
    "bert": "BertForSequenceClassification",
    "gpt2": "GPT2LMHeadModel",
    "t5": "T5ForConditionalGeneration",
}


def batch(goldens):
    return {k[len("batch/"):]: v for k, v in goldens.items() if k.startswith("batch/") and k != "batch/labels"}


def configuration(case):
    path = os.path.join(case["path"], "config.json")
    if os.path.exists(path):
        return transformers.AutoConfig.from_pretrained(case["path"])
    return transformers.AutoConfig.from_pretrained(case["config"])


def built(case):
    """A model of that configuration without a single number: whatever is not read makes the logits NaN. To build one takes a second, so each is used again."""
    config = configuration(case)
    key = case["model"] + config.to_json_string()
    if key not in BUILT:
        BUILT[key] = getattr(transformers, "TF" + CLASSES[case["model"]])(config)
        BUILT[key](BUILT[key].dummy_inputs)
    for variable in BUILT[key].variables:
        variable.assign(tf.fill(variable.shape, tf.constant(np.nan, variable.dtype)))
    return BUILT[key]


def logits(model, inputs):
    return model({k: tf.constant(v) for k, v in inputs.items()}, training=False).logits.numpy()


def of_tf1(case, inputs):
    """Google's names by their own rule into the Keras model, every variable exactly once."""
    prefix = tf.train.latest_checkpoint(case["path"])
    reader = tf.train.load_checkpoint(prefix)
    shapes = reader.get_variable_to_shape_map()
    if "step" in case:
        names = [n for n in shapes if not re.search("/adam_[mv]$|global_step", n)]
        assert all(shapes[n + s] == shapes[n] for n in names for s in ("/adam_m", "/adam_v"))
        assert reader.get_tensor("global_step").dtype == np.int64 and prefix.endswith("-%d" % case["step"])
    model = built(case)
    read = set()
    for variable in model.variables:
        name = variable.name.split("/", 1)[1][: -len(":0")].replace("layer_._", "layer_")
        name = re.sub("(word_embeddings)/weight$|(token_type_embeddings|position_embeddings)/embeddings$", r"\1\2", name)
        name = {"classifier/kernel": "output_weights", "classifier/bias": "output_bias"}.get(name, name)
        value = reader.get_tensor(name)
        variable.assign(value.T if name == "output_weights" else value)
        read.add(name)
    left = {n for n in shapes if not re.search("/adam_[mv]$|global_step", n)} - read
    assert not left, left
    return logits(model, inputs)


def pretraining(case):
    """A checkpoint with BERT's pretraining heads: the same arrays as the original, also to transformers' own loader."""
    original, copy = (tf.train.load_checkpoint(p) for p in (case["original"], tf.train.latest_checkpoint(case["path"])))
    names = original.get_variable_to_shape_map()
    assert names == copy.get_variable_to_shape_map()
    difference = max(np.max(np.abs(original.get_tensor(n) - copy.get_tensor(n))) for n in names)
    if TORCH:
        from transformers.models.bert.modeling_bert import load_tf_weights_in_bert

        def loaded(prefix):
            model = transformers.BertForPreTraining(transformers.BertConfig.from_pretrained(case["config"]))
            return load_tf_weights_in_bert(model, model.config, prefix).state_dict()

        before, after = loaded(case["original"]), loaded(tf.train.latest_checkpoint(case["path"]))
        difference = max(difference, *(float((before[n] - after[n]).abs().max()) for n in before))
    return float(difference)


def of_tf2(case, inputs):
    prefix = tf.train.latest_checkpoint(case["path"])
    model = built(case)
    if "step" in case:
        optimizer = tf.keras.optimizers.legacy.Adam()
        optimizer.iterations  # made now, so that it must be in the checkpoint
        optimizer._create_all_weights(model.trainable_variables)
        tf.train.Checkpoint(model=model, optimizer=optimizer).read(prefix).expect_partial()
        assert int(optimizer.iterations) == case["step"], optimizer.iterations
        # The gradient of key biases is zero in exact arithmetic, and the square of what floats give may be so too.
        slots = [optimizer.get_slot(v, s) for v in model.trainable_variables for s in ("m", "v") if "key/bias" not in v.name]
        assert all(np.any(slot.numpy()) for slot in slots), "a slot was not restored"
    status = tf.train.Checkpoint(model=model).read(prefix)
    status.assert_existing_objects_matched()
    return logits(model, inputs)


def of_huggingface(case, inputs):
    name = CLASSES[case["model"]]
    model, info = getattr(transformers, "TF" + name).from_pretrained(case["path"], output_loading_info=True)
    assert not info["missing_keys"] and not info.get("mismatched_keys") and not info["unexpected_keys"], info
    assert configuration(case).architectures == [name], configuration(case).architectures
    found = logits(model, inputs)
    if TORCH:
        import torch

        model, info = getattr(transformers, name).from_pretrained(case["path"], output_loading_info=True)
        assert not info["missing_keys"] and not info["unexpected_keys"] and not info.get("mismatched_keys"), info
        model.eval()
        with torch.no_grad():
            other = model(**{k: torch.tensor(v).long() for k, v in inputs.items()}).logits.numpy()
        np.testing.assert_allclose(other, found, atol=1e-5, rtol=1e-5)
    return found


def of_savedmodel(case, inputs):
    signature = tf.saved_model.load(case["path"]).signatures["serving_default"]
    names = set(signature.structured_input_signature[1])
    found = signature(**{k: tf.constant(v) for k, v in inputs.items() if k in names})
    return found["logits"].numpy()


def main():
    with open(sys.argv[1]) as file:
        cases = json.load(file)
    readers = {"tf1": of_tf1, "tf2": of_tf2, "huggingface": of_huggingface, "savedmodel": of_savedmodel}
    differences = {}
    for case in cases:
        if case["target"] == "pretraining":
            differences[case["path"]] = pretraining(case)
            continue
        goldens = np.load(os.path.join(case["goldens"], "goldens.npz"))
        arrays = {name: goldens[name] for name in goldens.files}
        found = readers[case["target"]](case, batch(arrays))
        if "as" in case:
            arrays["logits"] = of_savedmodel({"path": case["as"]}, batch(arrays))
        if "loss" in case:
            loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)(arrays["batch/labels"], found)
            differences[case["path"]] = abs(float(loss) - case["loss"]) / case["loss"]
        else:
            error = np.abs(found - arrays["logits"]) / np.maximum(1, np.abs(arrays["logits"]))
            differences[case["path"]] = float(np.max(error))
    print(json.dumps({"torch": TORCH, "differences": differences}))


main()
