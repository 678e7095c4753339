#!/usr/bin/env python3
"""Is an exported SavedModel what Python and TF Serving expect?  Loads it with TensorFlow Python and holds it against Belay's own predictions.

    python check_export.py EXPORT --batch batch.jsonl --predictions predictions.jsonl [--original SAVEDMODEL] [--keras]
    python check_export.py --jobs jobs.json

EXPORT         the exported directory (the one that holds saved_model.pb)
--batch        the examples that were predicted, pre-tokenised, one JSON object a line: input_ids, attention_mask, ...
--predictions  what `belay predict` wrote for them, one JSON object a line with "logits"
--original     the SavedModel that was fine-tuned: every signature of it must be there again, with the same inputs and outputs,
               and every variable with its shape, type and trainable flag
--keras        load it by keras.models.load_model too, and compare those logits
--jobs         a JSON list of such lists of arguments, each an export to check: Python starts once for all of them

stdout: one JSON object with the signatures, the variables, their trainable flags and the largest differences.
Exit code: 0, or 1 with one line a fault on stderr.  With --jobs: a list of such objects, each with its "faults", and 0.
"""
import argparse
import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
import numpy as np
import tensorflow as tf

tf.get_logger().setLevel("ERROR")

# Belay's feature -> the names that models give it.
USUAL_NAMES = {
    "input_ids": ("input_ids", "input_word_ids", "ids"),
    "attention_mask": ("attention_mask", "input_mask", "mask"),
    "token_type_ids": ("token_type_ids", "input_type_ids", "segment_ids"),
}


def read_lines(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def columns(examples, named):
    """feature -> [B, S], short rows filled up with zeros."""
    features = {}
    for name in examples[0]:
        if name in ("label", "labels", "label_ids"):
            continue
        rows = [example[name] for example in examples]
        if isinstance(rows[0], list):
            longest = max(map(len, rows))
            rows = [row + [0] * (longest - len(row)) for row in rows]
        features[named.get(name, name)] = np.asarray(rows)
    return features


def feed_for(specs, features):
    """specs: input name -> TensorSpec.  Raises KeyError with the name of an input that no feature fits."""
    feed = {}
    for name, spec in specs.items():
        usual = [feature for feature, names in USUAL_NAMES.items() if name in names]
        found = next((features[n] for n in [name] + usual if n in features), None)
        if found is None:
            raise KeyError("the batch has nothing for the input %r: it holds %s" % (name, sorted(features)))
        feed[name] = tf.cast(found, spec.dtype) if spec.dtype != tf.string else tf.constant(found)
    return feed


def signatures_of(loaded):
    return {
        name: {
            "inputs": {n: [s.dtype.name, s.shape.as_list() if s.shape.rank is not None else None]
                       for n, s in sorted(function.structured_input_signature[1].items())},
            "outputs": {n: [s.dtype.name, s.shape.as_list() if s.shape.rank is not None else None]
                        for n, s in sorted(function.structured_outputs.items())},
        }
        for name, function in loaded.signatures.items()
    }


def variables_of(loaded, path):
    """What a Python user sees, in order of name.  Trainable is as .trainable_variables says where there is such a list."""
    variables = list(getattr(loaded, "variables", None) or object_graph_variables(loaded))
    if not variables:
        return graph_variables(path)
    listed = getattr(loaded, "trainable_variables", None)
    trainable = {id(v) for v in (listed if listed is not None else [v for v in variables if v.trainable])}
    return sorted(({"name": v.name.split(":")[0], "shape": v.shape.as_list(), "dtype": v.dtype.base_dtype.name, "trainable": id(v) in trainable}
                   for v in variables), key=lambda v: v["name"])


def object_graph_variables(loaded):
    """Variables that hang on a loaded object without a list of them: a tf.Module, a Keras model saved without traces."""
    from tensorflow.python.checkpoint import graph_view
    return [o for o in graph_view.ObjectGraphView(loaded).breadth_first_traversal()[0] if isinstance(o, tf.Variable)]


def graph_variables(path):
    """TF1's reference variables are no objects in Python: they are read from the graph's collections, after a restore."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.saved_model.load(session, ["serve"], path)
        trainable = {v.name for v in tf.compat.v1.trainable_variables()}
        return sorted(({"name": v.name.split(":")[0], "shape": v.shape.as_list(), "dtype": v.dtype.base_dtype.name, "trainable": v.name in trainable}
                       for v in tf.compat.v1.global_variables()), key=lambda v: v["name"])


def logits_of(outputs, wanted):
    if wanted is None:
        wanted = "logits" if "logits" in outputs else list(outputs)[0] if len(outputs) == 1 else None
    if wanted not in outputs:
        raise KeyError("no output %r among %s: name one by --output" % (wanted, sorted(outputs)))
    return np.asarray(outputs[wanted])


def keras_logits(path, specs, features):
    model = tf.keras.models.load_model(path, compile=False)
    outputs = model(feed_for(specs, features), training=False)
    return np.asarray(outputs["logits"] if isinstance(outputs, dict) else outputs[0] if isinstance(outputs, (tuple, list)) else outputs)


def difference(faults, what, logits, predicted, tolerance):
    if logits.shape != predicted.shape:
        faults.append("%s gives logits of shape %s, the predictions have %s" % (what, list(logits.shape), list(predicted.shape)))
        return None
    worst = float(np.abs(logits - predicted).max())
    if not worst <= tolerance:  # NaN is a fault too
        faults.append("%s gives logits that differ from the predictions by %.3g, more than %.3g" % (what, worst, tolerance))
    return worst


def compare_with_original(faults, original, report):
    signatures, variables = signatures_of(tf.saved_model.load(original)), variables_of(tf.saved_model.load(original), original)
    for name, signature in signatures.items():
        if report["signatures"].get(name) != signature:
            faults.append("signature %s was %s, is %s" % (name, json.dumps(signature), json.dumps(report["signatures"].get(name))))
    left = list(report["variables"])
    for variable in variables:
        if variable in left:
            left.remove(variable)
        else:
            faults.append("variable %s of the original is not there, or changed its shape, type or trainable flag" % json.dumps(variable))
    report["new_variables"] = [v["name"] for v in left]
    both = [open(os.path.join(d, "saved_model.pb"), "rb").read() for d in (original, report["path"])]
    report["saved_model_pb_identical"] = both[0] == both[1]


def parse_arguments(arguments=None):
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("export")
    options.add_argument("--batch", required=True)
    options.add_argument("--predictions", required=True)
    options.add_argument("--original")
    options.add_argument("--keras", action="store_true")
    options.add_argument("--signature", default="serving_default")
    options.add_argument("--output", help="the signature's output that holds the logits (default: logits, or the only one)")
    options.add_argument("--inputs", default="", help="feature=NAME,... as for belay train")
    options.add_argument("--tolerance", type=float, default=1e-5)
    return options.parse_args(arguments)


def check(chosen):
    """The report on one export, and what is wrong with it."""
    faults = []
    loaded = tf.saved_model.load(chosen.export)
    report = {"path": chosen.export, "signatures": signatures_of(loaded), "variables": variables_of(loaded, chosen.export)}
    report["trainable"] = sum(v["trainable"] for v in report["variables"])
    predicted = np.asarray([line["logits"] for line in read_lines(chosen.predictions)], np.float32)
    features = columns(read_lines(chosen.batch), dict(pair.split("=") for pair in chosen.inputs.split(",") if pair))
    if chosen.signature not in loaded.signatures:
        faults.append("no signature %s: there are %s" % (chosen.signature, sorted(report["signatures"])))
    else:
        function = loaded.signatures[chosen.signature]
        specs = function.structured_input_signature[1]
        outputs = function(**feed_for(specs, features))
        report["max_abs_difference"] = difference(
            faults, "tf.saved_model.load", logits_of(outputs, chosen.output), predicted, chosen.tolerance)
        if chosen.keras:
            report["keras_max_abs_difference"] = difference(
                faults, "keras.models.load_model", keras_logits(chosen.export, specs, features), predicted, chosen.tolerance)
    if chosen.original:
        compare_with_original(faults, chosen.original, report)
    if not report["variables"]:
        faults.append("tf.saved_model.load shows no variables")
    return report, faults


def check_each(jobs):
    """Every job's report, with its faults in it: one that cannot even be loaded does not hide the others."""
    reports = []
    for arguments in jobs:
        try:
            report, faults = check(parse_arguments(arguments))
        except Exception as e:
            report, faults = {}, ["%s: %s" % (type(e).__name__, e)]
        reports.append(dict(report, faults=faults))
    return reports


def main():
    if sys.argv[1:2] == ["--jobs"]:
        with open(sys.argv[2], encoding="utf-8") as jobs:
            print(json.dumps(check_each(json.load(jobs))))
        return
    report, faults = check(parse_arguments())
    print(json.dumps(report))
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
