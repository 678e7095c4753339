"""Small SavedModels of TensorFlow 1 with loops and conditionals between loss and weights, as TF Python 2.10.1 makes
them with control flow v1 (Enter, Exit, Switch, Merge, TensorArrayV3), and the gradients that it takes of them.

    python make_frames.py --out ../fixtures/loops [NAME ...]

The files of each folder are those of make_loops.py.
"""

import argparse
import os
import shutil

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import numpy as np
import tensorflow as tf

from make_loops import BATCH, CLASSES, LENGTH, SEED, VOCABULARY, WIDTH, Recorder, normal, write_arrays

T = tf.compat.v1
rnn = T.nn.rnn_cell
case = Recorder()
T.disable_control_flow_v2()


def weight(name, *shape, **options):
    return T.get_variable(name, shape, tf.float32, **options)


def x_feeds(rng, steps=None):
    feeds = {"x": ([None, None, WIDTH], normal(rng, BATCH, LENGTH, WIDTH))}
    return feeds if steps is None else {**feeds, "n": ([], np.int32(steps))}


def tokens(rng):
    return {
        "input_ids": ([None, None], rng.integers(0, VOCABULARY, (BATCH, LENGTH)).astype("i4")),
        "lengths": ([None], np.array([5, 3, 1], "i4")),
    }


def embedded(ids):
    return tf.nn.embedding_lookup(weight("embedding", VOCABULARY, WIDTH), ids)


def projected(x):
    kernel, bias = weight("kernel", x.shape[-1], CLASSES), weight("bias", CLASSES)
    return tf.reshape(tf.matmul(tf.reshape(x, [-1, x.shape[-1]]), kernel) + bias, [-1, tf.shape(x)[1], CLASSES])


def summed(logits):
    return tf.reduce_mean(tf.reduce_sum(tf.sin(logits) * tf.constant([0.3, -0.7, 0.9]), -1))


@case
def v1_lstm(rng):
    """dynamic_rnn with lengths, projection and peepholes."""

    def run(input_ids, lengths):
        cell = rnn.LSTMCell(4, use_peepholes=True, num_proj=3)
        outputs, state = T.nn.dynamic_rnn(cell, embedded(input_ids), sequence_length=lengths, dtype=tf.float32)
        logits = projected(outputs)
        return {"logits": logits, "loss": summed(logits) + tf.reduce_sum(state.c * state.c)}

    return tokens(rng), run


@case
def v1_bilstm(rng):
    def run(input_ids, lengths):
        cells = [rnn.BasicLSTMCell(3), rnn.GRUCell(2)]
        outputs, _ = T.nn.bidirectional_dynamic_rnn(*cells, embedded(input_ids), lengths, dtype=tf.float32)
        logits = projected(tf.concat(outputs, -1))
        return {"logits": logits, "loss": summed(logits)}

    return tokens(rng), run


@case
def v1_stacked(rng):
    """Two cells, time first, without lengths, swapping memory; resource variables."""

    def run(x):
        T.get_variable_scope().set_use_resource(True)
        cell = rnn.MultiRNNCell([rnn.GRUCell(3), rnn.ResidualWrapper(rnn.BasicRNNCell(3))])
        outputs, states = T.nn.dynamic_rnn(
            cell, tf.transpose(x, [1, 0, 2]), dtype=tf.float32, time_major=True, swap_memory=True, parallel_iterations=2)
        return {"y": outputs, "loss": tf.reduce_sum(tf.sin(outputs)) + tf.reduce_sum(states[0] * states[1])}

    return x_feeds(rng), run


@case
def v1_counted(rng):
    """A number of iterations that is fed; variables read within the body; a state that is an integer."""

    def run(x, n):
        w, b = weight("w", WIDTH, WIDTH), weight("b", WIDTH, use_resource=True)

        def body(i, y, k):
            return i + 1, tf.tanh(tf.einsum("bsh,ho->bso", y, w) + b) + x * tf.cast(k, tf.float32), k + 2

        _, y, k = tf.while_loop(lambda i, y, k: i < n, body, [0, x, 1])
        return {"y": y, "loss": tf.reduce_sum(y * y) + tf.cast(k, tf.float32)}

    return x_feeds(rng, 4), run


@case
def v1_no_iterations(rng):
    def run(x, n):
        w, b = weight("w", WIDTH, WIDTH), weight("b", WIDTH)
        _, y = tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, tf.matmul(y, w)), [0, x * b])
        return {"y": y, "loss": tf.reduce_sum(y * y)}

    return x_feeds(rng, 0), run


@case
def v1_nested(rng):
    """A loop in a loop, both with weights of outside, and conditionals in both."""

    def run(x, n):
        w, b = weight("w", WIDTH, WIDTH), weight("b", WIDTH)

        def outer(i, y):
            def inner(j, z):
                z = tf.cond(tf.equal(j, 1), lambda: tf.tanh(tf.matmul(z, w)), lambda: z * b)
                return j + 1, z * tf.cast(j + 1, tf.float32)

            _, z = tf.while_loop(lambda j, z: j < i, inner, [0, y + b])
            return i + 1, tf.cond(i < 2, lambda: z + 0.5 * y, lambda: tf.matmul(z, w))

        _, y = tf.while_loop(lambda i, y: i < n, outer, [0, x])
        return {"y": y, "loss": tf.reduce_mean(y * y)}

    return x_feeds(rng, 4), run


@case
def v1_until_small(rng):
    """A number of iterations that the values decide; shapes that change; an assertion in the body."""

    def run(x, n):
        w, b = weight("w", WIDTH, WIDTH), weight("b", WIDTH)

        def body(i, y, z):
            with tf.control_dependencies([T.assert_less(i, 9)]):
                y = 0.5 * tf.matmul(y, w) + 0.1 * tf.nn.softmax(y)
            return i + 1, y, tf.concat([z, tf.reduce_sum(y, 1)], 0)

        _, y, z = tf.while_loop(
            lambda i, y, z: tf.logical_and(i < n, tf.norm(y) > 0.1), body, [0, x, tf.zeros([0, WIDTH])],
            shape_invariants=[tf.TensorShape([]), x.shape, tf.TensorShape([None, WIDTH])])
        return {"y": y, "loss": tf.reduce_sum(tf.tanh(z) * b) + tf.reduce_sum(y)}

    return x_feeds(rng, 6), run


@case
def v1_conditionals(rng):
    """tf.cond with several results, in each other, with an assertion, one that fails where it is not taken."""

    def run(x, n):
        w, b = weight("w", WIDTH, WIDTH), weight("b", WIDTH)

        def taken():
            with tf.control_dependencies([T.assert_positive(n)]):
                y = tf.matmul(x, w)
            return y, tf.cond(n > 2, lambda: tf.reduce_sum(y * b), lambda: tf.reduce_sum(b))

        def other():
            bad = tf.reshape(x, tf.stack([n - 4, 2]))  # fails if it is computed
            return x * b, tf.reduce_sum(bad)

        y, s = tf.cond(n > 0, taken, other)
        z = tf.case([(n > 9, lambda: y * 2.0), (n > 1, lambda: tf.sin(y))], default=lambda: y + b)
        same = tf.cond(n > 0, lambda: tf.exp(z), lambda: z * b)
        return {"y": y, "loss": tf.reduce_sum(z * z) + s + tf.reduce_mean(same)}

    return x_feeds(rng, 3), run


@case
def v1_loop_in_branch(rng):
    def run(x, n):
        w, b = weight("w", WIDTH, WIDTH), weight("b", WIDTH)

        def loop():
            return tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, tf.tanh(tf.matmul(y, w))), [0, x + b])[1]

        y = tf.cond(tf.equal(tf.shape(x)[1], 1), lambda: x * b, loop)
        return {"y": y, "loss": tf.reduce_sum(y * y)}

    return x_feeds(rng, 3), run


@case
def v1_accumulated(rng):
    """Control flow v2, a loop in a loop, after Python took gradients: they added lists for themselves to the loops."""

    def run(x, n):
        T.enable_control_flow_v2()
        T.get_variable_scope().set_use_resource(True)
        w, b = weight("w", WIDTH, WIDTH), weight("b", WIDTH)

        def outer(i, y, written):
            _, z = tf.while_loop(lambda j, z: j < i, lambda j, z: (j + 1, tf.tanh(tf.matmul(z, w) * tf.sin(z))), [0, y + b])
            z = tf.cond(i > 1, lambda: z * b, lambda: tf.exp(z))
            return i + 1, z + 0.5 * y, written.write(i, z)

        array = tf.TensorArray(tf.float32, size=0, dynamic_size=True, element_shape=[None, None, WIDTH])
        _, y, written = tf.while_loop(lambda i, y, written: i < n, outer, [0, x, array])
        loss = tf.reduce_mean(y * y) + tf.reduce_sum(tf.sin(written.stack()))
        tf.gradients(loss, T.trainable_variables())
        T.disable_control_flow_v2()
        return {"y": y, "loss": loss}

    return x_feeds(rng, 3), run


@case
def v1_mapped(rng):
    def run(x, n):
        w, b = weight("w", WIDTH, WIDTH), weight("b", WIDTH)

        def element(pair):
            row, k = pair
            y = tf.matmul(row, w)
            return tf.cond(k > 1, lambda: y * b, lambda: tf.sin(y)), k * 2

        y, _ = T.map_fn(element, (x, tf.range(tf.shape(x)[0])), dtype=(tf.float32, tf.int32))
        time_major = tf.transpose(y, [1, 0, 2])
        states = T.scan(lambda s, e: tf.tanh(tf.matmul(s, w) + e), time_major, b * x[:, 0])
        last = T.foldr(lambda s, e: s * 0.7 + e, states)
        return {"y": y, "loss": tf.reduce_sum(states * states) + tf.reduce_sum(last)}

    return x_feeds(rng, 0), run


@case
def v1_arrays(rng):
    """Arrays that grow, are read, concatenated, split, and gathered twice at one place."""

    def run(x, n):
        w, b = weight("w", WIDTH, WIDTH), weight("b", WIDTH)
        steps = tf.shape(x)[1]
        read = T.TensorArray(tf.float32, size=steps, clear_after_read=False).unstack(tf.transpose(x, [1, 0, 2]))
        grown = T.TensorArray(tf.float32, size=1, dynamic_size=True, clear_after_read=False, element_shape=[None, WIDTH])

        def body(i, a, s):
            s = tf.tanh(tf.matmul(read.read(i), w)) + s + 0.1 * read.read(i // 2)
            return i + 1, a.write(i, s * 2.0), s

        _, a, s = tf.while_loop(lambda i, a, s: i < steps, body, [0, grown, x[:, 0]])
        parts = T.TensorArray(tf.float32, size=3, infer_shape=False).split(tf.reduce_sum(x, 0) * b, [1, 0, 4])
        scattered = T.TensorArray(tf.float32, size=5, element_shape=[None, WIDTH]).scatter([3, 1, 4, 0, 2], tf.sin(x[:, :5] + b)[0][:, None])
        loss = tf.reduce_sum(a.concat() * b) + tf.reduce_sum(a.gather([1, 4, 1]) ** 2) + tf.cast(a.size(), tf.float32)
        return {"y": a.stack(), "loss": loss + tf.reduce_sum(parts.read(2) ** 2) + tf.reduce_sum(scattered.read(3) * s)}

    return x_feeds(rng, 0), run


class ForwardCell(rnn.RNNCell):
    """A step of the forward algorithm, as in tf.contrib.crf."""

    def __init__(self, transitions):
        super().__init__()
        self.transitions = tf.expand_dims(transitions, 0)

    @property
    def state_size(self):
        return CLASSES

    @property
    def output_size(self):
        return CLASSES

    def __call__(self, inputs, state, scope=None):
        new = inputs + tf.reduce_logsumexp(tf.expand_dims(state, 2) + self.transitions, [1])
        return new, new


def crf_log_norm(inputs, lengths, transitions):
    first = tf.slice(inputs, [0, 0, 0], [-1, 1, -1])

    def single():
        norm = tf.reduce_logsumexp(tf.squeeze(first, [1]), [1])
        return tf.where(tf.less_equal(lengths, 0), tf.zeros_like(norm), norm)

    def multi():
        rest = tf.slice(inputs, [0, 1, 0], [-1, -1, -1])
        _, alphas = T.nn.dynamic_rnn(
            ForwardCell(transitions), rest, sequence_length=tf.maximum(0, lengths - 1),
            initial_state=tf.squeeze(first, [1]), dtype=tf.float32)
        norm = tf.reduce_logsumexp(alphas, [1])
        return tf.where(tf.less_equal(lengths, 0), tf.zeros_like(norm), norm)

    return tf.cond(tf.equal(tf.shape(inputs)[1], 1), single, multi)


def crf_score(inputs, tags, lengths, transitions):
    mask = tf.sequence_mask(lengths, tf.shape(inputs)[1], tf.float32)
    unary = tf.reduce_sum(tf.reduce_sum(inputs * tf.one_hot(tags, CLASSES), -1) * mask, 1)
    flat = tf.gather(tf.reshape(transitions, [-1]), tags[:, :-1] * CLASSES + tags[:, 1:])
    return unary + tf.reduce_sum(flat * mask[:, 1:], 1)


class DecodeCell(rnn.RNNCell):
    def __init__(self, transitions):
        super().__init__()
        self.transitions = tf.expand_dims(transitions, 0)

    @property
    def state_size(self):
        return CLASSES

    @property
    def output_size(self):
        return CLASSES

    def __call__(self, inputs, state, scope=None):
        scores = tf.expand_dims(state, 2) + self.transitions
        return tf.cast(tf.argmax(scores, 1), tf.int32), inputs + tf.reduce_max(scores, [1])


class BackwardCell(rnn.RNNCell):
    @property
    def state_size(self):
        return 1

    @property
    def output_size(self):
        return 1

    def __call__(self, inputs, state, scope=None):
        tags = tf.expand_dims(tf.gather_nd(inputs, tf.stack([tf.range(tf.shape(inputs)[0]), tf.squeeze(state, [1])], 1)), -1)
        return tags, tags


def crf_decode(inputs, lengths, transitions):
    first = tf.squeeze(tf.slice(inputs, [0, 0, 0], [-1, 1, -1]), [1])
    rest = tf.slice(inputs, [0, 1, 0], [-1, -1, -1])
    shorter = tf.maximum(0, lengths - 1)
    with T.variable_scope("decode"):
        pointers, scores = T.nn.dynamic_rnn(DecodeCell(transitions), rest, sequence_length=shorter, initial_state=first, dtype=tf.int32)
    pointers = tf.reverse_sequence(pointers, shorter, seq_axis=1)
    last = tf.expand_dims(tf.cast(tf.argmax(scores, 1), tf.int32), -1)
    with T.variable_scope("back"):
        tags, _ = T.nn.dynamic_rnn(BackwardCell(), pointers, sequence_length=shorter, initial_state=last, dtype=tf.int32)
    return tf.reverse_sequence(tf.concat([last, tf.squeeze(tags, [2])], 1), lengths, seq_axis=1)


@case
def v1_bilstm_crf(rng):
    """The tagger of many a Chinese pipeline: bidirectional LSTM, log-likelihood of a CRF, best tags."""

    def run(input_ids, lengths, tags):
        cells = [rnn.LSTMCell(3), rnn.LSTMCell(3)]
        outputs, _ = T.nn.bidirectional_dynamic_rnn(*cells, embedded(input_ids), lengths, dtype=tf.float32)
        logits = projected(tf.concat(outputs, -1))
        transitions = weight("transitions", CLASSES, CLASSES)
        likelihood = crf_score(logits, tags, lengths, transitions) - crf_log_norm(logits, lengths, transitions)
        decoded = crf_decode(logits, lengths, transitions)
        return {"decoded": decoded, "logits": logits, "loss": -tf.reduce_mean(likelihood)}

    feeds = tokens(rng)
    feeds["tags"] = ([None, None], rng.integers(0, CLASSES, (BATCH, LENGTH)).astype("i4"))
    return feeds, run


@case
def v1_single_pass(rng):
    """A frame that is no loop of tf.while_loop: Belay refuses it."""

    def run(x):
        w = weight("w", WIDTH, WIDTH)
        entered = [tf.raw_ops.Enter(data=t, frame_name="once") for t in (x, tf.identity(w))]
        y = tf.raw_ops.Exit(data=tf.einsum("bsh,ho->bso", *entered))
        return {"y": y, "loss": tf.reduce_sum(y * y)}

    return x_feeds(rng), run


def write_case(folder, build):
    rng = np.random.default_rng(SEED)
    feeds, run = build(rng)
    shutil.rmtree(folder, ignore_errors=True)
    with tf.Graph().as_default(), T.Session() as session:
        given = {name: T.placeholder(value.dtype, shape, name) for name, (shape, value) in feeds.items()}
        outputs = {name: tf.identity(tensor, "out_" + name) for name, tensor in run(**given).items()}
        variables = T.trainable_variables()
        session.run(T.global_variables_initializer())
        for variable in variables:
            variable.load(normal(rng, *variable.shape.as_list()), session)
        T.saved_model.simple_save(session, os.path.join(folder, "saved_model"), given, outputs)
        # Python has no gradient of a frame that it did not make.
        gradients = [] if os.path.basename(folder) == "v1_single_pass" else tf.gradients(outputs["loss"], variables)
        found = [(v, tf.convert_to_tensor(g)) for v, g in zip(variables, gradients) if g is not None]
        fed = {given[name]: value for name, (_, value) in feeds.items()}
        values = session.run([outputs, [g for _, g in found]], fed)
    inputs = {name: value for name, (_, value) in feeds.items()}
    write_arrays(folder, inputs, values[0], [(v.name, g) for (v, _), g in zip(found, values[1])])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", required=True)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    for name, build in case.cases.items():
        if not options.names or name in options.names:
            write_case(os.path.join(options.out, name), build)


if __name__ == "__main__":
    main()
