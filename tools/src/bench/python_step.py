#!/usr/bin/env python3
"""One training loop of TensorFlow Python 2.10.1 on a SavedModel: milliseconds per step, as JSON.

    python python_step.py --write-batches FILE --vocabulary 30522 [--batches 4 --batch-size 32 --length 64 --classes 2 --labels examples | tokens]
    python python_step.py --model SAVEDMODEL --batches-file FILE [--steps 30 --warmup-steps 5 --threads 2]

The first form writes examples in Belay's input format, each padded to the length with a mask that says so, so that both sides run the very same
shapes.  The second trains on them in the file's order, over and over: a tf.function with the model's own training=True call (its serving
signature where there is none; a session with tf.gradients where TensorFlow 1 wrote the model), GradientTape, tf.clip_by_global_norm(1.0) and AdamW (decay 0.01, not on biases and normalisation weights).

--gradients dense   IndexedSlices are summed first, one fused op updates a variable: what Belay computes, and the faster of the two
--gradients as-is   what a user writes: IndexedSlices go through the clip into the sparse update of transformers.AdamWeightDecay
"""
import argparse
import json
import os
import statistics
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
import numpy as np

LEARNING_RATE, CLIP_NORM, DECAY = 5e-5, 1.0, 0.01
IGNORED = -100
NO_DECAY = ("LayerNorm", "layer_norm", "bias", "beta", "gamma")


def write_batches(path, vocabulary, batches, batch_size, length, classes, of_tokens, seed=7):
    random = np.random.default_rng(seed)
    with open(path, "w", encoding="utf-8") as out:
        for row in range(batches * batch_size):
            used = length if row % batch_size == 0 else int(random.integers(length // 4, length + 1))
            mask = [1] * used + [0] * (length - used)
            ids = np.where(mask, random.integers(min(1000, vocabulary // 2), vocabulary, length), 0)
            label = ({"labels": np.where(mask, random.integers(0, classes, length), IGNORED).tolist()} if of_tokens
                     else {"label": int(random.integers(0, classes))})
            out.write(json.dumps({"input_ids": ids.tolist(), "attention_mask": mask, "token_type_ids": [0] * length, **label}) + "\n")


def read_batches(path, batch_size):
    with open(path, encoding="utf-8") as lines:
        examples = [json.loads(line) for line in lines]
    for start in range(0, len(examples), batch_size):
        rows = examples[start:start + batch_size]
        yield {name: np.asarray([row[name] for row in rows], np.int32) for name in rows[0]}


def forward_of(tf, model, features):
    """-> (what was found, function of a feed that gives logits)."""
    signature = model.signatures["serving_default"]
    names = sorted(signature.structured_input_signature[1])

    def logits_in(outputs):
        return outputs["logits"] if isinstance(outputs, dict) else outputs

    def feed(batch):
        return {name: batch[name] for name in names}

    try:
        logits_in(model(feed(features), training=True))
        return "training=True", lambda batch: logits_in(model(feed(batch), training=True))
    except (TypeError, ValueError):
        return "serving_default", lambda batch: logits_in(signature(**feed(batch)))


class AdamW:
    """ResourceApplyAdam on dense gradients plus decoupled decay, as transformers.AdamWeightDecay has it."""

    def __init__(self, tf, variables, learning_rate=LEARNING_RATE, decay=DECAY):
        self.tf, self.variables, self.learning_rate, self.decay = tf, variables, learning_rate, decay
        self.slots = [(tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for v in variables]
        self.beta1_power, self.beta2_power = tf.Variable(0.9), tf.Variable(0.999)

    def apply_gradients(self, gradients_and_variables):
        for (gradient, variable), (m, v) in zip(gradients_and_variables, self.slots):
            if not any(part in variable.name for part in NO_DECAY):
                variable.assign_sub(self.learning_rate * self.decay * variable)
            self.tf.raw_ops.ResourceApplyAdam(
                var=variable.handle, m=m.handle, v=v.handle, beta1_power=self.beta1_power, beta2_power=self.beta2_power,
                lr=self.learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8, grad=gradient)
        self.beta1_power.assign(self.beta1_power * 0.9)
        self.beta2_power.assign(self.beta2_power * 0.999)


def loss_of(tf, batch, logits):
    """The mean over the labels, one for each example or each token."""
    labels = batch["labels"] if "labels" in batch else batch["label"]
    counted = tf.cast(tf.not_equal(labels, IGNORED), tf.float32)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.maximum(labels, 0), logits=logits)
    return tf.reduce_sum(losses * counted) / tf.reduce_sum(counted)


def eager_step(tf, chosen, batches):
    """-> (what was found, function of a batch that trains one step)."""
    model = tf.saved_model.load(chosen.model)
    how, forward = forward_of(tf, model, {k: tf.constant(v) for k, v in batches[0].items()})
    holder = model if hasattr(model, "trainable_variables") else model.signatures["serving_default"]
    variables = list(holder.trainable_variables)
    if chosen.gradients == "dense":
        optimizer = AdamW(tf, variables)
    else:
        from transformers import AdamWeightDecay
        optimizer = AdamWeightDecay(LEARNING_RATE, beta_1=0.9, beta_2=0.999, epsilon=1e-8, weight_decay_rate=DECAY, exclude_from_weight_decay=list(NO_DECAY))

    @tf.function(reduce_retracing=True)
    def step(batch):
        with tf.GradientTape() as tape:
            loss = loss_of(tf, batch, forward(batch))
        gradients = tape.gradient(loss, variables)
        if chosen.gradients == "dense":
            gradients = [tf.convert_to_tensor(g) for g in gradients]
        gradients, norm = tf.clip_by_global_norm(gradients, CLIP_NORM)
        optimizer.apply_gradients(zip(gradients, variables))
        return loss, norm

    return how, lambda batch: step({k: tf.constant(v) for k, v in batch.items()})


def holds_objects(folder):
    """Whether TensorFlow 2 wrote a SavedModel."""
    from tensorflow.core.protobuf import saved_model_pb2
    with open(os.path.join(folder, "saved_model.pb"), "rb") as file:
        return saved_model_pb2.SavedModel.FromString(file.read()).meta_graphs[0].HasField("object_graph_def")


def graph_step(tf, chosen, batches):
    """The same for a SavedModel that TensorFlow 1 wrote: tf.gradients in its own graph, one session."""
    v1 = tf.compat.v1
    v1.disable_control_flow_v2()
    with tf.Graph().as_default():
        threads = chosen.threads
        session = v1.Session(config=v1.ConfigProto(intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads))
        signature = v1.saved_model.load(session, ["serve"], chosen.model).signature_def["serving_default"]
        placeholder = v1.placeholder(tf.int32, [None] * np.ndim(batches[0].get("labels", batches[0].get("label"))))
        logits = session.graph.get_tensor_by_name(signature.outputs["logits"].name)
        loss = loss_of(tf, {"labels": placeholder}, logits)
        variables = v1.trainable_variables()
        gradients, norm = tf.clip_by_global_norm([tf.convert_to_tensor(g) for g in v1.gradients(loss, variables)], CLIP_NORM)
        optimizer = v1.train.AdamOptimizer(LEARNING_RATE, epsilon=1e-8)
        decayed = [v for v in variables if not any(part in v.name for part in NO_DECAY)]
        with tf.control_dependencies([norm]), tf.control_dependencies([v.assign_sub(LEARNING_RATE * DECAY * v) for v in decayed]):
            update = optimizer.apply_gradients(zip(gradients, variables))
        session.run(v1.variables_initializer(optimizer.variables()))

    def step(batch):
        fed = {info.name: batch[name] for name, info in signature.inputs.items()}
        fed[placeholder] = batch["labels"] if "labels" in batch else batch["label"]
        return session.run([loss, norm, update], fed)[:2]

    return "session", step


def measure(chosen):
    import tensorflow as tf
    tf.get_logger().setLevel("ERROR")
    tf.config.threading.set_intra_op_parallelism_threads(chosen.threads)
    tf.config.threading.set_inter_op_parallelism_threads(chosen.threads)
    batches = list(read_batches(chosen.batches_file, chosen.batch_size))
    how, step = (eager_step if holds_objects(chosen.model) else graph_step)(tf, chosen, batches)

    times, processor, losses = [], [], []
    for number in range(chosen.warmup_steps + chosen.steps):
        start, processor_start = time.perf_counter(), time.process_time()
        loss, norm = step(batches[number % len(batches)])
        losses.append(float(loss))
        float(norm)
        times.append((time.perf_counter() - start) * 1000)
        processor.append((time.process_time() - processor_start) * 1000)
    timed = times[chosen.warmup_steps:]
    return {"side": "python", "call": how, "gradients": chosen.gradients, "threads": chosen.threads, "one_dnn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "unset"),
            "steps": len(timed), "median_ms": round(statistics.median(timed), 3), "min_ms": round(min(timed), 3),
            "times_ms": [round(t, 3) for t in timed],
            "processor_ms": round(statistics.median(processor[chosen.warmup_steps:]), 3), "first_loss": losses[0], "last_loss": losses[-1]}


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--write-batches")
    options.add_argument("--vocabulary", type=int, default=30522)
    options.add_argument("--batches", type=int, default=4)
    options.add_argument("--length", type=int, default=64)
    options.add_argument("--classes", type=int, default=2)
    options.add_argument("--labels", choices=("examples", "tokens"), default="examples")
    options.add_argument("--model")
    options.add_argument("--batches-file")
    options.add_argument("--batch-size", type=int, default=32)
    options.add_argument("--steps", type=int, default=30)
    options.add_argument("--warmup-steps", type=int, default=5)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--gradients", choices=("dense", "as-is"), default="dense")
    chosen = options.parse_args()
    if chosen.write_batches:
        write_batches(chosen.write_batches, chosen.vocabulary, chosen.batches, chosen.batch_size, chosen.length, chosen.classes, chosen.labels == "tokens")
    elif chosen.model and chosen.batches_file:
        print(json.dumps(measure(chosen)))
    else:
        sys.exit("--write-batches FILE, or --model and --batches-file: see the head of this script")


if __name__ == "__main__":
    main()
