"""Small SavedModels with loops between loss and weights, and the gradients that TensorFlow Python 2.10.1 takes of them.

    python make_loops.py --out ../fixtures/loops [NAME ...]

Each folder has saved_model/ with one signature, serving_default, that gives a scalar "loss" and other outputs; io.npz
holds its inputs ("in|<name>"), its outputs ("out|<name>") and the gradient of the loss by each trainable variable
("grad|<number>", in the order of "names" in names.json). Float32 on a CPU.
"""

import argparse
import json
import os
import shutil

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

SEED, VOCABULARY, LENGTH, BATCH, WIDTH, CLASSES = 20219, 11, 5, 3, 4, 3
K, L = tf.keras, tf.keras.layers


class Recorder:
    """Cases by name."""

    def __init__(self):
        self.cases = {}

    def __call__(self, function):
        self.cases[function.__name__] = function
        return function


case = Recorder()


def normal(rng, *shape):
    return (0.5 * rng.normal(size=shape)).astype("f")


def ids_and_mask(rng):
    mask = np.ones((BATCH, LENGTH), "i4")
    mask[1, 3:] = 0
    mask[2, 1:] = 0
    return {"input_ids": rng.integers(0, VOCABULARY, (BATCH, LENGTH)).astype("i4"), "attention_mask": mask}


class Keras(tf.Module):
    """A tagger or classifier of Keras layers between an embedding and a dense layer."""

    def __init__(self, rng, layers, masked=False, length=None):
        super().__init__()
        self.masked = masked
        self.length = length
        ids = K.Input((length,), dtype="int32", name="input_ids")
        mask = K.Input((length,), dtype="int32", name="attention_mask")
        x = L.Embedding(VOCABULARY, WIDTH)(ids)
        for layer in layers:
            recurrent = isinstance(layer, (L.RNN, L.Bidirectional))
            x = layer(x, mask=tf.cast(mask, tf.bool)) if masked and recurrent else layer(x)
        model = K.Model([ids, mask], L.Dense(CLASSES, name="logits")(x))
        self.kept = list(model.variables)
        for variable in self.kept:
            variable.assign(normal(rng, *variable.shape))
        # A model that is an attribute would be saved with a dozen traces of each layer.
        self.logits = lambda *inputs: model(inputs, training=False)
        self.weights = tf.Variable(normal(rng, CLASSES), trainable=False, name="loss_weights")

    def specs(self):
        return {n: tf.TensorSpec([None, self.length], tf.int32, n) for n in ("input_ids", "attention_mask")}

    def inputs(self, rng):
        return ids_and_mask(rng)

    def run(self, input_ids, attention_mask):
        logits = self.logits(input_ids, attention_mask)
        return {"logits": logits, "loss": tf.reduce_mean(tf.reduce_sum(tf.sin(logits) * self.weights, -1))}


@case
def lstm(rng):
    return Keras(rng, [L.LSTM(3)])


@case
def lstm_masked(rng):
    return Keras(rng, [L.LSTM(3, return_sequences=True)], masked=True)


@case
def lstm_fixed_length(rng):
    return Keras(rng, [L.LSTM(3, return_sequences=True), L.LSTM(2, go_backwards=True)], length=LENGTH)


@case
def gru(rng):
    return Keras(rng, [L.GRU(3, return_sequences=True)], masked=True)


@case
def bidirectional(rng):
    return Keras(rng, [L.Bidirectional(L.LSTM(3, return_sequences=True)), L.Bidirectional(L.GRU(2, return_sequences=True, reset_after=False))], masked=True)


@case
def cells(rng):
    return Keras(rng, [L.RNN([L.LSTMCell(3), L.GRUCell(2)], return_sequences=True), L.SimpleRNN(3, time_major=False)])


class Functions(tf.Module):
    """Loops that a person wrote."""

    def __init__(self, rng, specs, run):
        super().__init__()
        self.w = tf.Variable(normal(rng, WIDTH, WIDTH), name="w")
        self.b = tf.Variable(normal(rng, WIDTH), name="b")
        self.frozen = tf.Variable(normal(rng, WIDTH), name="frozen", trainable=False)
        self.function, self.declared = run, specs

    def specs(self):
        return {name: tf.TensorSpec(shape, dtype, name) for name, (shape, dtype, _) in self.declared.items()}

    def inputs(self, rng):
        return {name: np.asarray(value) for name, (_, _, value) in self.declared.items()}

    def run(self, **inputs):
        return self.function(self, **inputs)


def x_input(rng, steps=None):
    declared = {"x": ([None, None, WIDTH], tf.float32, normal(rng, BATCH, LENGTH, WIDTH))}
    return declared if steps is None else {**declared, "n": ([], tf.int32, np.int32(steps))}


@case
def counted(rng):
    """A number of iterations that is fed; a state, a weight that is read within the body, an integer."""

    def run(self, x, n):
        _, y, k = tf.while_loop(
            lambda i, y, k: i < n,
            lambda i, y, k: (i + 1, tf.tanh(tf.einsum("bsh,ho->bso", y, self.w) + self.b * self.frozen) + x * tf.cast(k, tf.float32), k + 2),
            [0, x, 1])
        return {"y": y, "loss": tf.reduce_sum(y * y) + tf.cast(k, tf.float32)}

    return Functions(rng, x_input(rng, 4), run)


@case
def no_iterations(rng):
    def run(self, x, n):
        _, y = tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, tf.matmul(y, self.w)), [0, x * self.b])
        return {"y": y, "loss": tf.reduce_sum(y * y)}

    return Functions(rng, x_input(rng, 0), run)


@case
def until_small(rng):
    """A number of iterations that the values decide; shapes that change; a state that does not depend on itself."""

    def run(self, x, n):
        def body(i, y, z, last):
            y = 0.5 * tf.matmul(y, self.w) + 0.1 * tf.nn.softmax(y)
            return i + 1, y, tf.concat([z, tf.reduce_sum(y, 1)], 0), tf.exp(y[:, 0])

        shapes = [tf.TensorShape([]), x.shape, tf.TensorShape([None, WIDTH]), tf.TensorShape([None, WIDTH])]
        _, y, z, last = tf.while_loop(
            lambda i, y, z, last: tf.logical_and(i < n, tf.norm(y) > 0.1), body,
            [0, x, tf.zeros([0, WIDTH]), self.b * x[:, 0]], shape_invariants=shapes)
        return {"y": y, "loss": tf.reduce_sum(tf.tanh(z) * self.b) + tf.reduce_sum(last) + tf.reduce_sum(y)}

    return Functions(rng, x_input(rng, 6), run)


@case
def nested(rng):
    """A loop in a loop, both with captured weights, the inner one as often as the outer one says."""

    def run(self, x, n):
        def outer(i, y):
            _, z = tf.while_loop(
                lambda j, z: j < i, lambda j, z: (j + 1, tf.tanh(tf.matmul(z, self.w)) * tf.cast(j + 1, tf.float32)), [0, y + self.b])
            return i + 1, z + 0.5 * y

        _, y = tf.while_loop(lambda i, y: i < n, outer, [0, x])
        return {"y": y, "loss": tf.reduce_mean(y * y)}

    return Functions(rng, x_input(rng, 4), run)


@case
def mapped(rng):
    """tf.map_fn, with a conditional in its body and an element that is not a number of floats."""

    def run(self, x, n):
        def element(pair):
            row, k = pair
            y = tf.matmul(row, self.w)
            return tf.cond(k > 1, lambda: y * self.b, lambda: tf.sin(y))

        y = tf.map_fn(element, (x, tf.range(tf.shape(x)[0])), fn_output_signature=tf.float32)
        return {"y": y, "loss": tf.reduce_sum(y * y)}

    return Functions(rng, x_input(rng, 0), run)


@case
def scanned(rng):
    def run(self, x, n):
        time_major = tf.transpose(x, [1, 0, 2])
        states = tf.scan(lambda s, e: tf.tanh(tf.matmul(s, self.w) + e), time_major, self.b * x[:, 0])
        back = tf.scan(lambda s, e: s * 0.7 + tf.reduce_logsumexp(e, -1), states, tf.zeros([tf.shape(x)[0]]), reverse=True)
        return {"states": states, "loss": tf.reduce_sum(states * states) + tf.reduce_sum(back)}

    return Functions(rng, x_input(rng, 0), run)


@case
def arrays(rng):
    """Arrays that a person reads, writes twice, concatenates and unstacks."""

    def run(self, x, n):
        steps = tf.shape(x)[1]
        read = tf.TensorArray(tf.float32, size=steps).unstack(tf.transpose(x, [1, 0, 2]))
        written = tf.TensorArray(tf.float32, size=steps, element_shape=[None, WIDTH], clear_after_read=False)

        def body(i, a, s):
            s = tf.tanh(tf.matmul(read.read(i), self.w)) + s
            a = a.write(i, s * 2.0).write(i, s + self.b)
            return i + 1, a, s + 0.1 * a.read(i // 2)

        _, a, s = tf.while_loop(lambda i, a, s: i < steps, body, [0, written, x[:, 0]])
        y = a.stack()
        return {"y": y, "loss": tf.reduce_sum(y * y * self.b) + tf.reduce_sum(a.concat()) + tf.reduce_sum(a.stack()[2] * s)}

    return Functions(rng, x_input(rng, 0), run)


class Crf(Keras):
    """A tagger with a CRF: the log-likelihood of given tags, and the best tags."""

    def __init__(self, rng):
        super().__init__(rng, [L.Bidirectional(L.LSTM(3, return_sequences=True))], masked=True)
        self.transitions = tf.Variable(normal(rng, CLASSES, CLASSES), name="transitions")

    def specs(self):
        return {**super().specs(), "tags": tf.TensorSpec([None, None], tf.int32, "tags")}

    def inputs(self, rng):
        return {**super().inputs(rng), "tags": rng.integers(0, CLASSES, (BATCH, LENGTH)).astype("i4")}

    def run(self, input_ids, attention_mask, tags):
        potentials = self.logits(input_ids, attention_mask)  # [B, S, C]
        mask = tf.cast(attention_mask, tf.float32)
        hot = tf.one_hot(tags, CLASSES)
        unary = tf.reduce_sum(tf.reduce_sum(potentials * hot, -1) * mask, 1)
        pairs = tf.gather_nd(self.transitions, tf.stack([tags[:, :-1], tags[:, 1:]], -1))
        binary = tf.reduce_sum(pairs * mask[:, 1:], 1)
        time_major, alive = tf.transpose(potentials[:, 1:], [1, 0, 2]), tf.transpose(attention_mask[:, 1:])

        def forward(alpha, step):
            emitted, on = step
            new = tf.reduce_logsumexp(alpha[:, :, None] + self.transitions, 1) + emitted
            return tf.where(tf.cast(on, tf.bool)[:, None], new, alpha)

        alphas = tf.scan(forward, (time_major, alive), potentials[:, 0])
        partition = tf.reduce_logsumexp(alphas[-1], -1)
        return {
            "decoded": self.decode(potentials, tf.cast(alive, tf.bool)),
            "logits": potentials,
            "loss": -tf.reduce_mean(unary + binary - partition),
        }

    def decode(self, potentials, alive):
        def step(state, given):
            emitted, on = given
            scores = state[0][:, :, None] + self.transitions
            best = tf.where(on[:, None], tf.reduce_max(scores, 1) + emitted, state[0])
            return best, tf.where(on[:, None], tf.argmax(scores, 1, tf.int32), tf.range(CLASSES)[None])

        first = (potentials[:, 0], tf.zeros([tf.shape(potentials)[0], CLASSES], tf.int32))
        scores, pointers = tf.scan(step, (tf.transpose(potentials[:, 1:], [1, 0, 2]), alive), first)
        last = tf.argmax(scores[-1], -1, tf.int32)
        back = tf.scan(lambda tag, pointer: tf.gather(pointer, tag, batch_dims=1), pointers, last, reverse=True)
        return tf.transpose(tf.concat([back, last[None]], 0))


@case
def bilstm_crf(rng):
    return Crf(rng)


@case
def complex_numbers(rng):
    """Complex numbers within an iteration; a weight that reaches the loss beside the loop, too."""

    def run(self, x):
        def step(i, h):
            turned = tf.complex(self.b, tf.zeros_like(self.b)) * tf.constant(0.6 + 0.8j, tf.complex64)
            return i + 1, 0.5 * h + tf.math.real(turned)

        _, h = tf.while_loop(lambda i, h: i < tf.shape(x)[0], step, [0, tf.matmul(x, self.w)])
        return {"loss": tf.reduce_sum(tf.square(h)) + tf.reduce_sum(self.b), "h": h}

    return Functions(rng, {"x": ([None, WIDTH], tf.float32, normal(rng, 3, WIDTH))}, run)


@case
def complex_state(rng):
    """A complex number that is handed from iteration to iteration: Belay refuses it."""

    def run(self, x):
        def step(i, h, z):
            z = z * tf.constant(0.6 + 0.8j, tf.complex64) + tf.complex(self.b, tf.zeros_like(self.b))
            return i + 1, 0.5 * h + tf.math.real(z), z

        _, h, _ = tf.while_loop(lambda i, h, z: i < tf.shape(x)[0], step, [0, tf.matmul(x, self.w), tf.zeros(WIDTH, tf.complex64)])
        return {"loss": tf.reduce_sum(tf.square(h)) + tf.reduce_sum(self.b), "h": h}

    return Functions(rng, {"x": ([None, WIDTH], tf.float32, normal(rng, 3, WIDTH))}, run)


def write_case(folder, build):
    rng = np.random.default_rng(SEED)
    module = build(rng)
    specs, inputs = module.specs(), module.inputs(rng)
    # The names of parameters are the names of the signature's inputs.
    function = tf.function(lambda **given: module.run(**given)).get_concrete_function(**specs)
    given = {name: tf.constant(value) for name, value in inputs.items()}
    variables = module.trainable_variables
    with tf.GradientTape() as tape:
        outputs = function(**given)
    gradients = tape.gradient(outputs["loss"], variables)
    shutil.rmtree(folder, ignore_errors=True)
    tf.saved_model.save(module, os.path.join(folder, "saved_model"), {"serving_default": function})
    keep_called(os.path.join(folder, "saved_model", "saved_model.pb"))
    for extra in ("fingerprint.pb", "keras_metadata.pb"):
        if os.path.exists(os.path.join(folder, "saved_model", extra)):
            os.remove(os.path.join(folder, "saved_model", extra))
    for empty in ("assets",):
        shutil.rmtree(os.path.join(folder, "saved_model", empty), ignore_errors=True)
    found = [(v, g) for v, g in zip(variables, gradients) if g is not None]
    write_arrays(folder, inputs, {n: t.numpy() for n, t in outputs.items()}, [(v.name, tf.convert_to_tensor(g).numpy()) for v, g in found])


def keep_called(path):
    """Drops functions that nothing calls: Keras saves those of the gradients of its fused kernels too."""
    model = saved_model_pb2.SavedModel()
    with open(path, "rb") as f:
        model.ParseFromString(f.read())
    graph = model.meta_graphs[0].graph_def
    functions = {function.signature.name: function for function in graph.library.function}
    open_names = set(model.meta_graphs[0].object_graph_def.concrete_functions)
    kept = set()

    def called(nodes):
        for node in nodes:
            yield node.op
            for value in node.attr.values():
                yield value.func.name
                yield from (function.name for function in value.list.func)

    open_names.update(called(graph.node))
    while open_names:
        name = open_names.pop()
        if name in functions and name not in kept:
            kept.add(name)
            open_names.update(called(functions[name].node_def))
    for function in list(graph.library.function):
        if function.signature.name not in kept:
            graph.library.function.remove(function)
    with open(path, "wb") as f:
        f.write(model.SerializeToString(deterministic=True))


def write_arrays(folder, inputs, outputs, gradients):
    arrays = {"in|" + name: value for name, value in inputs.items()}
    arrays.update({"out|" + name: value for name, value in outputs.items()})
    arrays.update({"grad|%d" % i: gradient for i, (_, gradient) in enumerate(gradients)})
    np.savez_compressed(os.path.join(folder, "io.npz"), **arrays)
    with open(os.path.join(folder, "names.json"), "w") as f:
        json.dump([name.split(":")[0] for name, _ in gradients], f, indent=1)
    print(os.path.basename(folder), float(outputs["loss"]), len(gradients))


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
