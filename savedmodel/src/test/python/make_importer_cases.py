"""Small SavedModels with what makes importing hard, and what TensorFlow Python 2.10.1 computes with them.

    python make_importer_cases.py --out ../fixtures/importer

Each folder has saved_model/ and io.npz with the inputs and outputs of every signature under
"<signature>|in|<name>" and "<signature>|out|<name>"; strings are in strings.json. Float32 on a CPU.
"""

import argparse
import json
import os
import shutil
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
SEED = 20213


def write(folder, save, values):
    """values: gives, once the model is saved, name of a signature -> (inputs, outputs)"""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    save(os.path.join(folder, "saved_model"))
    signatures = values()
    arrays, strings = {}, {}
    for name, (inputs, outputs) in signatures.items():
        for way, tensors in (("in", inputs), ("out", outputs)):
            for key, value in tensors.items():
                value = np.asarray(value)
                where = "%s|%s|%s" % (name, way, key)
                if value.dtype.kind == "O":
                    strings[where] = [x.decode() if isinstance(x, bytes) else x for x in value]
                else:
                    arrays[where] = value
    np.savez(os.path.join(folder, "io.npz"), **arrays)
    with open(os.path.join(folder, "strings.json"), "w") as f:
        json.dump(strings, f, indent=1)
    print(os.path.basename(folder), sorted(signatures))


def write_module(folder, module, calls):
    functions, values = {}, {}
    for name, inputs in calls.items():
        functions[name] = getattr(module, name)
        outputs = functions[name](**{k: tf.constant(v) for k, v in inputs.items()})
        values[name] = (inputs, {k: v.numpy() for k, v in outputs.items()})
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=True)
    write(folder, lambda path: tf.saved_model.save(module, path, functions, options), lambda: values)


@tf.custom_gradient
def softplus(x):
    e = tf.exp(x)
    return tf.math.log(1 + e), lambda dy: dy * (1 - 1 / (1 + e))


class CustomGradients(tf.Module):
    """Gradients that captured tensors of the function, of a branch, of a loop's body."""

    def __init__(self, rng):
        super().__init__()
        self.w = tf.Variable(rng.normal(size=(5, 5)).astype("f"), name="w")

    @tf.function
    def inner(self, x):
        return softplus(tf.matmul(x, self.w))

    @tf.function(input_signature=[tf.TensorSpec([None, 5], tf.float32, "x")])
    def serving_default(self, x):
        y = self.inner(x)
        y = tf.cond(tf.reduce_sum(y) > 0, lambda: softplus(y) * 2.0, lambda: softplus(-y))
        _, y = tf.while_loop(lambda i, _: i < 3, lambda i, z: (i + 1, softplus(z * 0.5)), [0, y])

        @tf.custom_gradient
        def product(a, _, b):
            def gradient(dy, variables=None):
                return (dy * b * 2, None, dy * a), [tf.zeros_like(v) for v in variables]

            return a * b + tf.reduce_sum(self.w) * 0.0, gradient

        return {"y": product(y, tf.constant(3), y + 1)}


class ControlFlow(tf.Module):
    """Loops and branches, known before the graph runs or not, with side effects or without."""

    def __init__(self, rng):
        super().__init__()
        self.w = tf.Variable(rng.normal(size=(5, 5)).astype("f"), name="w")

    @tf.function(input_signature=[tf.TensorSpec([None, 5], tf.float32, "x")])
    def loops(self, x):
        for i in tf.range(3):
            x = tf.tanh(tf.matmul(x, self.w)) + tf.cast(i, tf.float32)
        for _ in tf.range(tf.shape(x)[0]):
            x = x + 1.0
        return {"y": x}

    @tf.function(input_signature=[tf.TensorSpec([None, 5], tf.float32, "x")])
    def nested_loops(self, x):
        i = tf.constant(0)
        while i < 3:
            j = tf.constant(0)
            while j < i:
                x = x + tf.matmul(x, self.w) * 0.1
                j += 1
            i += 1
        return {"y": x}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 5], tf.float32, "x"),
            tf.TensorSpec([], tf.int32, "k"),
        ]
    )
    def cases(self, x, k):
        branches = [lambda: x * 2, lambda: x + 1, lambda: tf.matmul(x, self.w)]
        return {"y": tf.switch_case(k, branches), "z": tf.switch_case(tf.constant(2), branches)}

    @tf.function(input_signature=[tf.TensorSpec([None, 5], tf.float32, "x")])
    def effects(self, x):
        y = tf.cond(tf.reduce_sum(x) > 0, lambda: x * tf.random.uniform([]) * 0 + 1, lambda: x * 2)
        tf.debugging.assert_less(tf.reduce_max(y), 1e9)
        return {"y": y}

    @tf.function(input_signature=[tf.TensorSpec([None, 5], tf.float32, "x")])
    def shapes(self, x):
        return {"y": tf.cond(tf.reduce_sum(x) > 1e6, lambda: x[:1], lambda: x * self.w[0])}


def keras_trained(folder, x):
    """A frozen layer, a swish with its saved gradient, batch normalisation, an optimizer's slots."""
    keras = tf.keras
    inputs = keras.Input([5], name="x")
    h = keras.layers.Dense(8, activation="swish", name="frozen")(inputs)
    h = keras.layers.BatchNormalization(name="norm")(h)
    h = keras.layers.Dropout(0.3)(h)
    outputs = keras.layers.Dense(3, activation="softmax", name="probabilities", kernel_regularizer="l2")(h)
    model = keras.Model(inputs, outputs)
    model.get_layer("frozen").trainable = False
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, np.array([0, 1, 2, 1]), verbose=0)
    outputs = {"probabilities": model(x, training=False).numpy()}
    write(folder, model.save, lambda: {"serving_default": ({"x": x}, outputs)})


def write_tf1(folder, build):
    graph = tf.Graph()
    with graph.as_default():
        v1.disable_control_flow_v2()
        v1.set_random_seed(SEED)
        inputs, outputs, feeds, extra = build()
        with v1.Session(graph=graph) as session:
            session.run([v1.global_variables_initializer(), v1.tables_initializer()])

            def values():
                run = session.run(outputs, {inputs[k]: feeds[k] for k in inputs})
                return {"serving_default": (feeds, run)}

            def save(path):
                info = v1.saved_model.utils.build_tensor_info
                builder = v1.saved_model.builder.SavedModelBuilder(path)
                signature = v1.saved_model.signature_def_utils.build_signature_def(
                    {k: info(t) for k, t in inputs.items()},
                    {k: info(t) for k, t in outputs.items()},
                    "predict",
                )
                builder.add_meta_graph_and_variables(
                    session, ["serve"], {"serving_default": signature}, strip_default_attrs=True, **extra
                )
                builder.save()

            write(folder, save, values)


def tf1_loops(x):
    a = v1.placeholder(tf.float32, [None, 5], "x")
    w = v1.get_variable("w", [5, 5], use_resource=False)
    _, y = v1.while_loop(
        lambda i, _: i < tf.shape(a)[0], lambda i, z: (i + 1, tf.tanh(tf.matmul(z, w))), [0, a]
    )
    return {"x": a}, {"y": y}, {"x": x}, {}


def tf1_assign(x):
    """A counter by reference, dropout behind a switch, a rate with a default."""
    a = v1.placeholder(tf.float32, [None, 5], "x")
    w = v1.get_variable("w", [5, 3], use_resource=False)
    b = v1.get_variable("b", [3], use_resource=True)
    steps = v1.get_variable("steps", [], tf.int64, v1.zeros_initializer(), trainable=False, use_resource=False)
    with tf.control_dependencies([v1.assign_add(steps, 1)]):
        y = tf.matmul(a, w) + b + tf.cast(steps.read_value(), tf.float32)
    rate = v1.placeholder_with_default(tf.constant(0.5), [], "rate")
    phase = v1.placeholder_with_default(False, [], "phase_train")
    y = v1.cond(phase, lambda: tf.nn.dropout(y, rate=0.2), lambda: y) * rate
    return {"x": a}, {"y": y}, {"x": x}, {}


def tf1_vocabulary(_):
    """A table filled from an asset by the main op."""
    text = v1.placeholder(tf.string, [None], "text")
    with open("vocabulary.txt", "w") as f:
        f.write("a\nb\nc\n")
    lookup = tf.lookup
    table = lookup.StaticHashTable(
        lookup.TextFileInitializer(
            "vocabulary.txt", tf.string, lookup.TextFileIndex.WHOLE_LINE, tf.int64, lookup.TextFileIndex.LINE_NUMBER
        ),
        -1,
    )
    e = v1.get_variable("e", [5, 3], use_resource=True)
    extra = {
        "assets_collection": v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS),
        "main_op": v1.tables_initializer(),
    }
    words = np.array(["a", "c", "zz"], dtype=object)
    return {"text": text}, {"y": tf.gather(e, table.lookup(text) + 1)}, {"text": words}, extra


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    out = os.path.abspath(parser.parse_args().out)
    tf.keras.utils.set_random_seed(SEED)
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=(4, 5)).astype("f")
    os.chdir(tempfile.mkdtemp())
    write_module(os.path.join(out, "custom_gradients"), CustomGradients(rng), {"serving_default": {"x": x}})
    calls = {name: {"x": x} for name in ("loops", "nested_loops", "effects", "shapes")}
    calls["cases"] = {"x": x, "k": np.int32(1)}
    write_module(os.path.join(out, "control_flow"), ControlFlow(rng), calls)
    keras_trained(os.path.join(out, "keras_trained"), x)
    for name, build in (("tf1_loops", tf1_loops), ("tf1_assign", tf1_assign), ("tf1_vocabulary", tf1_vocabulary)):
        write_tf1(os.path.join(out, name), lambda: build(x))


if __name__ == "__main__":
    main()
