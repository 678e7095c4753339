#!/usr/bin/env python3
"""Fine-tunes a SavedModel in TensorFlow Python 2.10.1 as `belay train` does, with options of the same names: the figure to hold Belay's against.

    python python_finetune.py --model SAVEDMODEL --tokenizer tokenizer.json --train-file train.tsv --validation-file dev.tsv [--learning-rate ...]
    python python_finetune.py --config run.yaml

Text classification with the columns text and label.  AdamW with a linear schedule and warm-up, the dense gradient clipped by its global norm, batches
in a shuffled order, each padded to its longest sentence.  Prints a line per epoch and, last, a JSON object with the accuracies in percent.
"""
import argparse
import json
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
import numpy as np
import tensorflow as tf
import tokenizers
import yaml

from python_step import AdamW, forward_of

tf.get_logger().setLevel("ERROR")


def read_rows(path, classes):
    with open(path, encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in list(lines)[1:]]
    return [row[0] for row in rows], np.asarray([classes.index(row[1]) for row in rows], np.int32)


def padded(encodings, labels):
    longest = max(map(len, encodings))
    ids = np.zeros((len(encodings), longest), np.int32)
    for row, encoding in enumerate(encodings):
        ids[row, :len(encoding)] = encoding
    mask = np.arange(longest)[None, :] < np.asarray([len(e) for e in encodings])[:, None]
    return {"input_ids": ids, "attention_mask": mask.astype(np.int32), "token_type_ids": np.zeros_like(ids), "label": labels}


def linear(step, steps, warmup, peak):
    """Hugging Face's linear schedule; step counts from 1, as Belay's."""
    done = step - 1
    return peak * done / max(1, warmup) if done < warmup else peak * max(0, steps - done) / max(1, steps - warmup)


class Run:
    def __init__(self, chosen):
        self.model = tf.saved_model.load(chosen.model)
        tokenizer = tokenizers.Tokenizer.from_file(chosen.tokenizer)
        tokenizer.enable_truncation(chosen.max_seq_length)
        tokenizer.no_padding()
        with open(chosen.train_file, encoding="utf-8") as lines:
            classes = sorted({line.rstrip("\n").split("\t")[1] for line in list(lines)[1:]})
        self.sets = {}
        for name, path in (("train", chosen.train_file), ("dev", chosen.validation_file)):
            texts, labels = read_rows(path, classes)
            self.sets[name] = [np.asarray(e.ids, np.int32) for e in tokenizer.encode_batch(texts)], labels
        self.batch_size = chosen.train_batch_size
        specs = self.model.signatures["serving_default"].structured_input_signature[1]
        first = {k: tf.constant(v) for k, v in self.batch("dev", range(4)).items()}
        _, forward = forward_of(tf, self.model, first)
        variables = list(self.model.trainable_variables)
        self.rate = tf.Variable(0.0)
        optimizer = AdamW(tf, variables, self.rate, chosen.weight_decay)

        @tf.function(reduce_retracing=True)
        def step(batch):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["label"], logits=forward(batch)))
            gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, variables)]
            gradients, norm = tf.clip_by_global_norm(gradients, chosen.max_grad_norm)
            optimizer.apply_gradients(zip(gradients, variables))
            return loss, norm

        serving = self.model.signatures["serving_default"]
        self.step, self.predict = step, lambda batch: serving(**{k: tf.constant(batch[k]) for k in specs})["logits"].numpy().argmax(-1)

    def batch(self, name, rows):
        encodings, labels = self.sets[name]
        return padded([encodings[i] for i in rows], labels[list(rows)])

    def accuracy(self):
        encodings, labels = self.sets["dev"]
        order = sorted(range(len(labels)), key=lambda i: len(encodings[i]))
        right = 0
        for start in range(0, len(order), 64):
            batch = self.batch("dev", order[start:start + 64])
            right += int((self.predict(batch) == batch["label"]).sum())
        return 100.0 * right / len(labels)

    def train(self, chosen):
        random = np.random.default_rng(chosen.seed)
        count = len(self.sets["train"][1])
        steps = int(chosen.num_train_epochs * -(-count // self.batch_size))
        warmup = int(np.ceil(steps * chosen.warmup_ratio))
        accuracies, seconds, done = [self.accuracy()], 0.0, 0
        print("before: dev accuracy %.2f %%, %d steps to go" % (accuracies[0], steps), flush=True)
        while done < steps:
            start, losses, clipped = time.time(), [], 0
            order = random.permutation(count)
            for at in range(0, count, self.batch_size):
                done += 1
                self.rate.assign(linear(done, steps, warmup, chosen.learning_rate))
                loss, norm = self.step({k: tf.constant(v) for k, v in self.batch("train", order[at:at + self.batch_size]).items()})
                losses.append(float(loss))
                clipped += float(norm) > chosen.max_grad_norm
                if done == steps:
                    break
            seconds += time.time() - start
            accuracies.append(self.accuracy())
            print("step %d: loss %.4f, %.0f %% of steps clipped, dev accuracy %.2f %%, %.1f s of training" % (
                done, np.mean(losses), 100.0 * clipped / len(losses), accuracies[-1], seconds), flush=True)
        return {"dev_accuracy": [round(a, 2) for a in accuracies], "steps": steps, "train_seconds": round(seconds, 1)}


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--config")
    options.add_argument("--model")
    options.add_argument("--tokenizer")
    options.add_argument("--train-file")
    options.add_argument("--validation-file")
    options.add_argument("--max-seq-length", type=int, default=128)
    options.add_argument("--train-batch-size", type=int, default=32)
    options.add_argument("--learning-rate", type=float, default=5e-5)
    options.add_argument("--weight-decay", type=float, default=0.01)
    options.add_argument("--warmup-ratio", type=float, default=0.1)
    options.add_argument("--num-train-epochs", type=float, default=3)
    options.add_argument("--max-grad-norm", type=float, default=1.0)
    options.add_argument("--seed", type=int, default=42)
    options.add_argument("--threads", type=int, default=2)
    chosen, _ = options.parse_known_args()
    if chosen.config:  # the options that it shares with belay train; the command line wins
        with open(chosen.config, encoding="utf-8") as file:
            given = {name.replace("-", "_"): value for name, value in yaml.safe_load(file).items()}
        options.set_defaults(**{name: value for name, value in given.items() if hasattr(chosen, name)})
        chosen = options.parse_args()
        chosen.tokenizer = chosen.tokenizer or os.path.join(chosen.model, "tokenizer.json")
    tf.config.threading.set_intra_op_parallelism_threads(chosen.threads)
    tf.config.threading.set_inter_op_parallelism_threads(chosen.threads)
    tf.keras.utils.set_random_seed(chosen.seed)
    print(json.dumps(Run(chosen).train(chosen)))


if __name__ == "__main__":
    main()
