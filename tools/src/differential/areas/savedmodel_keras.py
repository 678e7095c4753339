"""SavedModels of Keras 2.10 and of TF1: layers that text models use, in every API, saved in every way, trained for three steps.

Right is what Keras' own training computes with dropout left out and gradients clipped to norm 1 by their dense norm: the mean cross entropy and all of model.losses,
batch statistics while training, constraints after each update (but for tf.saved_model.save, which drops them), Adam as TF's ApplyAdam.
"""
import json
import math

import family_grammar as grammar
import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

INTERPRETER = "tensorflow"
SHARE = 1.5

L = tf.keras.layers
v1 = tf.compat.v1
VOCABULARY, WIDTH, LENGTH, BATCH, CLASSES, STEPS = 30, 8, 6, 4, 3, 3
WORDS = ["a", "bb", "ccc", "dd", "e", "ff"]
ACTIVATIONS = ["linear", "relu", "elu", "selu", "softplus", "softsign", "tanh", "sigmoid", "hard_sigmoid", "exponential", "swish", "gelu", "softmax"]
OTHER_ACTIVATIONS = {
    "leaky_relu": tf.nn.leaky_relu, "relu6": tf.nn.relu6, "silu": tf.nn.silu, "log_softmax": tf.nn.log_softmax,
    "gelu_tanh": lambda x: tf.nn.gelu(x, approximate=True), "mish": lambda x: x * tf.tanh(tf.nn.softplus(x)), "square_relu": lambda x: tf.square(tf.nn.relu(x)),
}
NOISE = {"GaussianNoise", "GaussianDropout", "AlphaDropout", "StochasticDepth", "RandomMasking"}


# ---- layers of our own, as people write them -------------------------------------------------------------------------------------------

@tf.keras.utils.register_keras_serializable("differential")
class AddedLoss(L.Layer):
    """Adds a loss that depends on the batch; if it says so, another one while training alone."""

    def __init__(self, factor=0.1, kind="square", **kwargs):
        super().__init__(**kwargs)
        self.factor, self.kind = factor, kind

    def call(self, x, training=None):
        self.add_loss(self.factor * (tf.reduce_mean(tf.square(x)) if self.kind != "abs" else tf.reduce_mean(tf.abs(x))))
        if self.kind == "training" and training:
            self.add_loss(self.factor * tf.reduce_mean(x))
        return x

    def get_config(self):
        return {**super().get_config(), "factor": self.factor, "kind": self.kind}


@tf.keras.utils.register_keras_serializable("differential")
class ScaledInTraining(L.Layer):
    """Does something else while training, which is no dropout."""

    def __init__(self, factor=1.5, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x, training=None):
        return x * self.factor if training else x

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


@tf.keras.utils.register_keras_serializable("differential")
class RmsNorm(L.Layer):
    def build(self, shape):
        self.gain = self.add_weight("gain", [shape[-1]], initializer="ones")

    def call(self, x):
        return x * tf.math.rsqrt(tf.reduce_mean(tf.square(x), -1, keepdims=True) + tf.cast(1e-6, x.dtype)) * self.gain


@tf.keras.utils.register_keras_serializable("differential")
class Positions(L.Layer):
    """Learned positions, added to the first tokens of a row."""

    def build(self, shape):
        self.table = self.add_weight("positions", [32, shape[-1]], initializer=normal(.3))
        self.supports_masking = True

    def call(self, x):
        return x + self.table[: tf.shape(x)[1]]

    def compute_mask(self, x, mask=None):
        return mask


@tf.keras.utils.register_keras_serializable("differential")
class StochasticDepth(L.Layer):
    def __init__(self, rate=0.3, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate

    def call(self, x, training=None):
        if not training:
            return x
        shape = [tf.shape(x)[0]] + [1] * (len(x.shape) - 1)
        return x * tf.floor(1 - self.rate + tf.random.uniform(shape, dtype=x.dtype))

    def get_config(self):
        return {**super().get_config(), "rate": self.rate}


@tf.keras.utils.register_keras_serializable("differential")
class RandomMasking(L.Layer):
    def call(self, x, training=None):
        if not training:
            return x
        return tf.where(tf.random.normal(tf.shape(x), dtype=x.dtype) > 1.5, tf.zeros_like(x), x)


@tf.keras.utils.register_keras_serializable("differential")
class MaskedMean(L.Layer):
    """The mean over the tokens that count, by the mask of Keras or by an input."""

    def call(self, x, weights=None, mask=None):
        if weights is None:
            weights = tf.cast(mask, x.dtype) if mask is not None else tf.ones(tf.shape(x)[:2], x.dtype)
        weights = tf.cast(weights, x.dtype)[..., None]
        return tf.reduce_sum(x * weights, 1) / tf.maximum(tf.reduce_sum(weights, 1), tf.cast(1e-6, x.dtype))


@tf.keras.utils.register_keras_serializable("differential")
class EncoderBlock(L.Layer):
    """A transformer's block as the tutorials of Keras have it."""

    def __init__(self, heads=2, rate=0.1, activation="relu", **kwargs):
        super().__init__(**kwargs)
        self.heads, self.rate, self.activation = heads, rate, activation
        self.attention = L.MultiHeadAttention(heads, WIDTH // heads, kernel_initializer=normal(.4))
        self.grow, self.shrink = L.Dense(12, activation, kernel_initializer=normal(.4)), L.Dense(WIDTH, kernel_initializer=normal(.4))
        self.first, self.second = L.LayerNormalization(epsilon=1e-6), L.LayerNormalization(epsilon=1e-6)
        self.drop, self.drop_too = L.Dropout(rate), L.Dropout(rate)
        self.supports_masking = True

    def call(self, x, mask=None, training=None):
        attention = self.attention(x, x, attention_mask=None if mask is None else mask[:, None, :])
        x = self.first(x + self.drop(attention, training=training))
        return self.second(x + self.drop_too(self.shrink(self.grow(x)), training=training))

    def get_config(self):
        return {**super().get_config(), "heads": self.heads, "rate": self.rate, "activation": self.activation}


def normal(deviation):
    return tf.keras.initializers.RandomNormal(0, deviation)


def activation(name):
    return OTHER_ACTIVATIONS.get(name, name)


def regularizer(text):
    if text is None:
        return None
    kind, rate = text.split(":")
    kinds = {"l1": tf.keras.regularizers.L1, "l2": tf.keras.regularizers.L2, "orthogonal": tf.keras.regularizers.OrthogonalRegularizer}
    return tf.keras.regularizers.L1L2(float(rate), 2 * float(rate)) if kind == "l1_l2" else kinds[kind](float(rate))


def constraint(name):
    kinds = {
        "max_norm": lambda: tf.keras.constraints.MaxNorm(.9), "non_neg": tf.keras.constraints.NonNeg, "unit_norm": tf.keras.constraints.UnitNorm,
        "min_max_norm": lambda: tf.keras.constraints.MinMaxNorm(.4, .9, .8),
    }
    return kinds[name]() if name else None


# ---- the catalogue: how a layer is drawn, made and called ---------------------------------------------------------------------------------

def kernel(args):
    """What most layers with a kernel have in common."""
    return dict(
        kernel_initializer=normal(.4), activation=activation(args.get("activation", "linear")), use_bias=args.get("bias", True),
        kernel_regularizer=regularizer(args.get("regularizer")), bias_regularizer=regularizer(args.get("bias_regularizer")),
        activity_regularizer=regularizer(args.get("activity")), kernel_constraint=constraint(args.get("constraint")))


def draw_kernel(rng, constraints=True):
    args = {"activation": rng.choice(ACTIVATIONS + list(OTHER_ACTIVATIONS)) if rng.random() < .6 else "linear", "bias": rng.random() < .85}
    if rng.random() < .12:
        args["regularizer"] = rng.choice(["l1:0.01", "l2:0.02", "l1_l2:0.01"])
    if args["bias"] and rng.random() < .04:
        args["bias_regularizer"] = "l2:0.05"
    if rng.random() < .05:
        args["activity"] = rng.choice(["l1:0.01", "l2:0.02"])
    if constraints and rng.random() < .04:
        args["constraint"] = rng.choice(["max_norm", "non_neg", "unit_norm", "min_max_norm"])
    return args


def one(make):
    """A layer that is called with the tensor alone."""
    return lambda args: (make(args), lambda layer, x, extra: layer(x))


class Catalogue:
    """name -> ranks, draw(rng) -> args, make(args) -> (layers, apply(layers, x, extra) -> x); `fixed` ones need to know the length."""

    def __init__(self):
        self.entries = {}

    def add(self, name, ranks, draw, make, weight=1.0, fixed=False, keeps_length=True):
        self.entries[name] = (ranks, draw, make, weight, fixed, keeps_length)

    def choose(self, rng, rank, fixed):
        names = [n for n, e in self.entries.items() if rank in e[0] and (fixed or not e[4])]
        return rng.choices(names, [self.entries[n][3] for n in names])[0]


CATALOGUE = Catalogue()
nothing = lambda rng: {}


def residual(name, make):
    """x merged with what a dense layer makes of it."""

    def made(args):
        return [L.Dense(WIDTH, kernel_initializer=normal(.4)), make(args)], lambda layers, x, extra: layers[1]([x, layers[0](x)])

    CATALOGUE.add(name, (2, 3), nothing, made, .5)


def attend(args):
    layer = L.MultiHeadAttention(
        args["heads"], args["key"], value_dim=args["value"], use_bias=args["bias"], dropout=args["dropout"], kernel_initializer=normal(.4),
        kernel_regularizer=regularizer(args.get("regularizer")))

    def apply(layer, x, extra):
        mask = extra.get("mask")
        if mask is not None and args["masked"]:
            return layer(x, x, attention_mask=tf.cast(mask, tf.bool)[:, None, :] if args["masked"] == "rows" else mask[:, None, :])
        return layer(x, x, use_causal_mask=True) if args["causal"] else layer(x, x)

    return layer, apply


CATALOGUE.add("MultiHeadAttention", (3,), lambda rng: {
    "heads": rng.choice([1, 2, 4]), "key": rng.choice([2, 3, 4]), "value": rng.choice([None, None, 5]), "bias": rng.random() < .8, "causal": rng.random() < .15,
    "dropout": rng.choice([0, .2]), "masked": rng.choice([None, "rows", "ints"]), "regularizer": rng.choice([None] * 9 + ["l2:0.02"])}, attend, 4)
CATALOGUE.add("EncoderBlock", (3,), lambda rng: {"heads": rng.choice([1, 2, 4]), "rate": rng.choice([0, .1]), "activation": rng.choice(["relu", "gelu", "swish"])},
              one(lambda a: EncoderBlock(a["heads"], a["rate"], a["activation"])), 2.5)
CATALOGUE.add("Attention", (3,), lambda rng: {"scale": rng.random() < .5, "mode": rng.choice(["dot", "dot", "concat"]), "dropout": rng.choice([0, .2])},
              lambda a: (L.Attention(use_scale=a["scale"], score_mode=a["mode"], dropout=a["dropout"]), lambda layer, x, extra: layer([x, x])), 1.5)
CATALOGUE.add("AdditiveAttention", (3,), lambda rng: {"scale": rng.random() < .5, "dropout": rng.choice([0, .2])},
              lambda a: (L.AdditiveAttention(use_scale=a["scale"], dropout=a["dropout"]), lambda layer, x, extra: layer([x, x])), 1)
CATALOGUE.add("LayerNormalization", (2, 3), lambda rng: {"epsilon": rng.choice([1e-3, 1e-6, 1e-12]), "center": rng.random() < .85, "scale": rng.random() < .85},
              one(lambda a: L.LayerNormalization(epsilon=a["epsilon"], center=a["center"], scale=a["scale"])), 3)
CATALOGUE.add("LayerNormalizationTwoAxes", (3,), lambda rng: {"axis": rng.choice([[1, 2], [2, 1], [1]]), "epsilon": rng.choice([1e-3, 1e-5])},
              one(lambda a: L.LayerNormalization(axis=a["axis"], epsilon=a["epsilon"])), 1, fixed=True)
CATALOGUE.add("BatchNormalization", (2, 3), lambda rng: {
    "momentum": rng.choice([.99, .5]), "center": rng.random() < .85, "scale": rng.random() < .85, "frozen": rng.random() < .2, "regularizer": rng.choice([None] * 6 + ["l2:0.02"])},
    lambda a: (frozen(L.BatchNormalization(momentum=a["momentum"], center=a["center"], scale=a["scale"], gamma_regularizer=regularizer(a["regularizer"])), a),
               lambda layer, x, extra: layer(x)), 2)
CATALOGUE.add("UnitNormalization", (2, 3), lambda rng: {"axis": -1}, one(lambda a: L.UnitNormalization(axis=a["axis"])), .7)
CATALOGUE.add("RmsNorm", (2, 3), nothing, one(lambda a: RmsNorm()), .7)
CATALOGUE.add("Positions", (3,), nothing, one(lambda a: Positions()), 1)
CATALOGUE.add("Dense", (2, 3), lambda rng: {**draw_kernel(rng), "frozen": rng.random() < .1},
              lambda a: (frozen(L.Dense(WIDTH, **kernel(a)), a), lambda layer, x, extra: layer(x)), 5)
CATALOGUE.add("DenseOrthogonal", (2, 3), nothing, one(lambda a: L.Dense(WIDTH, kernel_regularizer=regularizer("orthogonal:0.01"))), .3)
CATALOGUE.add("EinsumDense", (3,), lambda rng: {"activation": rng.choice(ACTIVATIONS), "kind": rng.choice(["last", "tokens_kept"])},
              one(lambda a: L.EinsumDense("...x,xy->...y" if a["kind"] == "last" else "abc,cd->abd", output_shape=[WIDTH] if a["kind"] == "last" else [None, WIDTH], bias_axes="y" if a["kind"] == "last" else "d",
                                          activation=a["activation"], kernel_initializer=normal(.4))), 1)
CATALOGUE.add("Conv1D", (3,), lambda rng: {**draw_kernel(rng), "size": rng.choice([1, 2, 3]), "padding": rng.choice(["same", "causal", "valid"]), "dilation": rng.choice([1, 1, 2]), "groups": rng.choice([1, 1, 2, 4])},
              one(lambda a: L.Conv1D(WIDTH, a["size"], padding=a["padding"] if a["padding"] != "valid" or a["size"] == 1 else "same", dilation_rate=a["dilation"], groups=a["groups"], **kernel(a))), 2)
CATALOGUE.add("Conv1DShorter", (3,), lambda rng: {**draw_kernel(rng), "size": rng.choice([2, 3]), "strides": rng.choice([1, 2])},
              one(lambda a: L.Conv1D(WIDTH, a["size"], strides=a["strides"], padding="valid", **kernel(a))), .7, keeps_length=False)
CATALOGUE.add("SeparableConv1D", (3,), lambda rng: {"size": rng.choice([2, 3]), "activation": rng.choice(ACTIVATIONS), "multiplier": rng.choice([1, 2])},
              one(lambda a: L.SeparableConv1D(WIDTH, a["size"], padding="same", depth_multiplier=a["multiplier"], activation=a["activation"], depthwise_initializer=normal(.4), pointwise_initializer=normal(.4))), .8)
CATALOGUE.add("DepthwiseConv1D", (3,), lambda rng: {"size": rng.choice([2, 3]), "activation": rng.choice(ACTIVATIONS)},
              one(lambda a: L.DepthwiseConv1D(a["size"], padding="same", activation=a["activation"], depthwise_initializer=normal(.4))), .8)
CATALOGUE.add("Conv1DTranspose", (3,), lambda rng: {"strides": rng.choice([1, 2])}, one(lambda a: L.Conv1DTranspose(WIDTH, 3, strides=a["strides"], padding="same", kernel_initializer=normal(.4))), .3, keeps_length=False)
CATALOGUE.add("LocallyConnected1D", (3,), nothing, one(lambda a: L.LocallyConnected1D(WIDTH, 2, implementation=1, kernel_initializer=normal(.4))), .15, fixed=True, keeps_length=False)
for _name, _layer in (("MaxPooling1D", L.MaxPooling1D), ("AveragePooling1D", L.AveragePooling1D)):
    CATALOGUE.add(_name, (3,), lambda rng: {"size": rng.choice([2, 3]), "strides": rng.choice([1, None]), "padding": rng.choice(["same", "valid"])},
                  one(lambda a, layer=_layer: layer(a["size"], strides=a["strides"], padding=a["padding"])), .6, keeps_length=False)
CATALOGUE.add("Masking", (3,), lambda rng: {"value": rng.choice([0.0, -1.0])}, one(lambda a: L.Masking(a["value"])), .6)
CATALOGUE.add("Dropout", (2, 3), lambda rng: {"rate": rng.choice([0, .1, .5]), "rows": rng.random() < .1},
              one(lambda a: L.Dropout(a["rate"], noise_shape=None)), 4)
CATALOGUE.add("DropoutSharedOverTokens", (3,), lambda rng: {"rate": .3}, one(lambda a: L.Dropout(a["rate"], noise_shape=(None, 1, WIDTH))), .4)
CATALOGUE.add("SpatialDropout1D", (3,), lambda rng: {"rate": rng.choice([0, .2])}, one(lambda a: L.SpatialDropout1D(a["rate"])), 1)
CATALOGUE.add("GaussianNoise", (2, 3), nothing, one(lambda a: L.GaussianNoise(.1)), .3)
CATALOGUE.add("GaussianDropout", (2, 3), nothing, one(lambda a: L.GaussianDropout(.1)), .3)
CATALOGUE.add("AlphaDropout", (2, 3), nothing, one(lambda a: L.AlphaDropout(.1)), .3)
CATALOGUE.add("StochasticDepth", (2, 3), nothing, one(lambda a: StochasticDepth()), .2)
CATALOGUE.add("RandomMasking", (2, 3), nothing, one(lambda a: RandomMasking()), .2)
CATALOGUE.add("Activation", (2, 3), lambda rng: {"activation": rng.choice(ACTIVATIONS + list(OTHER_ACTIVATIONS))}, one(lambda a: L.Activation(activation(a["activation"]))), 2)
CATALOGUE.add("Softmax", (2, 3), lambda rng: {"axis": -1}, one(lambda a: L.Softmax(axis=a["axis"])), .5)
CATALOGUE.add("SoftmaxOverTokens", (3,), nothing, one(lambda a: L.Lambda(lambda x: x * tf.nn.softmax(x, axis=1))), .4)
CATALOGUE.add("ReLU", (2, 3), lambda rng: {"max": rng.choice([None, 1.0, 6.0]), "slope": rng.choice([0, .1]), "threshold": rng.choice([0, .2])},
              one(lambda a: L.ReLU(a["max"], a["slope"], a["threshold"])), .7)
CATALOGUE.add("LeakyReLU", (2, 3), lambda rng: {"alpha": rng.choice([.01, .3])}, one(lambda a: L.LeakyReLU(a["alpha"])), .7)
CATALOGUE.add("PReLU", (3,), nothing, one(lambda a: L.PReLU(shared_axes=[1], alpha_initializer=normal(.3))), .7)
CATALOGUE.add("PReLUOfRows", (2,), lambda rng: {"regularizer": rng.choice([None, None, "l2:0.1"])}, one(lambda a: L.PReLU(alpha_initializer=normal(.3), alpha_regularizer=regularizer(a["regularizer"]))), .7)
CATALOGUE.add("ELU", (2, 3), lambda rng: {"alpha": rng.choice([1.0, .5])}, one(lambda a: L.ELU(a["alpha"])), .6)
CATALOGUE.add("ThresholdedReLU", (2, 3), nothing, one(lambda a: L.ThresholdedReLU(.1)), .4)
CATALOGUE.add("ActivityRegularization", (2, 3), lambda rng: {"l1": rng.choice([0, .01]), "l2": rng.choice([.01, .02])}, one(lambda a: L.ActivityRegularization(a["l1"], a["l2"])), .6)
CATALOGUE.add("AddedLoss", (2, 3), lambda rng: {"kind": rng.choice(["square", "abs", "training"])}, one(lambda a: AddedLoss(.1, a["kind"])), .6)
CATALOGUE.add("ScaledInTraining", (2, 3), nothing, one(lambda a: ScaledInTraining()), .3)
CATALOGUE.add("Lambda", (2, 3), lambda rng: {"kind": rng.choice(["double", "normalize", "clip", "centre", "square", "cumsum", "roll", "flip"])}, one(lambda a: L.Lambda(LAMBDAS[a["kind"]])), 1)
CATALOGUE.add("TimeDistributed", (3,), lambda rng: {"activation": rng.choice(ACTIVATIONS)}, one(lambda a: L.TimeDistributed(L.Dense(WIDTH, a["activation"], kernel_initializer=normal(.4)))), .7)
CATALOGUE.add("ZeroPadding1D", (3,), nothing, one(lambda a: L.ZeroPadding1D((1, 2))), .3, keeps_length=False)
CATALOGUE.add("Cropping1D", (3,), nothing, one(lambda a: L.Cropping1D((1, 1))), .3, keeps_length=False)
CATALOGUE.add("UpSampling1D", (3,), nothing, one(lambda a: L.UpSampling1D(2)), .3, keeps_length=False)
CATALOGUE.add("Reshape", (2,), nothing, lambda a: ([L.Reshape((2, WIDTH // 2)), L.Reshape((WIDTH,))], lambda layers, x, extra: layers[1](tf.keras.layers.Lambda(tf.nn.relu)(layers[0](x)) if False else layers[0](x))), .4)
CATALOGUE.add("ReshapeOfTokens", (3,), nothing, lambda a: ([L.Reshape((LENGTH, 2, WIDTH // 2)), L.Reshape((LENGTH, WIDTH))], lambda layers, x, extra: layers[1](layers[0](x))), .4, fixed=True)
CATALOGUE.add("Permute", (3,), nothing, lambda a: ([L.Permute((2, 1)), L.Dense(LENGTH, kernel_initializer=normal(.4)), L.Permute((2, 1))], lambda layers, x, extra: layers[2](layers[1](layers[0](x)))), .5, fixed=True)
CATALOGUE.add("RepeatVector", (2,), lambda rng: {"n": 2}, lambda a: ([L.RepeatVector(2), L.Dense(WIDTH, "tanh", kernel_initializer=normal(.4)), L.GlobalAveragePooling1D()], lambda layers, x, extra: layers[2](layers[1](layers[0](x)))), .4)
CATALOGUE.add("Shared", (2, 3), lambda rng: {"activation": rng.choice(["relu", "tanh", "gelu"]), "regularizer": rng.choice([None, "l2:0.02"])},
              one_shared := (lambda a: (L.Dense(WIDTH, a["activation"], kernel_initializer=normal(.4), kernel_regularizer=regularizer(a["regularizer"])), lambda layer, x, extra: layer(layer(x)))), .8)
CATALOGUE.add("Nested", (2, 3), lambda rng: {"dropout": rng.choice([0, .2]), "norm": rng.choice([None, "batch", "layer"]), "regularizer": rng.choice([None, "l2:0.02"])}, one(lambda a: nested(a)), 1)
CATALOGUE.add("ResidualNorm", (2, 3), nothing, lambda a: ([L.Dense(WIDTH, "gelu", kernel_initializer=normal(.4)), L.Add(), L.LayerNormalization()], lambda layers, x, extra: layers[2](layers[1]([x, layers[0](x)]))), 1.5)
CATALOGUE.add("GatedLinear", (2, 3), nothing, lambda a: ([L.Dense(WIDTH, "sigmoid", kernel_initializer=normal(.4)), L.Dense(WIDTH, kernel_initializer=normal(.4)), L.Multiply()], lambda layers, x, extra: layers[2]([layers[0](x), layers[1](x)])), .8)
CATALOGUE.add("ConcatenateDense", (2, 3), nothing, lambda a: ([L.Concatenate(), L.Dense(WIDTH, kernel_initializer=normal(.4))], lambda layers, x, extra: layers[1](layers[0]([x, x]))), .6)
CATALOGUE.add("DotAttention", (3,), lambda rng: {"normalize": rng.random() < .4},
              lambda a: ([L.Dot((2, 2), normalize=a["normalize"]), L.Softmax(), L.Dot((2, 1))], lambda layers, x, extra: layers[2]([layers[1](layers[0]([x, x])), x])), .6)
CATALOGUE.add("LSTM", (3,), lambda rng: {"kind": rng.choice(["LSTM", "GRU", "SimpleRNN", "Bidirectional"])},
              one(lambda a: L.Bidirectional(L.LSTM(WIDTH // 2, return_sequences=True)) if a["kind"] == "Bidirectional" else getattr(L, a["kind"])(WIDTH, return_sequences=True)), .12)
for _name, _make in (("Add", L.Add), ("Multiply", L.Multiply), ("Average", L.Average), ("Maximum", L.Maximum), ("Minimum", L.Minimum), ("Subtract", L.Subtract)):
    residual(_name, lambda a, make=_make: make())

LAMBDAS = {
    "double": lambda x: x * 2, "normalize": lambda x: tf.math.l2_normalize(x, -1), "clip": lambda x: tf.clip_by_value(x, -.5, .5), "centre": lambda x: x - tf.reduce_mean(x, -1, keepdims=True),
    "square": tf.square, "cumsum": lambda x: tf.cumsum(x, -1), "roll": lambda x: tf.roll(x, 1, -1), "flip": lambda x: tf.reverse(x, [-1]),
}


def frozen(layer, args):
    layer.trainable = not args.get("frozen", False)
    return layer


def nested(args):
    """A model within the model."""
    layers = [L.Dense(WIDTH, "tanh", kernel_initializer=normal(.4), kernel_regularizer=regularizer(args["regularizer"]))]
    if args["norm"]:
        layers.append(L.BatchNormalization(momentum=.5) if args["norm"] == "batch" else L.LayerNormalization())
    return tf.keras.Sequential(layers + [L.Dropout(args["dropout"])])


POOLS = {
    "average": lambda: L.GlobalAveragePooling1D(), "max": lambda: L.GlobalMaxPooling1D(), "first": lambda: L.Lambda(lambda x: x[:, 0]), "last": lambda: L.Lambda(lambda x: x[:, -1]),
    "masked": lambda: MaskedMean(), "flatten": lambda: L.Flatten(),
}


# ---- drawing -----------------------------------------------------------------------------------------------------------------------------

def draw(rng):
    kind = rng.choices(["keras", "tf1", "transformers"], [.87, .1, .03])[0]
    return {"keras": draw_keras, "tf1": draw_tf1, "transformers": draw_transformers}[kind](rng)


def draw_keras(rng):
    fixed = rng.random() < .35
    api = rng.choices(["functional", "sequential", "subclassed"], [.55, .15, .3])[0]
    inputs = rng.choices(["ids", "ids+mask", "ids+types", "pair", "ids+features", "string", "text", "int64"], [.5, .14, .08, .06, .06, .04, .04, .08])[0]
    if api == "sequential" and inputs not in ("ids", "int64", "text"):
        inputs = "ids"
    blocks, rank, keeps = [], 3, True
    tokens = rng.random() < .15 and inputs not in ("string", "text")
    for _ in range(rng.choice([0, 1, 1, 2, 2, 3])):
        blocks.append(block(rng, 3, fixed and keeps, tokens))
        keeps &= CATALOGUE.entries[blocks[-1]["layer"]][5]
    pool = None if tokens else rng.choices(["average", "max", "first", "last", "masked", "flatten"], [4, 2, 2, .5, 2, 1 if fixed else 0])[0]
    after = [] if tokens else [block(rng, 2, False, False) for _ in range(rng.choice([0, 0, 1, 1, 2]))]
    policy = rng.choices(["float32", "mixed_float16", "mixed_bfloat16", "float64"], [.86, .06, .05, .03])[0]
    return {
        "kind": "keras", "api": api, "inputs": inputs, "fixed": fixed, "mask_zero": rng.random() < .45, "dict_inputs": rng.random() < .3,
        "embeddings_regularizer": rng.choice([None] * 11 + ["l2:0.01"]), "blocks": blocks, "pool": pool, "after": after, "tokens": tokens,
        "head": {"activation": rng.choices([None, "softmax", "sigmoid"], [.85, .12, 0 if tokens else .03])[0], "half": rng.random() < .3, "regularizer": rng.choice([None] * 8 + ["l2:0.03"])},
        "second_output": rng.random() < .08 and api != "sequential", "added": rng.choice([None] * 14 + ["tensor", "callable"]), "policy": policy,
        "save": rng.choices(["model.save", "saved_model.save", "twice", "signature"], [.7, .15, .05, .1])[0], "training_argument": rng.random() < .85,
        "accumulate": rng.random() < .08, "compiled": rng.random() < .2, "seed": rng.randrange(1 << 30),
    }


def block(rng, rank, fixed, same_length):
    while True:
        name = CATALOGUE.choose(rng, rank, fixed)
        if CATALOGUE.entries[name][5] or not same_length:
            return {"layer": name, "args": CATALOGUE.entries[name][1](rng)}


def draw_tf1(rng):
    return {
        "kind": "tf1", "switch": rng.choice([None, "training", "is_training", "keras_learning_phase", "phase_train"]), "norm": rng.choice([None, "batch", "fused", "keras", "layer"]),
        "dropout": rng.choice([None, "layer", "keep_prob", "cond"]), "resource": rng.random() < .5, "control": rng.random() < .2, "regularized": rng.choice([None, "collection", "layer", "added"]),
        "default": rng.random() < .15, "cond": rng.random() < .15, "tokens": rng.random() < .1, "v2_control": rng.random() < .5, "seed": rng.randrange(1 << 30)}


def draw_transformers(rng):
    return {"kind": "transformers", "family": rng.choice(["Bert", "DistilBert", "Roberta", "Electra", "Albert"]), "layers": rng.choice([1, 2]), "dropout": rng.choice([0, .1]), "seed": rng.randrange(1 << 30)}


# ---- building Keras models -------------------------------------------------------------------------------------------------------------------

class Parts:
    """Layers of a recipe, made once, and how they are called one after the other."""

    def __init__(self, recipe):
        self.recipe = recipe
        self.inputs = recipe["inputs"]
        self.layers = {}
        if self.inputs == "string":
            self.layers["lookup"] = L.StringLookup(vocabulary=WORDS)
        if self.inputs == "text":
            self.layers["vectorize"] = L.TextVectorization(vocabulary=WORDS, output_sequence_length=LENGTH, output_mode="int")
        masks = recipe["mask_zero"]
        self.layers["embed"] = L.Embedding(VOCABULARY, WIDTH, embeddings_initializer=normal(.7), mask_zero=masks, embeddings_regularizer=regularizer(recipe["embeddings_regularizer"]), name="embed")
        if self.inputs == "ids+types":
            self.layers["types"] = L.Embedding(2, WIDTH, embeddings_initializer=normal(.7), name="types")
        if self.inputs == "ids+features":
            self.layers["features"] = L.Dense(WIDTH, "relu", kernel_initializer=normal(.4), name="features_dense")
        self.applies = []
        for number, item in enumerate(recipe["blocks"] + [None] + recipe["after"]):
            if item is None:
                self.applies.append("pool")
                continue
            layers, apply = CATALOGUE.entries[item["layer"]][2](item["args"])
            name = f"block_{number}"
            self.layers[name] = layers
            self.applies.append((name, apply))
        if recipe["pool"]:
            self.layers["pool"] = POOLS[recipe["pool"]]()
        head = recipe["head"]
        half = head["half"] and recipe["policy"].startswith("mixed")
        self.layers["head"] = L.Dense(1 if head["activation"] == "sigmoid" else CLASSES, head["activation"], kernel_initializer=normal(.5), kernel_regularizer=regularizer(head["regularizer"]),
                                      dtype=None if half else ("float32" if recipe["policy"].startswith("mixed") else None), name="logits")
        if recipe["second_output"]:
            self.layers["second"] = L.Dense(CLASSES, kernel_initializer=normal(.5), name="another")

    def all(self):
        for layers in self.layers.values():
            yield from layers if isinstance(layers, list) else [layers]

    def run(self, x):
        """The whole way from the inputs, by name, to the outputs."""
        ids = x.get("input_ids", x.get("text"))
        if self.inputs == "string":
            ids = self.layers["lookup"](ids)
        if self.inputs == "text":
            ids = self.layers["vectorize"](ids)
        h = self.layers["embed"](ids)
        if self.inputs == "ids+types":
            h = h + self.layers["types"](x["token_type_ids"])
        extra = {"mask": x.get("attention_mask")}
        for apply in self.applies:
            if apply != "pool":
                h = apply[1](self.layers[apply[0]], h, extra)
                continue
            if self.recipe["pool"] is None:
                continue
            if self.recipe["pool"] == "masked" and extra["mask"] is not None:
                h = self.layers["pool"](h, extra["mask"])
            else:
                h = self.layers["pool"](h)
            if self.recipe["pool"] == "flatten":
                continue
            if self.inputs == "pair":
                other = tf.reduce_mean(self.layers["embed"](x["other_ids"]), 1)
                h = h - tf.cast(other, h.dtype)
            if self.inputs == "ids+features":
                h = h + self.layers["features"](x["features"])
        outputs = {"logits": self.layers["head"](h)}
        if self.recipe["second_output"]:
            outputs["another"] = self.layers["second"](h)
        return outputs


def specs(recipe):
    """name -> (shape without the batch, dtype)"""
    length = LENGTH if recipe["fixed"] else None
    found = {
        "ids": {"input_ids": ((length,), tf.int32)}, "int64": {"input_ids": ((length,), tf.int64)}, "string": {"input_ids": ((length,), tf.string)}, "text": {"text": ((1,), tf.string)},
        "ids+mask": {"input_ids": ((length,), tf.int32), "attention_mask": ((length,), tf.int32)}, "ids+types": {"input_ids": ((length,), tf.int32), "token_type_ids": ((length,), tf.int32)},
        "pair": {"input_ids": ((length,), tf.int32), "other_ids": ((length,), tf.int32)}, "ids+features": {"input_ids": ((length,), tf.int32), "features": ((5,), tf.float32)}}
    if recipe["inputs"] == "string":
        return {"input_ids": ((), tf.string)}
    return found[recipe["inputs"]]


class Subclassed(tf.keras.Model):
    def __init__(self, parts, names):
        super().__init__()
        self.parts_of = parts.run
        self.kept = list(parts.all())
        self.names = names
        self.second = parts.recipe["second_output"]

    def call(self, inputs, training=False):
        x = inputs if isinstance(inputs, dict) else dict(zip(self.names, inputs if isinstance(inputs, (list, tuple)) else [inputs]))
        outputs = self.parts_of(x)
        return outputs if self.second else outputs["logits"]


class SubclassedWithout(Subclassed):
    """One whose author did not think of training."""

    def call(self, inputs):
        return super().call(inputs)


def build(recipe):
    tf.keras.backend.clear_session()
    tf.keras.utils.set_random_seed(recipe["seed"] % 100000)
    tf.keras.mixed_precision.set_global_policy("float32" if recipe["policy"] == "float64" else recipe["policy"])
    tf.keras.backend.set_floatx("float64" if recipe["policy"] == "float64" else "float32")
    if recipe["policy"] == "float64":
        tf.keras.mixed_precision.set_global_policy("float64")
    parts = Parts(recipe)
    wanted = specs(recipe)
    if recipe["api"] == "subclassed":
        model = (Subclassed if recipe["training_argument"] else SubclassedWithout)(parts, list(wanted))
    else:
        inputs = {name: tf.keras.Input(shape, dtype=dtype, name=name) for name, (shape, dtype) in wanted.items()}
        if recipe["api"] == "sequential" and all(not isinstance(layers, list) for layers in parts.layers.values()) and simple(recipe):
            order = [parts.layers[k] for k in ("vectorize", "embed") if k in parts.layers]
            order += [parts.layers["pool"] if a == "pool" else parts.layers[a[0]] for a in parts.applies if a != "pool" or "pool" in parts.layers]
            model = tf.keras.Sequential([list(inputs.values())[0]] + order + [parts.layers["head"]])
        else:
            outputs = parts.run(inputs)
            outputs = list(outputs.values()) if recipe["second_output"] else outputs["logits"]
            model = tf.keras.Model(inputs if recipe["dict_inputs"] else list(inputs.values()), outputs)
            if recipe["added"] == "tensor":
                model.add_loss(.05 * tf.reduce_mean(tf.square(tf.cast(model.outputs[0], tf.float32))))
    if recipe["added"] == "callable":
        variable = parts.layers["head"]
        model.add_loss(lambda: .02 * tf.reduce_sum(tf.abs(variable.kernel)))
    return model, parts


def simple(recipe):
    """Blocks that a Sequential model can hold."""
    return all(item["layer"] not in ("MultiHeadAttention", "Attention", "AdditiveAttention", "Shared") for item in recipe["blocks"] + recipe["after"]) and not recipe["added"]


def call(model, recipe, x, training):
    if recipe["api"] == "sequential" and isinstance(model, tf.keras.Sequential):
        inputs = list(x.values())[0]
    elif recipe["api"] == "subclassed":
        inputs = x if takes_dictionary(recipe) else (list(x.values()) if len(x) > 1 else list(x.values())[0])
    else:
        inputs = x if recipe["dict_inputs"] else (list(x.values()) if len(x) > 1 else list(x.values())[0])
    outputs = model(inputs, training=training)  # as fit does, also where the model's own call takes no such argument
    if isinstance(outputs, dict):
        return outputs["logits"]
    return outputs[0] if recipe["second_output"] else outputs


# ---- data ------------------------------------------------------------------------------------------------------------------------------------

def batch(rng, recipe, names, rows=BATCH):
    feats = {}
    lengths = [LENGTH - (r % 3) * rng.randint(0, 2) for r in range(rows)]
    for name in names:
        if name in ("input_ids", "other_ids") and recipe.get("inputs") != "string":
            ids = rng.randint(1, VOCABULARY, (rows, LENGTH))
            for r, n in enumerate(lengths):
                ids[r, n:] = 0
            feats[name] = ids.astype("int64" if recipe.get("inputs") == "int64" else "int32")
        elif name == "input_ids":
            feats[name] = np.array([rng.choice(WORDS + ["zz"]) for _ in range(rows)], object)
        elif name == "text":
            feats[name] = np.array([[" ".join(rng.choice(WORDS + ["zz"], rng.randint(1, LENGTH + 3)))] for _ in range(rows)], object)
        elif name == "attention_mask":
            feats[name] = np.array([[1] * n + [0] * (LENGTH - n) for n in lengths], "int32")
        elif name == "token_type_ids":
            feats[name] = (np.arange(LENGTH)[None] >= rng.randint(1, LENGTH, (rows, 1))).astype("int32")
        else:
            feats[name] = rng.normal(0, 1, (rows, 5)).astype("float32")
    labels = rng.randint(0, CLASSES, (rows, LENGTH) if recipe.get("tokens") else (rows,))
    if recipe.get("head", {}).get("activation") == "sigmoid":
        labels = labels % 2
    return feats, labels


def write_rows(path, batches, labelled, tokens):
    with open(path, "w") as out:
        for feats, labels in batches:
            for r in range(len(labels)):
                row = {k: (v[r].tolist() if hasattr(v[r], "tolist") else v[r]) for k, v in feats.items()}
                row = {k: v[0] if isinstance(v, list) and len(v) == 1 and isinstance(v[0], str) else v for k, v in row.items()}
                if labelled:
                    row["labels" if tokens else "label"] = np.asarray(labels[r]).tolist()
                out.write(json.dumps(row) + "\n")


def tensors(feats):
    return {k: tf.constant(v.tolist()) if v.dtype == object else tf.constant(v) for k, v in feats.items()}


# ---- what Keras computes -------------------------------------------------------------------------------------------------------------------------

def without_dropout(model):
    """Dropout layers, also those within layers, drop nothing from now on."""
    for layer in model._flatten_layers():
        if isinstance(layer, L.Dropout):
            layer.rate = 0
        if isinstance(layer, L.Attention) or isinstance(layer, L.AdditiveAttention):
            layer.dropout = 0


def cross_entropy(logits, labels, recipe):
    logits = tf.cast(logits, tf.float32)
    kind = recipe.get("head", {}).get("activation")
    if kind == "softmax":  # Belay finds the logits behind it
        logits = tf.math.log(tf.maximum(logits, 1e-37))
    if kind == "sigmoid":
        p = tf.reshape(logits, [-1]) * (1 - recipe.get("last_bit", 0))  # near 1 the loss hangs on it; Belay finds the logits here, too
        return -tf.reduce_mean(tf.where(tf.constant(labels) == 1, tf.math.log(p), tf.math.log1p(-p)))
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(tf.constant(labels), logits))


class Adam:
    """TF's ApplyAdam on gradients that are clipped to a norm of 1."""

    def __init__(self, count):
        self.m, self.v, self.t = [0.0] * count, [0.0] * count, 0

    def step(self, values, gradients):
        """New values, and the norm before the clip."""
        norm = math.sqrt(sum(float((g ** 2).sum()) for g in gradients if g is not None))
        scale, self.t, new = (min(1, 1 / norm) if norm else 1), self.t + 1, []
        for i, (value, g) in enumerate(zip(values, gradients)):
            if g is None:
                new.append(value)
                continue
            g = g * scale
            self.m[i], self.v[i] = .9 * self.m[i] + .1 * g, .999 * self.v[i] + .001 * g * g
            new.append(value - 1e-3 * math.sqrt(1 - .999 ** self.t) / (1 - .9 ** self.t) * self.m[i] / (np.sqrt(self.v[i]) + 1e-8))
        return new, norm


def train(forward, variables, batches, recipe, losses):
    """Loss and norm of each step; each batch may be several parts of an update."""
    adam, steps = Adam(len(variables)), []
    for parts in batches:
        feats = {k: np.concatenate([f[k] for f, _ in parts]) for k in parts[0][0]}
        labels = np.concatenate([y for _, y in parts])
        with tf.GradientTape() as tape:
            whole = cross_entropy(forward(tensors(feats)), labels, recipe) + sum(tf.cast(l, tf.float32) for l in losses())
        gradients = [None if g is None else tf.convert_to_tensor(g).numpy().astype("float64") for g in tape.gradient(whole, variables)]
        new, norm = adam.step([v.numpy().astype("float64") for v in variables], gradients)
        for variable, value in zip(variables, new):
            variable.assign(value.astype(variable.dtype.as_numpy_dtype if hasattr(variable.dtype, "as_numpy_dtype") else "float32"))
            if recipe.get("save") != "saved_model.save" and getattr(variable, "constraint", None) is not None:
                variable.assign(variable.constraint(variable))
        steps.append({"loss": float(whole), "grad_norm": norm})
    return steps


TRAIN = ["--optimizer", "adam", "--lr-scheduler", "constant", "--learning-rate", "1e-3", "--max-grad-norm", "1", "--shuffle", "off", "--report", "none", "--max-steps", str(STEPS)]


def tolerance(recipe):
    return {"mixed_float16": 2e-2, "mixed_bfloat16": 8e-2}.get(recipe.get("policy"), 1e-4)


def make(recipe, folder):
    return {"keras": make_keras, "tf1": make_tf1, "transformers": make_transformers}[recipe["kind"]](recipe, folder)


def make_keras(recipe, folder):
    model, parts = build(recipe)
    rng = np.random.RandomState(recipe["seed"] % 10007)
    names = list(specs(recipe))
    batches = [batch(rng, recipe, names) for _ in range(STEPS)]
    x = tensors(batches[0][0])
    call(model, recipe, x, False)
    logits = shown(call(model, recipe, x, False), recipe)
    if not np.isfinite(logits).all():
        raise ValueError("not finite")
    if recipe["compiled"] and not recipe["second_output"]:
        model.compile("adam", "sparse_categorical_crossentropy")
    save(model, recipe, folder / "model", x)
    write_rows(folder / "train.jsonl", batches, True, recipe["tokens"])
    write_rows(folder / "predict.jsonl", batches[:1], False, recipe["tokens"])
    taken = signature_names(folder / "model", names, recipe)
    chosen = ["--output", "logits"] if recipe["second_output"] else []
    if taken != names:
        chosen += ["--inputs", ",".join(f"{name}={input}" for name, input in zip(names, taken))]
    runs = [{"arguments": ["predict", "--model", "@/model", "--file", "@/predict.jsonl"] + chosen, "expect": predicted(logits, recipe)}]
    noise = [item["layer"] for item in recipe["blocks"] + recipe["after"] if item["layer"] in NOISE]
    arguments = ["train", "--model", "@/model", "--train-file", "@/train.jsonl", "--train-batch-size", str(BATCH), "--output-dir", "@/run"] + TRAIN + chosen
    if noise:
        runs.append({"arguments": arguments + ["--dropout", "off"], "expect": {"refused": True}})
        runs.append({"arguments": arguments + ["--dropout", "on"], "expect": {}})
        return {"runs": runs}
    accumulates = recipe["accumulate"] and not uses_batch_statistics(recipe)
    if accumulates:
        arguments[arguments.index("--train-batch-size") + 1] = "3"
        arguments += ["--gradient-accumulation-steps", "2"]
    without_dropout(model)
    evaluated = evaluation(model, recipe, batches[0])
    runs.append({"arguments": ["evaluate", "--json", "--model", "@/model", "--file", "@/labelled.jsonl"] + chosen, "expect": {"metrics": {"loss": evaluated}, "tolerance": tolerance(recipe)}})
    write_rows(folder / "labelled.jsonl", batches[:1], True, recipe["tokens"])
    grouped = [[b] for b in batches]
    if accumulates:
        rows = [({k: v[r:r + 1] for k, v in f.items()}, y[r:r + 1]) for f, y in batches for r in range(BATCH)]
        grouped = [rows[:6], rows[6:12]]
        arguments[arguments.index("--max-steps") + 1] = "2"
    steps, after = repeatable_steps(model, recipe, grouped, x)
    runs.append({"arguments": arguments + ["--dropout", "off"], "expect": {"steps": steps, "tolerance": tolerance(recipe)} if steps else {}})
    if after is None:
        return {"runs": runs}
    return {"runs": runs, "keep": {"after": after.tolist(), "inputs": {t: batches[0][0][k].tolist() for k, t in zip(names, taken)}, "tolerance": 3 * tolerance(recipe)}}


def repeatable_steps(model, recipe, grouped, x):
    """Steps and logits after them, each None where float32 does not decide them: the last bit of the weights moves them."""
    def steps(recipe):
        made = train(lambda x: call(model, recipe, x, True), model.trainable_variables, grouped, recipe, lambda: model.losses)
        return made, shown(call(model, recipe, x, False), recipe)

    before = [(weight, weight.numpy()) for weight in model.variables]
    rng = np.random.RandomState(recipe["seed"] % 9973)
    for weight, value in before:
        if weight.dtype.is_floating:
            weight.assign(value * (1 + 6e-8 * rng.randint(-1, 2, value.shape)).astype(value.dtype))
    others, changed = steps(dict(recipe, last_bit=6e-8))
    for weight, value in before:
        weight.assign(value)
    found, after = steps(recipe)
    decided = np.allclose(after, changed, rtol=tolerance(recipe), atol=tolerance(recipe))
    return found if grammar.are_near(found, others, tolerance(recipe) / 2) else None, after if decided else None


def uses_batch_statistics(recipe):
    """Such a layer sees the parts of an update, of which none is the whole."""
    return any(item["layer"] == "BatchNormalization" or item["args"].get("norm") == "batch" for item in recipe["blocks"] + recipe["after"])


def evaluation(model, recipe, data):
    logits = call(model, recipe, tensors(data[0]), False)
    return float(cross_entropy(logits, data[1], recipe) + sum(tf.cast(l, tf.float32) for l in model.losses))


def shown(outputs, recipe):
    return tf.cast(outputs, tf.float32).numpy()


def predicted(outputs, recipe):
    """What predict prints: logits, or of a model that ends in probabilities the likeliest class, since only logits behind them are shown."""
    kind = recipe.get("head", {}).get("activation")
    if kind is None or recipe["tokens"]:
        return {"logits": outputs.tolist(), "tolerance": tolerance(recipe)} if kind is None else {}
    if kind == "sigmoid":
        outputs = np.concatenate([1 - outputs, outputs], -1)
    return {"lines": [{"label": str(row.argmax()), "score": float(row.max())} for row in outputs], "tolerance": tolerance(recipe)}


def signature_names(path, names, recipe):
    """What the signature calls the inputs: Keras has no names for those of a list."""
    saved = saved_model_pb2.SavedModel()
    saved.ParseFromString((path / "saved_model.pb").read_bytes())
    taken = list(saved.meta_graphs[0].signature_def["serving_default"].inputs)
    if set(taken) == set(names):
        return names
    numbered = sorted(taken, key=lambda name: [int(part) if part.isdigit() else part for part in name.split("_")])
    of_name = dict(zip(sorted(names) if takes_dictionary(recipe) else names, numbered))  # a dictionary goes by its sorted keys
    return [of_name[name] for name in names]


def takes_dictionary(recipe):
    """Whether the model is called with its inputs by name."""
    return recipe["dict_inputs"] or recipe["api"] == "subclassed" and len(specs(recipe)) > 1 and recipe["seed"] % 2 == 1


def save(model, recipe, path, x):
    if recipe["save"] == "saved_model.save":
        tf.saved_model.save(model, str(path))
    elif recipe["save"] == "signature":
        signature = {name: tf.TensorSpec([None, *shape], dtype, name=name) for name, (shape, dtype) in specs(recipe).items()}

        @tf.function(input_signature=[signature])
        def serve(inputs):
            return {"logits": call(model, recipe, inputs, False)}

        model.save(str(path), signatures={"serving_default": serve})
    else:
        model.save(str(path))
        if recipe["save"] == "twice":
            again = tf.keras.models.load_model(str(path))
            if not np.allclose(call(again, recipe, x, False), call(model, recipe, x, False), atol=1e-5):
                return  # Keras itself gives another model back, as from a Lambda whose names it does not find
            again.save(str(path) + "_again")
            import shutil
            shutil.rmtree(path)
            shutil.move(str(path) + "_again", path)


# ---- TF1 -----------------------------------------------------------------------------------------------------------------------------------------

def tf1_variable(name, shape, recipe, collected):
    variable = v1.get_variable(name, shape, initializer=v1.random_normal_initializer(0, .6, seed=recipe["seed"] % 997), use_resource=recipe["resource"],
                               regularizer=tf.keras.regularizers.L2(.02) if recipe["regularized"] == "layer" and "/w" in name else None)
    if recipe["regularized"] == "collection" and "/w" in name:
        loss = .03 * tf.nn.l2_loss(variable)
        v1.add_to_collection(v1.GraphKeys.REGULARIZATION_LOSSES, loss)
        collected.append(loss)
    return variable


def tf1_dense(x, n, name, recipe, collected):
    with v1.variable_scope(name):
        pass
    return tf.tensordot(x, tf1_variable(name + "/w", [x.shape[-1], n], recipe, collected), 1) + tf1_variable(name + "/b", [n], recipe, collected)


def tf1_graph(recipe):
    """Inputs, logits, the switch or None, what is fed while training, and the losses that belong to it."""
    collected, name = [], recipe["switch"]
    ids = v1.placeholder(tf.int32, [None, None], "input_ids")
    mask = v1.placeholder(tf.int32, [None, None], "attention_mask")
    switch = v1.placeholder_with_default(recipe["default"] if name != "keras_learning_phase" else False, [], name) if name else None
    training = switch if switch is not None else False
    x = tf.nn.embedding_lookup(tf1_variable("table", [VOCABULARY, WIDTH], recipe, collected), ids)
    weights = tf.cast(mask, tf.float32)[..., None]
    if not recipe["tokens"]:
        x = tf.reduce_sum(x * weights, 1) / tf.maximum(tf.reduce_sum(weights, 1), 1e-6)
    x = tf1_dense(x, WIDTH, "a", recipe, collected)
    if recipe["norm"] in ("batch", "fused", "keras"):
        if recipe["norm"] == "batch":
            x = v1.layers.batch_normalization(x, training=training, momentum=.5, fused=False)
        elif recipe["norm"] == "fused" and not recipe["tokens"]:
            x = v1.layers.batch_normalization(x[:, None, None], training=training, momentum=.5, fused=True)[:, 0, 0]
        else:
            x = v1.layers.batch_normalization(x, training=training, momentum=.9, renorm=False)
    if recipe["norm"] == "layer":
        mean, variance = tf.nn.moments(x, [-1], keepdims=True)
        x = tf.nn.batch_normalization(x, mean, variance, None, None, 1e-6)
    x = tf.tanh(x)
    if recipe["control"]:
        with tf.control_dependencies(v1.get_collection(v1.GraphKeys.UPDATE_OPS)):
            x = tf.identity(x)
    if recipe["dropout"] == "layer" and switch is not None:
        x = v1.layers.dropout(x, .3, training=switch)
    if recipe["dropout"] == "keep_prob":
        x = v1.nn.dropout(x, keep_prob=v1.placeholder_with_default(1.0, [], "keep_prob"))
    if recipe["dropout"] == "cond" and switch is not None:
        x = tf.cond(switch, lambda: tf.nn.dropout(x, .3), lambda: x)
    if recipe["cond"] and switch is not None:
        before = x
        x = tf.cond(switch, lambda: before * 1.5, lambda: before)
    if recipe["regularized"] == "added":
        loss = .1 * tf.reduce_mean(tf.square(x))
        v1.losses.add_loss(loss)
        collected.append(loss)
    logits = tf1_dense(x, CLASSES, "o", recipe, collected)
    if recipe["regularized"] == "layer":
        collected += v1.losses.get_regularization_losses()
    return {"input_ids": ids, "attention_mask": mask}, logits, switch, collected


def make_tf1(recipe, folder):
    rng = np.random.RandomState(recipe["seed"] % 10007)
    graph = tf.Graph()
    dropped = recipe["dropout"] in ("layer", "cond") and recipe["switch"] is not None
    with graph.as_default():
        if not recipe["v2_control"]:
            v1.disable_control_flow_v2()
        else:
            v1.enable_control_flow_v2()
        v1.set_random_seed(recipe["seed"] % 1000)
        inputs, logits, switch, collected = tf1_graph(recipe)
        labels = v1.placeholder(tf.int32, [None] * (2 if recipe["tokens"] else 1), "labels")
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)) + (tf.add_n(collected) if collected else 0)
        variables = v1.trainable_variables()
        gradients = [None if g is None else tf.convert_to_tensor(g) for g in v1.gradients(loss, variables)]
        updates = v1.get_collection(v1.GraphKeys.UPDATE_OPS)
        values = [v1.placeholder(tf.float32, v.shape) for v in variables]
        assigns = [v.assign(value) for v, value in zip(variables, values)]
        with v1.Session() as session:
            session.run(v1.global_variables_initializer())
            session.run([v.initializer for v in variables])
            batches = [batch(rng, recipe, list(inputs)) for _ in range(STEPS)]
            feed = lambda feats, training: {**{inputs[k]: v for k, v in feats.items()}, **({switch: training} if switch is not None else {})}
            right = session.run(logits, feed(batches[0][0], False))
            builder = v1.saved_model.builder.SavedModelBuilder(str(folder / "model"))
            signature = v1.saved_model.signature_def_utils.predict_signature_def(inputs, {"logits": logits})
            builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": signature}, main_op=v1.tables_initializer())
            builder.save()
            write_rows(folder / "train.jsonl", batches, True, recipe["tokens"])
            write_rows(folder / "predict.jsonl", batches[:1], False, recipe["tokens"])
            runs = [{"arguments": ["predict", "--model", "@/model", "--file", "@/predict.jsonl"], "expect": {"logits": right.tolist()}}]
            if recipe["default"] and switch is not None and recipe["switch"] != "keras_learning_phase":
                runs[0]["expect"] = {} # what TF Serving answers depends on the switch's default; Belay evaluates
            arguments = ["train", "--model", "@/model", "--train-file", "@/train.jsonl", "--train-batch-size", str(BATCH), "--output-dir", "@/run"] + TRAIN
            if dropped:
                runs.append({"arguments": arguments + ["--dropout", "on"], "expect": {}})
                return {"runs": runs}
            everything = v1.global_variables()
            before = session.run(everything)
            initial = [v1.placeholder(v.dtype.base_dtype, v.shape) for v in everything]
            resets = [v.assign(value) for v, value in zip(everything, initial)]

            def trained(perturbed):
                noise = np.random.RandomState(recipe["seed"] % 9973)
                moved = [v * (1 + 6e-8 * noise.randint(-1, 2, v.shape)).astype(v.dtype) if perturbed and v.dtype.kind == "f" else v for v in before]
                session.run(resets, dict(zip(initial, moved)))
                adam, steps = Adam(len(variables)), []
                for feats, y in batches:
                    value, found, _ = session.run([loss, [g for g in gradients if g is not None], updates], {**feed(feats, True), labels: y})
                    found = iter(found)
                    full = [None if g is None else next(found).astype("float64") for g in gradients]
                    new, norm = adam.step([v.astype("float64") for v in session.run(variables)], full)
                    session.run(assigns, dict(zip(values, new)))
                    steps.append({"loss": float(value), "grad_norm": norm})
                # Its signature leaves the switch as it is, in Python before and in the export after.
                return steps, session.run(logits, feed(batches[0][0], bool(recipe["default"]) and recipe["switch"] != "keras_learning_phase"))

            others, changed = trained(True)
            steps, after = trained(False)
            runs.append({"arguments": arguments + ["--dropout", "off"], "expect": {"steps": steps} if grammar.are_near(steps, others) else {}})
            if not np.allclose(after, changed, rtol=1e-4, atol=1e-4):
                return {"runs": runs}  # a bias before a batch norm has no gradient but noise, which Adam makes as large as any
    return {"runs": runs, "keep": {"after": after.tolist(), "inputs": {k: v.tolist() for k, v in batches[0][0].items()}, "tolerance": 3e-4}}


# ---- models of transformers, saved by Keras --------------------------------------------------------------------------------------------------------

def make_transformers(recipe, folder):
    import transformers
    transformers.logging.set_verbosity_error()
    tf.keras.backend.clear_session()
    tf.keras.utils.set_random_seed(recipe["seed"] % 100000)
    tf.keras.mixed_precision.set_global_policy("float32")
    sizes = dict(vocab_size=VOCABULARY, max_position_embeddings=20, num_labels=CLASSES, hidden_dropout_prob=recipe["dropout"], attention_probs_dropout_prob=recipe["dropout"])
    family = recipe["family"]
    if family == "DistilBert":
        config = transformers.DistilBertConfig(vocab_size=VOCABULARY, max_position_embeddings=20, num_labels=CLASSES, dim=16, n_layers=recipe["layers"], n_heads=2, hidden_dim=20, dropout=recipe["dropout"])
    else:
        more = {"embedding_size": 12} if family in ("Electra", "Albert") else {}
        config = getattr(transformers, family + "Config")(hidden_size=16, num_hidden_layers=recipe["layers"], num_attention_heads=2, intermediate_size=20, **sizes, **more)
    model = getattr(transformers, f"TF{family}ForSequenceClassification")(config)
    rng = np.random.RandomState(recipe["seed"] % 10007)
    names = ["input_ids", "attention_mask"] + (["token_type_ids"] if family in ("Bert", "Electra", "Albert") else [])
    recipe = {**recipe, "inputs": "ids"}
    batches = [batch(rng, recipe, names) for _ in range(STEPS)]
    forward = lambda x, training: model(x, training=training).logits
    x = tensors(batches[0][0])
    forward(x, False)
    for weight in model.trainable_weights:
        if len(weight.shape) >= 2:
            weight.assign(rng.normal(0, .3, weight.shape).astype("float32"))
    logits = forward(x, False).numpy()
    model.save_pretrained(str(folder / "hf"), saved_model=True)
    (folder / "hf" / "saved_model" / "1").rename(folder / "model")
    write_rows(folder / "train.jsonl", batches, True, False)
    write_rows(folder / "predict.jsonl", batches[:1], False, False)
    without_dropout(model)
    steps = train(lambda x: forward(x, True), model.trainable_variables, [[b] for b in batches], recipe, lambda: model.losses)
    arguments = ["train", "--model", "@/model", "--train-file", "@/train.jsonl", "--train-batch-size", str(BATCH), "--output-dir", "@/run"] + TRAIN
    runs = [{"arguments": ["predict", "--model", "@/model", "--file", "@/predict.jsonl"], "expect": {"logits": logits.tolist()}},
            {"arguments": arguments + ["--dropout", "off"], "expect": {"steps": steps}}]
    return {"runs": runs, "keep": {"after": forward(x, False).numpy().tolist(), "inputs": {k: v.tolist() for k, v in batches[0][0].items()}, "tolerance": 3e-4}}


# ---- Python reads what Belay wrote -------------------------------------------------------------------------------------------------------------------

def check_back(case, folder):
    keep = case.get("keep")
    export = folder / "run" / "export" / "1"
    if not keep or not export.exists():
        return None
    loaded = tf.saved_model.load(str(export))
    signature = loaded.signatures["serving_default"]
    takes = signature.structured_input_signature[1]
    inputs = {k: tf.constant(np.array(v, dtype=object if takes[k].dtype == tf.string else takes[k].dtype.as_numpy_dtype).tolist(), takes[k].dtype) for k, v in keep["inputs"].items()}
    outputs = signature(**inputs)
    found = tf.cast(outputs["logits"] if "logits" in outputs else list(outputs.values())[0], tf.float32).numpy()
    right = np.array(keep["after"])
    worst = float(np.abs(found - right).max() / (1 + np.abs(right).max()))
    return None if worst <= keep["tolerance"] else f"logits of the export differ by {worst:.2e}: right {right.ravel()[:4]}, found {found.ravel()[:4]}"
