#!/usr/bin/env python3
"""Writes ../fixtures/faults: a tiny SavedModel whose functions each hold one mistake that people make, waiting for the numbers that wake it.

    python make_faults.py [--out DIR]

Needs tensorflow-cpu==2.10.1.  One thread, oneDNN off.  Every function is (input_ids [B, S], attention_mask [B, S]) -> logits [B, 3]:

    own_softmax         exp(z) / sum(exp(z)), then its logarithm: exp overflows where z > 88
    unguarded_log       log(softmax(z)): minus infinity where a probability rounds to 0
    mean_of_words       sum of the words / number of the words: 0 / 0 for an example that is all padding
    no_epsilon          (h - mean) * rsqrt(variance): infinite where all of h are one number
    length              h / sqrt(sum(h^2)) of a word vector plus its length: the derivative of the root at 0
"""
import argparse
import os
import shutil

from make_fixtures import tf_, trunc  # sets one thread and oneDNN off, before TensorFlow loads
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
VOCABULARY, HIDDEN, CLASSES = 12, 4, 3


def make(directory):
    tf = tf_()
    rng = np.random.default_rng(431)

    class Faults(tf.Module):
        def __init__(self):
            super().__init__()
            self.words = tf.Variable(trunc(rng, [VOCABULARY, HIDDEN], 0.5), name="encoder/embeddings/words")
            self.kernel = tf.Variable(trunc(rng, [HIDDEN, CLASSES], 0.5), name="classifier/kernel")

        def sums(self, ids, mask):
            with tf.name_scope("encoder/embeddings"):
                weights = tf.cast(mask, tf.float32)[:, :, tf.newaxis]  # [B, S, 1]
                return tf.reduce_sum(tf.gather(self.words, ids) * weights, 1), tf.reduce_sum(weights, 1)  # [B, H], [B, 1]

        def logits(self, hidden):
            with tf.name_scope("classifier"):
                return tf.matmul(hidden, self.kernel)

        def own_softmax(self, ids, mask):
            z = self.logits(self.sums(ids, mask)[0])
            with tf.name_scope("own_softmax"):
                powers = tf.exp(z)
                return tf.math.log(powers / tf.reduce_sum(powers, 1, keepdims=True))

        def unguarded_log(self, ids, mask):
            z = self.logits(self.sums(ids, mask)[0])
            with tf.name_scope("loss_of_probabilities"):
                return tf.math.log(tf.nn.softmax(z))

        def mean_of_words(self, ids, mask):
            sums, count = self.sums(ids, mask)
            with tf.name_scope("encoder/pooling"):
                mean = sums / count
            return self.logits(mean)

        def no_epsilon(self, ids, mask):
            hidden = self.sums(ids, mask)[0]
            with tf.name_scope("encoder/normalisation"):
                mean, variance = tf.nn.moments(hidden, [1], keepdims=True)
                normal = (hidden - mean) * tf.math.rsqrt(variance)
            return self.logits(normal)

        def length(self, ids, mask):
            hidden = self.sums(ids, mask)[0]
            with tf.name_scope("encoder/length"):
                longer = hidden + tf.sqrt(tf.reduce_sum(hidden * hidden, 1, keepdims=True))
            return self.logits(longer)

    module = Faults()
    names = ("own_softmax", "unguarded_log", "mean_of_words", "no_epsilon", "length")
    ids, mask = (tf.TensorSpec([None, None], tf.int32, name=name) for name in ("input_ids", "attention_mask"))

    def signature(name):
        @tf.function(input_signature=[ids, mask])
        def call(input_ids, attention_mask):
            return {"logits": getattr(module, name)(input_ids, attention_mask)}
        return call

    shutil.rmtree(directory, ignore_errors=True)
    tf.saved_model.save(module, os.path.join(directory, "saved_model"), signatures={name: signature(name) for name in names})


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--out", default=os.path.join(HERE, "..", "fixtures", "faults"))
    make(options.parse_args().out)
