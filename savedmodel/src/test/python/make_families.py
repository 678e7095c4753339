#!/usr/bin/env python3
"""Writes ../fixtures/families: one tiny SavedModel per Hugging Face family, with what five training steps on it give in Python.

    python make_families.py [--out DIR] [--only albert,t5]

Needs tensorflow-cpu==2.10.1 and transformers==4.26.1.  Each family is made in a process of its own, on one thread, oneDNN off.  Written for a family:

    saved_model/    save_pretrained(saved_model=True), the signatures and traces that Hugging Face itself chooses; config.json beside it
    goldens.json    the batch, the logits of evaluation, and per step the loss and the gradient norms
    batch.jsonl     the same batch in Belay's input format

Shapes: B rows, S source tokens, T target tokens, C classes, V vocabulary.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

from make_batches import write_batch
from make_fixtures import dump, tf_, trunc, RawAdam, write_ops  # sets one thread and oneDNN off, before TensorFlow loads
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = 4711
STEPS, LEARNING_RATE, CLIP_NORM = 5, 1e-3, 1.0
BATCH, SOURCE, TARGET = 4, 10, 6
VOCABULARY, CLASSES, HIDDEN, HEADS, FEED_FORWARD = 60, 3, 16, 2, 32
ENCODER = dict(vocab_size=VOCABULARY, hidden_size=HIDDEN, num_attention_heads=HEADS, intermediate_size=FEED_FORWARD,
               max_position_embeddings=24, type_vocab_size=2, num_labels=CLASSES)


def build(family):
    """The model of a family, dropout 0.1 in its configuration, so that a trace for training=True holds it."""
    import transformers as hf
    if family == "albert":  # two layers that share their weights: a variable is read more than once
        return hf.TFAlbertForSequenceClassification(hf.AlbertConfig(
            **ENCODER, embedding_size=8, num_hidden_layers=2, hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1))
    if family == "distilbert":
        return hf.TFDistilBertForSequenceClassification(hf.DistilBertConfig(
            vocab_size=VOCABULARY, dim=HIDDEN, n_heads=HEADS, hidden_dim=FEED_FORWARD, n_layers=1, max_position_embeddings=24, num_labels=CLASSES))
    if family == "roberta":
        return hf.TFRobertaForSequenceClassification(hf.RobertaConfig(**ENCODER, num_hidden_layers=1))
    if family == "electra":
        return hf.TFElectraForSequenceClassification(hf.ElectraConfig(**ENCODER, embedding_size=8, num_hidden_layers=1))
    if family == "gpt2":
        return hf.TFGPT2LMHeadModel(hf.GPT2Config(
            vocab_size=VOCABULARY, n_embd=HIDDEN, n_layer=1, n_head=HEADS, n_positions=24, bos_token_id=1, eos_token_id=1))
    if family == "t5":
        return hf.TFT5ForConditionalGeneration(hf.T5Config(
            vocab_size=VOCABULARY, d_model=HIDDEN, d_kv=8, d_ff=FEED_FORWARD, num_layers=1, num_decoder_layers=1, num_heads=HEADS,
            relative_attention_num_buckets=8, relative_attention_max_distance=20, decoder_start_token_id=0, pad_token_id=0, eos_token_id=1))
    raise ValueError(family)


FAMILIES = ("albert", "distilbert", "roberta", "electra", "gpt2", "t5")
TYPED = ("albert", "electra")  # families with token_type_ids


def draw_batch(family, rng):
    """Features of a batch, and its label [B] or labels [B, T] (-100: not counted)."""
    ids = rng.integers(5, VOCABULARY, (BATCH, SOURCE)).astype(np.int32)
    ids[3, 5] = ids[3, 4] = ids[0, 2] = ids[0, 3]  # repeated ids: the dense norm is not the norm of the rows
    mask = np.ones_like(ids)
    mask[1, SOURCE - 3:] = 0
    ids[mask == 0] = 1 if family == "roberta" else 0  # the family's padding id
    batch = {"input_ids": ids, "attention_mask": mask}
    if family in TYPED:
        batch["token_type_ids"] = np.repeat([[0] * 6 + [1] * (SOURCE - 6)], BATCH, 0).astype(np.int32) * mask
    if family == "gpt2":  # the label of a position is the token after it
        counted = np.where(mask == 1, ids, -100)
        return batch, "labels", np.concatenate([counted[:, 1:], np.full((BATCH, 1), -100)], 1).astype(np.int32)
    if family == "t5":
        labels = rng.integers(5, VOCABULARY, (BATCH, TARGET)).astype(np.int32)
        labels[2, TARGET - 2:] = -100
        shifted = np.concatenate([np.zeros((BATCH, 1)), np.maximum(labels[:, :-1], 0)], 1).astype(np.int32)
        batch["decoder_input_ids"] = shifted
        batch["decoder_attention_mask"] = np.concatenate([np.ones((BATCH, 1)), labels[:, :-1] != -100], 1).astype(np.int32)
        return batch, "labels", labels
    return batch, "label", rng.integers(0, CLASSES, BATCH).astype(np.int32)


def set_weights(model, rng):
    """Weights larger than Hugging Face starts with, so that the gradient's norm is well over the clip norm."""
    for v in model.trainable_variables:
        shape = v.shape.as_list()
        if "norm" in v.name.lower() or "ln_" in v.name:
            v.assign_add(trunc(rng, shape, 0.05))
        elif v.name.endswith("bias:0"):
            v.assign(trunc(rng, shape, 0.02))
        else:
            large = any(part in v.name for part in ("classifier", "out_proj", "t5"))
            v.assign(trunc(rng, shape, 0.4 if large else 0.25))


def exact(values):
    """float32 as JSON numbers: the shortest decimal that reads back to the same float32."""
    return [float(str(x)) for x in np.asarray(values, np.float32).reshape(-1)]


def golden_steps(tf, model, batch, labels):
    """STEPS updates of ApplyAdam on the dense gradient clipped by its global norm, dropout off; the weights are put back."""
    feed = {k: tf.constant(v) for k, v in batch.items()}
    counted = tf.constant((labels != -100).astype(np.float32))
    targets = tf.constant(np.maximum(labels, 0))
    variables = list(model.trainable_variables)
    names = [v.name.split(":")[0] for v in variables]
    start = [v.numpy() for v in variables]

    @tf.function
    def loss_and_gradients():
        with tf.GradientTape() as tape:
            logits = model(feed, training=False).logits  # [B, C] or [B, T, V]
            each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)
            loss = tf.reduce_sum(each * counted) / tf.reduce_sum(counted)
        return loss, logits, tape.gradient(loss, variables)

    optimizer = RawAdam(LEARNING_RATE)
    rec = {"loss": [], "pre_clip_norm_dense": [], "pre_clip_norm_slices": []}
    for step in range(STEPS):
        loss, logits, slices = loss_and_gradients()
        dense = [None if g is None else tf.convert_to_tensor(g) for g in slices]
        if step == 0:
            evaluation = logits.numpy()
            per_variable = [{"name": n, "shape": v.shape.as_list(), "grad_norm": None if g is None else exact(tf.norm(g))[0]}
                            for n, v, g in zip(names, variables, dense)]
        clipped, norm = tf.clip_by_global_norm(dense, tf.constant(CLIP_NORM))
        rec["loss"] += exact(loss)
        rec["pre_clip_norm_dense"] += exact(norm)
        rec["pre_clip_norm_slices"] += exact(tf.linalg.global_norm(slices))
        optimizer.apply(tf, clipped, variables, names)
    loss, logits, _ = loss_and_gradients()
    rec["loss_after_last_step"] = exact(loss)[0]
    after = logits.numpy()
    for v, a in zip(variables, start):
        v.assign(a)
    return rec, per_variable, evaluation, after


def hugging_face_loss(tf, family, model, batch, labels):
    """What Hugging Face's own loss says of the same batch: a second opinion on the labels, held against ours."""
    if family == "gpt2":  # shifts the labels itself
        labels = np.concatenate([np.full((BATCH, 1), -100), labels[:, :-1]], 1)
    feed = {k: tf.constant(v) for k, v in batch.items()}
    return float(tf.reduce_mean(model(dict(feed, labels=tf.constant(labels)), training=False).loss))


def signatures_of(tf, saved_model, batch, logits):
    """Signatures of the written model as they load again; checks that serving_default gives the golden logits."""
    loaded = tf.saved_model.load(saved_model)
    serving = loaded.signatures["serving_default"]
    inputs = serving.structured_input_signature[1]
    out = serving(**{k: tf.constant(v) for k, v in batch.items() if k in inputs})
    worst = float(np.abs(out["logits"].numpy() - logits).max())
    assert worst < 1e-5, worst
    return {"signatures": {k: {"inputs": {n: [s.dtype.name, s.shape.as_list()] for n, s in sorted(f.structured_input_signature[1].items())},
                               "outputs": sorted(f.structured_outputs)} for k, f in loaded.signatures.items()},
            "root_traces": root_traces(saved_model)}


def root_traces(saved_model):
    """The traces of the model's own functions: function name -> [the value of its Python argument `training`, one per trace]."""
    from tensorflow.core.protobuf import saved_model_pb2
    from tensorflow.python.saved_model import nested_structure_coder
    proto = saved_model_pb2.SavedModel()
    with open(os.path.join(saved_model, "saved_model.pb"), "rb") as f:
        proto.ParseFromString(f.read())
    graph = proto.meta_graphs[0].object_graph_def
    coder = nested_structure_coder.StructureCoder() if hasattr(nested_structure_coder, "StructureCoder") else nested_structure_coder
    traces = {}
    for child in graph.nodes[0].children:
        node = graph.nodes[child.node_id]
        if node.WhichOneof("kind") != "function":
            continue
        argument_names = dict(coder.decode_proto(node.function.function_spec.fullargspec)._asdict())["args"]
        argument_names = [n for n in argument_names if n != "self"]
        found = []
        for name in node.function.concrete_functions:
            args, kwargs = coder.decode_proto(graph.concrete_functions[name].canonicalized_input_signature)
            found.append(dict(dict(zip(argument_names, args)), **kwargs).get("training"))
        traces[child.local_name] = found
    return traces


def make(family, directory):
    tf = tf_()
    tf.keras.utils.set_random_seed(SEED)
    rng = np.random.default_rng([SEED, FAMILIES.index(family)])
    batch, label_key, labels = draw_batch(family, rng)
    model = build(family)
    model({k: tf.constant(v) for k, v in batch.items()})
    set_weights(model, rng)

    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    with tempfile.TemporaryDirectory() as scratch:
        model.save_pretrained(scratch, saved_model=True)
        shutil.move(os.path.join(scratch, "saved_model", "1"), os.path.join(directory, "saved_model"))
        shutil.move(os.path.join(scratch, "config.json"), os.path.join(directory, "config.json"))
    steps, per_variable, logits, after = golden_steps(tf, model, batch, labels)
    hf_loss = hugging_face_loss(tf, family, model, batch, labels)
    assert abs(hf_loss - steps["loss"][0]) < 1e-5, (hf_loss, steps["loss"][0])
    write_ops(os.path.join(directory, "saved_model"), os.path.join(directory, "ops.txt"))
    goldens = {
        "family": family, "model": type(model).__name__,
        "batch": {k: v.tolist() for k, v in batch.items()}, label_key: labels.tolist(),
        "logits": {"shape": list(logits.shape), "values": exact(logits)},
        "logits_after_last_step": {"shape": list(after.shape), "values": exact(after)},
        "training": dict({"optimizer": "ResourceApplyAdam", "learning_rate": LEARNING_RATE, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8,
                          "clip_norm": CLIP_NORM, "clipped_by": "dense norm", "steps": STEPS}, **steps),
        "hugging_face_loss": hf_loss, "variables": per_variable,
    }
    goldens.update(signatures_of(tf, os.path.join(directory, "saved_model"), batch, logits))
    dump(os.path.join(directory, "goldens.json"), goldens, indent=None)
    write_batch(os.path.join(directory, "batch.jsonl"), batch, label_key, labels)
    size = sum(os.path.getsize(os.path.join(r, f)) for r, _, fs in os.walk(os.path.join(directory, "saved_model")) for f in fs)
    print("%-11s %4d KB  loss %.6f  norm %.5f dense %.5f slices  traces %s  signatures %s" % (
        family, size // 1024, steps["loss"][0], steps["pre_clip_norm_dense"][0],
        steps["pre_clip_norm_slices"][0], json.dumps(goldens["root_traces"]), json.dumps({k: list(s["inputs"]) for k, s in goldens["signatures"].items()})))


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--out", default=os.path.join(HERE, "..", "fixtures", "families"))
    options.add_argument("--only", default=",".join(FAMILIES))
    options.add_argument("--in-this-process", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    for family in chosen.only.split(","):
        if chosen.in_this_process:
            make(family, os.path.join(chosen.out, family))
        else:
            subprocess.run([sys.executable, __file__, "--out", chosen.out, "--only", family, "--in-this-process"], check=True)


if __name__ == "__main__":
    main()
