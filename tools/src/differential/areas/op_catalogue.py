"""Pieces of models in plain TensorFlow ops, as they are written without Keras: each takes and gives a tensor [batch, tokens, width].

A piece reads its weights by tools.weight(name, shape), which creates them in TF1 and in TF2 alike. What may be drawn of it stands beside its name.
"""
import math

import tensorflow as tf

PIECES = {}


def piece(weight=1.0, narrow=False, fixed=False, **choices):
    """Registers a piece: how often it is drawn, whether it has kernels in half precision, whether it needs a known number of tokens."""

    def register(function):
        PIECES[function.__name__] = {"call": function, "weight": weight, "narrow": narrow, "fixed": fixed, "choices": choices}
        return function

    return register


def number(x, value):
    return tf.constant(value, x.dtype)


# ---- elementwise --------------------------------------------------------------------------------------------------------

SMOOTH = {
    "tanh": tf.tanh, "sigmoid": tf.sigmoid, "softplus": tf.math.softplus, "softsign": tf.nn.softsign, "elu": tf.nn.elu, "selu": tf.nn.selu, "relu": tf.nn.relu,
    "relu6": lambda x: tf.nn.relu6(4 * x), "gelu": tf.nn.gelu, "gelu_tanh": lambda x: tf.nn.gelu(x, approximate=True), "silu": tf.nn.silu, "exp": lambda x: tf.exp(-tf.abs(x)),
    "sin": tf.sin, "cos": tf.cos, "square": tf.square, "abs": tf.abs, "log_sigmoid": tf.math.log_sigmoid,
}
WIDE = {
    "erf": tf.math.erf, "erfc": tf.math.erfc, "atan": tf.atan, "asinh": tf.asinh, "sinh": lambda x: tf.sinh(tf.tanh(x)), "cosh": lambda x: tf.cosh(tf.tanh(x)), "expm1": lambda x: tf.math.expm1(-tf.abs(x)),
    "log1p": lambda x: tf.math.log1p(tf.abs(x)), "log": lambda x: tf.math.log(tf.abs(x) + 1.0), "sqrt": lambda x: tf.sqrt(tf.abs(x) + 0.5), "rsqrt": lambda x: tf.math.rsqrt(tf.abs(x) + 0.5),
    "reciprocal": lambda x: tf.math.reciprocal(tf.abs(x) + 1.0), "lgamma": lambda x: tf.math.lgamma(tf.abs(x) + 1.0), "digamma": lambda x: tf.math.digamma(tf.abs(x) + 1.0),
    "asin": lambda x: tf.asin(0.9 * tf.tanh(x)), "acos": lambda x: tf.acos(0.9 * tf.tanh(x)), "atanh": lambda x: tf.atanh(0.9 * tf.tanh(x)), "acosh": lambda x: tf.acosh(tf.abs(x) + 1.5), "tan": lambda x: tf.tan(tf.tanh(x)),
    "erfinv": lambda x: tf.math.erfinv(0.9 * tf.tanh(x)), "ndtri": lambda x: tf.math.ndtri(0.05 + 0.9 * tf.sigmoid(x)), "mish": lambda x: x * tf.tanh(tf.math.softplus(x)), "hard_swish": lambda x: x * tf.nn.relu6(x + 3) / 6,
    "reciprocal_no_nan": lambda x: tf.math.reciprocal_no_nan(tf.abs(x) + 1.0), "sign": lambda x: x * tf.sign(x), "logit": lambda x: tf.math.log(tf.sigmoid(x) / (1 - tf.sigmoid(x))), "bessel": lambda x: tf.sqrt(tf.square(x) + 1.0),
}


@piece(5, narrow=True, function=sorted(SMOOTH))
def smooth(tools, x, function):
    return SMOOTH[function](tools.dense(x, "pre"))


@piece(6, function=sorted(WIDE))
def wide(tools, x, function):
    return WIDE[function](tools.dense(x, "pre"))


@piece(1, narrow=True, alpha=[0.01, 0.2, 0.5])
def leaky_relu(tools, x, alpha):
    return tf.nn.leaky_relu(tools.dense(x, "pre"), alpha)


@piece(1, narrow=True)
def prelu(tools, x):
    return tf.maximum(x, number(x, 0)) + tools.weight("alpha", [tools.width], x.dtype) * tf.minimum(x, number(x, 0))


@piece(1, bounds=["scalar", "vector", "learned"])
def clip(tools, x, bounds):
    if bounds == "scalar":
        return tf.clip_by_value(x, -0.3, 0.4)
    if bounds == "vector":
        return tf.clip_by_value(x, tf.linspace(-0.6, -0.2, tools.width), tf.linspace(0.2, 0.7, tools.width))
    return tf.minimum(tf.maximum(x, -tf.abs(tools.weight("low", [tools.width], x.dtype))), tf.abs(tools.weight("high", [1], x.dtype)))


@piece(1, narrow=True, operation=["add", "subtract", "multiply", "maximum", "minimum", "squared_difference", "divide", "divide_no_nan"], shape=["[]", "[D]", "[1]", "[T,1]", "[1,T,D]", "[1,1]"], fixed=True)
def binary(tools, x, operation, shape):
    other = tools.weight("other", [{"D": tools.width, "T": tools.length}.get(s) or int(s) for s in shape[1:-1].split(",") if s], x.dtype)
    if operation.startswith("divide"):
        return (tf.math.divide_no_nan if operation.endswith("nan") else tf.divide)(x, tf.abs(other) + number(x, 1))
    return getattr(tf.math, operation)(x, other)


@piece(1, exponent=["two", "three", "learned", "base"])
def power(tools, x, exponent):
    if exponent == "two":
        return tf.pow(x, 2)
    if exponent == "three":
        return x ** 3
    if exponent == "base":
        return tf.pow(tf.abs(tools.weight("base", [tools.width])) + 0.5, x)
    return tf.pow(tf.abs(x) + 0.5, tools.weight("exponent", [tools.width]))


@piece(1, operation=["floormod", "floordiv", "round", "ceil", "floor", "rint", "mod_product"])
def steps(tools, x, operation):
    if operation == "floormod":
        return tf.math.floormod(x, 0.7)
    if operation == "mod_product":
        return x * tf.math.floormod(tools.dense(x, "pre"), tf.abs(tools.weight("modulus", [tools.width])) + 0.6)
    if operation == "floordiv":
        return x * tf.math.floordiv(x, 0.3)
    return x * getattr(tf.math, operation)(3 * x)


@piece(0.7, operation=["xlogy", "xlog1py", "xdivy", "atan2"], shape=["same", "vector"])
def two_arguments(tools, x, operation, shape):
    other = tf.abs(tools.dense(x, "pre") if shape == "same" else tools.weight("other", [tools.width])) + 0.5
    return getattr(tf.math, operation)(x, other)


@piece(1, where=["mask", "comparison", "scalars", "safe", "rows"])
def where(tools, x, where):
    other = tools.dense(x, "pre")
    if where == "mask":
        return tf.where(tools.mask[..., None] > 0, other, tf.zeros_like(x))
    if where == "scalars":
        return tf.where(x > 0, other, -0.2)
    if where == "safe":
        return tf.where(x > 0.1, tf.sqrt(tf.where(x > 0.1, x, 1.0)), other)
    if where == "rows":
        return tf.where(tools.mask[:, :1, None] > 0.5, x, other)
    return tf.where(x > other, x, 0.5 * other)


@piece(0.7, to=["int32", "bool", "float64", "int64"])
def casts(tools, x, to):
    if to == "float64":
        return tf.cast(tf.tanh(tf.cast(tools.dense(x, "pre"), tf.float64)), tf.float32)
    if to == "bool":
        return x * tf.cast(tf.cast(tf.nn.relu(x), tf.bool), tf.float32)
    return x * tf.cast(tf.cast(3 * tools.dense(x, "pre"), getattr(tf, to)), tf.float32)


@piece(0.5)
def stopped(tools, x):
    return x * tf.stop_gradient(tools.dense(x, "pre"))


@piece(0.7, narrow=True, count=[1, 2, 3])
def add_n(tools, x, count):
    return tf.add_n([x] + [tools.dense(x, f"part{i}") for i in range(count)])


@piece(0.5, kind=["rotary", "magnitude"])
def complex_numbers(tools, x, kind):
    one, two = tf.split(tools.dense(x, "pre"), 2, -1)
    z = tf.complex(one, two)
    if kind == "rotary":
        angles = tools.weight("angles", [tools.width // 2])
        z = z * tf.complex(tf.cos(angles), tf.sin(angles))
    else:
        z = z * tf.math.conj(z)
    return tf.concat([tf.math.real(z), tf.math.imag(z)], -1)


# ---- softmax, norms, reductions -----------------------------------------------------------------------------------------

@piece(3, narrow=True, axis=[-1, 1, 2, 0, -2], log=[False, True])
def softmax(tools, x, axis, log):
    scores = tools.dense(x, "pre")
    return tf.nn.log_softmax(scores, axis) if log else tf.nn.softmax(scores, axis) * number(x, 4)


@piece(1, axis=[-1, 1], form=["reduce_logsumexp", "by_hand", "cumulative"])
def logsumexp(tools, x, axis, form):
    if form == "reduce_logsumexp":
        return x - tf.reduce_logsumexp(tools.dense(x, "pre"), axis, keepdims=True)
    top = tf.stop_gradient(tf.reduce_max(x, axis, keepdims=True))
    if form == "by_hand":
        return x - (tf.math.log(tf.reduce_sum(tf.exp(x - top), axis, keepdims=True)) + top)
    return tf.math.log(tf.cumsum(tf.exp(x - top), axis)) + top


@piece(4, narrow=True, reduce=["reduce_mean", "reduce_sum", "reduce_max", "reduce_min"], axis=["-1", "1", "1,2", "-1,-2", "int64", "all_but_batch"], keep=[True, False])
def reduction(tools, x, reduce, axis, keep):
    axes = tf.constant([1], tf.int64) if axis == "int64" else [1, 2] if axis == "all_but_batch" else [int(a) for a in axis.split(",")]
    y = getattr(tf, reduce)(tools.dense(x, "pre"), axes, keepdims=keep)
    if not keep:
        y = {"-1": lambda: y[..., None], "1": lambda: y[:, None, :], "int64": lambda: tf.expand_dims(y, 1)}.get(axis, lambda: y[:, None, None])()
    return x - y / number(x, 4)


@piece(1, reduce=["reduce_std", "reduce_variance", "reduce_euclidean_norm", "reduce_prod"], axis=[-1, 1])
def moment(tools, x, reduce, axis):
    y = 1 + 0.1 * tools.dense(x, "pre")
    return x * getattr(tf.math, reduce)(y, axis, keepdims=True)


@piece(1, order=["euclidean", "1", "2", "inf", "fro"])
def norm(tools, x, order):
    y = tools.dense(x, "pre")
    if order == "fro":
        return x / (1 + tf.norm(y, order, [-2, -1], keepdims=True))
    return x / (1 + tf.norm(y, {"1": 1, "2": 2, "inf": math.inf}.get(order, order), -1, keepdims=True))


@piece(3, narrow=True, form=["moments", "variance", "batch_normalization", "fused", "rms", "l2"], axis=["last", "both"])
def layer_norm(tools, x, form, axis):
    x = tools.dense(x, "pre")
    axes = [-1] if axis == "last" else [1, 2]
    gain, bias = tools.weight("gain", [tools.width], x.dtype), tools.weight("bias", [tools.width], x.dtype)
    small = number(x, 1e-3)
    if form == "rms":
        return x * tf.math.rsqrt(tf.reduce_mean(tf.square(x), axes, keepdims=True) + small) * gain
    if form == "l2":
        return tf.math.l2_normalize(x, axes, 1e-6) * gain
    if form == "variance":
        centred = x - tf.reduce_mean(x, axes, keepdims=True)
        return centred / tf.sqrt(tf.reduce_mean(centred * centred, axes, keepdims=True) + small) * gain + bias
    if form == "fused" and x.dtype == tf.float32:
        rows = tf.reshape(x, [1, -1, tools.width, 1])
        count = tf.shape(rows)[1]
        normed, _, _ = tf.compat.v1.nn.fused_batch_norm(rows, tf.ones([count]), tf.zeros([count]), epsilon=1e-3, data_format="NCHW", is_training=True)
        return tf.reshape(normed, tf.shape(x)) * gain + bias
    mean, variance = tf.nn.moments(x, axes, keepdims=True)
    if form == "batch_normalization":
        return tf.nn.batch_normalization(x, mean, variance, bias, gain, 1e-3)
    return (x - mean) * tf.math.rsqrt(variance + small) * gain + bias


@piece(0.7, groups=[2, 4])
def group_norm(tools, x, groups):
    parts = tf.reshape(x, [-1, tools.length or tf.shape(x)[1], groups, tools.width // groups])
    mean, variance = tf.nn.moments(parts, [1, 3], keepdims=True)
    return tf.reshape((parts - mean) * tf.math.rsqrt(variance + 1e-3), tf.shape(x)) * tools.weight("gain", [tools.width])


@piece(0.5, training=[True, False])
def fused_batch_norm(tools, x, training):
    image = tf.expand_dims(tools.dense(x, "pre"), 1)
    kw = {} if training else {"mean": tf.zeros([tools.width]) + 0.1, "variance": tf.ones([tools.width]) * 0.8}
    y, _, _ = tf.compat.v1.nn.fused_batch_norm(image, tools.weight("gain", [tools.width]), tools.weight("bias", [tools.width]), epsilon=1e-3, is_training=training, **kw)
    return tf.squeeze(y, 1)


@piece(0.4)
def local_response(tools, x):
    return tf.squeeze(tf.nn.local_response_normalization(tf.expand_dims(x, 1), 5, 1.0, 1.0, 0.5), 1)


@piece(1.5, narrow=True, axis=[-1, 1], exclusive=[False, True], reverse=[False, True])
def cumsum(tools, x, axis, exclusive, reverse):
    return tf.cumsum(tools.dense(x, "pre"), axis, exclusive, reverse) / number(x, 3)


@piece(0.7, axis=[-1, 1], exclusive=[False, True], reverse=[False, True])
def cumprod(tools, x, axis, exclusive, reverse):
    return tf.math.cumprod(1 + 0.3 * tf.tanh(tools.dense(x, "pre")), axis, exclusive, reverse)


# ---- products -----------------------------------------------------------------------------------------------------------

@piece(3, narrow=True, form=["matmul", "tensordot", "einsum", "reshape", "matvec", "transposed", "linear"])
def dense(tools, x, form):
    w = tools.weight("kernel", [tools.width, tools.width], x.dtype)
    b = tools.weight("bias", [tools.width], x.dtype)
    if form == "matmul":
        return tf.matmul(x, tf.expand_dims(w, 0)) + b
    if form == "tensordot":
        return tf.nn.bias_add(tf.tensordot(x, w, 1), b)
    if form == "einsum":
        return tf.einsum("btd,de->bte", x, w) + b
    if form == "matvec":
        return tf.linalg.matvec(w, x, transpose_a=True) + b
    if form == "transposed":
        return tf.matmul(x, w, transpose_b=True) + b
    flat = tf.reshape(x, [-1, tools.width])
    flat = tf.compat.v1.nn.xw_plus_b(flat, w, b) if form == "linear" else tf.matmul(flat, w) + b
    return tf.reshape(flat, tf.shape(x))


# Equation -> what the other operand is: weights by the letters of their sizes, or computed (y, bt).
EQUATIONS = {
    "btd,de->bte": "DD", "btd,ed->bte": "DD", "...d,de->...e": "DD", "btd,d->btd": "D", "btd,btd->btd": "y", "btd,td->btd": "TD", "btd,ts->bsd": "TT",
    "...td,st->...sd": "TT", "btd,bt->btd": "bt", "btd,->btd": "", "...d,...d->...d": "TD",
}


@piece(3, narrow=True, equation=list(EQUATIONS), fixed=True)
def einsum(tools, x, equation):
    kind = EQUATIONS[equation]
    if kind == "y":
        other = tools.dense(x, "pre")
    elif kind == "bt":
        other = tf.reduce_mean(tools.dense(x, "pre"), -1)
    else:
        other = tools.weight("other", [{"D": tools.width, "T": tools.length}[letter] for letter in kind], x.dtype)
    return tf.einsum(equation, x, other)


@piece(0.7, form=["bdt,bte->bde", "btd,bte->bde", "btd->bdt", "btd->bd", "btd->b"])
def einsum_sums(tools, x, form):
    left = tools.dense(x, "pre")
    if form in ("bdt,bte->bde", "btd,bte->bde"):
        inner = tf.einsum(form, tf.transpose(left, [0, 2, 1]) if form.startswith("bdt") else left, x)
        return tf.einsum("btd,bde->bte", x, inner) / 8
    if form == "btd->bdt":
        return tf.transpose(tf.einsum(form, left), [0, 2, 1])
    return x + tf.einsum(form, left)[:, None, None] / 8 if form == "btd->b" else x + tf.einsum(form, left)[:, None, :] / 8


@piece(8, narrow=True, scores=["matmul", "einsum", "einsum_heads", "transpose", "additive", "linear", "multi_query"], heads=[1, 2, 4], mask=["none", "add", "where", "causal", "band", "multiply"], normalize=["softmax", "log_exp", "sigmoid", "relu"])
def attention(tools, x, scores, heads, mask, normalize):
    size = tools.width // heads
    q, k, v = (tools.dense(x, name) for name in ("query", "key", "value"))
    length = tools.length or tf.shape(x)[1]
    if scores == "einsum":
        split = lambda y: tf.reshape(y, [-1, length, heads, size])
        q, k, v = split(q), split(k), split(v)
        s = tf.einsum("bqhd,bkhd->bhqk", q, k)
    else:
        split = lambda y: tf.transpose(tf.reshape(y, [-1, length, heads, size]), [0, 2, 1, 3])
        q, k, v = split(q), split(k), split(v)
        if scores == "multi_query":
            k, v = k[:, :1], v[:, :1]
        if scores == "matmul" or scores == "multi_query":
            s = tf.matmul(q, k, transpose_b=True)
        elif scores == "transpose":
            s = q @ tf.transpose(k, [0, 1, 3, 2])
        elif scores == "additive":
            s = tf.reduce_sum(tf.tanh(q[:, :, :, None, :] + k[:, :, None, :, :]), -1)
        else:
            s = tf.einsum("...qd,...kd->...qk", q, k)
    s = s / number(x, math.sqrt(size))
    keep = tf.cast(tools.mask, x.dtype)[:, None, None, :]
    if mask == "add":
        s += (number(x, 1) - keep) * number(x, -1e4)
    elif mask == "where":
        s = tf.where(keep > 0, s, number(x, -1e4))
    elif mask == "causal":
        s = tf.where(tf.linalg.band_part(tf.ones([length, length], tf.bool), -1, 0), s, number(x, -1e4))
    elif mask == "band":
        s += (number(x, 1) - tf.linalg.band_part(tf.ones([length, length], x.dtype), 1, 2)) * number(x, -1e4)
    if normalize == "softmax":
        p = tf.nn.softmax(s)
    elif normalize == "log_exp":
        p = tf.exp(tf.nn.log_softmax(s))
    elif normalize == "sigmoid":
        p = tf.sigmoid(s) / number(x, 4)
    else:
        p = tf.square(tf.nn.relu(s)) / number(x, 4)
    if mask == "multiply":
        p = p * keep
    if scores == "einsum":
        y = tf.einsum("bhqk,bkhd->bqhd", p, v)
    else:
        y = tf.transpose(tf.matmul(p, v), [0, 2, 1, 3])
    return tools.dense(tf.reshape(y, tf.shape(x)), "out")


@piece(1, fixed=True, kind=["table", "alibi", "clipped"])
def relative_positions(tools, x, kind):
    length = tools.length
    q, k = tools.dense(x, "query"), tools.dense(x, "key")
    s = tf.matmul(q, k, transpose_b=True)
    distance = tf.range(length)[None, :] - tf.range(length)[:, None]
    if kind == "table":
        s += tf.gather(tools.weight("distances", [2 * length - 1]), distance + length - 1)
    elif kind == "alibi":
        s -= tf.abs(tools.weight("slope", [1])) * tf.cast(tf.abs(distance), tf.float32)
    else:
        table = tf.nn.embedding_lookup(tools.variable("distances", [5, tools.width]), tf.clip_by_value(distance, -2, 2) + 2)
        s += tf.einsum("btd,tsd->bts", q, table)
    return tf.matmul(tf.nn.softmax(s), x)


@piece(1, heads=[2, 4])
def linear_attention(tools, x, heads):
    q, k = tf.nn.elu(tools.dense(x, "query")) + 1, (tf.nn.elu(tools.dense(x, "key")) + 1) * tools.mask[..., None]
    v = tools.dense(x, "value")
    memory = tf.einsum("btd,bte->bde", k, v)
    return tf.einsum("btd,bde->bte", q, memory) / (tf.einsum("btd,bd->bt", q, tf.reduce_sum(k, 1))[..., None] + 1e-3)


@piece(2, narrow=True, gate=["sigmoid", "gelu", "silu", "relu", "tanh", "bilinear"], form=["split", "two", "slice", "unstack"])
def gated(tools, x, gate, form):
    if form == "two":
        a, b = tools.dense(x, "a"), tools.dense(x, "b")
    else:
        both = tools.dense(x, "both", 2 * tools.width)
        if form == "split":
            a, b = tf.split(both, 2, -1)
        elif form == "slice":
            a, b = both[..., : tools.width], both[..., tools.width:]
        else:
            a, b = tf.unstack(tf.reshape(both, [-1, tools.length or tf.shape(x)[1], 2, tools.width]), axis=2)
    return tools.dense(a * (b if gate == "bilinear" else SMOOTH[gate](b)), "out")


@piece(1, experts=[2, 3], k=[1, 2])
def experts(tools, x, experts, k):
    gates = tf.nn.softmax(tools.dense(x, "router", experts))
    values, indices = tf.math.top_k(gates, k)
    chosen = tf.reduce_sum(tf.one_hot(indices, experts) * values[..., None], 2)
    outputs = tf.stack([tf.tanh(tools.dense(x, f"expert{i}")) for i in range(experts)], 2)
    return tf.reduce_sum(outputs * chosen[..., None], 2)


@piece(0.7, kind=["diag", "diag_part", "set_diag", "band", "trace"], fixed=True)
def diagonals(tools, x, kind):
    s = tf.matmul(tools.dense(x, "left"), x, transpose_b=True)
    if kind == "diag":
        return tf.matmul(x, tf.linalg.diag(tools.weight("scale", [tools.width])))
    if kind == "diag_part":
        return x * tf.linalg.diag_part(s)[..., None] / 4
    if kind == "set_diag":
        return tf.matmul(tf.nn.softmax(tf.linalg.set_diag(s, tf.zeros_like(s[..., 0]))), x)
    if kind == "band":
        return tf.matmul(tf.linalg.band_part(s, 1, 1), x) / 8
    return x * tf.linalg.trace(s)[:, None, None] / 8


# ---- shapes and places --------------------------------------------------------------------------------------------------

@piece(2, narrow=True, kind=["one", "mixed", "minus", "negative_step", "ellipsis", "new_axis", "shrink", "slice", "int64"], fixed=True)
def slices(tools, x, kind):
    y = tools.dense(x, "pre")
    if kind == "one":
        return tf.concat([y[:, 1:], x[:, :1]], 1)
    if kind == "mixed":
        return tf.concat([y[:, ::2], y[:, 1::2]], 1)
    if kind == "minus":
        return x + y[:, -1:, :] + y[:, :, -2:-1]
    if kind == "negative_step":
        return y[:, ::-1, ::-1]
    if kind == "ellipsis":
        return tf.concat([y[..., 3:], y[..., :3]], -1)
    if kind == "new_axis":
        return tf.reduce_sum(y[:, tf.newaxis, :, :] * x[:, :, tf.newaxis], 2) / 4
    if kind == "shrink":
        return x + y[:, 2][:, None] - y[:, :, 1][..., None]
    if kind == "int64":
        begin = tf.constant([0, 1, 0], tf.int64)
        return tf.pad(tf.strided_slice(y, begin, tf.constant([2 ** 40, 2 ** 40, 5], tf.int64), begin_mask=1, end_mask=1), [[0, 0], [1, 0], [0, tools.width - 5]])
    return tf.pad(tf.slice(y, [0, 1, 2], [-1, tools.length - 1, 3]), [[0, 0], [1, 0], [0, tools.width - 3]])


@piece(2, narrow=True, mode=["CONSTANT", "REFLECT", "SYMMETRIC", "value", "int64"], fixed=True)
def pads(tools, x, mode):
    y = tools.dense(x, "pre")
    if mode == "value":
        return tf.pad(y, [[0, 0], [2, 1], [0, 0]], constant_values=0.3)[:, 1: tools.length + 1]
    if mode == "int64":
        return tf.pad(y, tf.constant([[0, 0], [2, 0], [0, 0]], tf.int64))[:, : tools.length]
    return tf.pad(y, [[0, 0], [2, 1], [0, 0]], mode)[:, 1: tools.length + 1]


@piece(1.5, narrow=True, kind=["transpose", "reverse", "roll", "roll_two", "reverse_sequence", "tile", "repeat", "broadcast", "meshgrid", "matrix_transpose"], fixed=True)
def places(tools, x, kind):
    y = tools.dense(x, "pre")
    if kind == "transpose":
        return tf.transpose(tf.tanh(tf.transpose(y, [2, 0, 1])), [1, 2, 0])
    if kind == "matrix_transpose":
        return tf.linalg.matrix_transpose(tf.tanh(tf.linalg.matrix_transpose(y)))
    if kind == "reverse":
        return tf.reverse(y, [1, -1])
    if kind == "roll":
        return tf.roll(y, 2, -1)
    if kind == "roll_two":
        return tf.roll(y, [1, -1], [1, 2])
    if kind == "reverse_sequence":
        return tf.reverse_sequence(y, tf.cast(tf.reduce_sum(tools.mask, 1), tf.int32), 1, 0)
    if kind == "tile":
        return x * tf.tile(y[:, :, :2], [1, 1, tools.width // 2])
    if kind == "repeat":
        return x * tf.repeat(y[:, :, : tools.width // 2], 2, axis=-1)
    if kind == "broadcast":
        return x + tf.broadcast_to(y[:, :1], tf.shape(x))
    one, two = tf.meshgrid(tools.weight("rows", [tools.width]), tools.weight("columns", [tools.length]))
    return x + one * two


@piece(1.5, narrow=True, kind=["concat", "concat_int64", "stack", "stack_last", "unstack", "split", "split_sizes", "split_one", "parallel_stack"], fixed=True)
def joins(tools, x, kind):
    y = tools.dense(x, "pre")
    half = tools.width // 2
    if kind == "concat":
        return tf.concat([x[..., :half], y[..., half:]], -1)
    if kind == "concat_int64":
        return tf.concat([x[..., :half], y[..., :half]], tf.constant(2, tf.int64))
    if kind == "stack":
        return tf.reduce_max(tf.stack([x, y, x * y], 0), 0)
    if kind == "stack_last":
        return tf.reduce_sum(tf.stack([x, y], -1) * tools.weight("share", [2], x.dtype), -1)
    if kind == "unstack":
        rows = tf.unstack(y, axis=1)
        return tf.stack([rows[(2 * i) % len(rows)] for i in range(len(rows))], 1)
    if kind == "split":
        a, b = tf.split(y, 2, 2)
        return tf.concat([tf.tanh(b), a], -1)
    if kind == "split_sizes":
        a, b, c = tf.split(y, [1, half, -1], -1)
        return tf.concat([b, tf.zeros_like(a), tf.sigmoid(c)], -1)
    if kind == "split_one":
        return tf.split(y, 1, -1)[0]
    return tf.concat([tf.expand_dims(y[:, i], 1) for i in reversed(range(tools.length))], 1)


@piece(2, kind=["gather", "gather_axis", "gather_minus", "batch_dims", "gather_nd", "gather_int64", "take_along", "boolean_mask"], fixed=True)
def lookups(tools, x, kind):
    y = tools.dense(x, "pre")
    order = [(3 * i + 1) % tools.length for i in range(tools.length)]
    if kind == "gather":
        return x + tf.gather(tools.variable("table", [5, tools.width]), tools.ids % 5)
    if kind == "gather_axis":
        return tf.gather(y, order, axis=1)
    if kind == "gather_minus":
        return tf.gather(y, [0, 0] + list(range(2, tools.width)), axis=-1)
    if kind == "gather_int64":
        return tf.gather(y, tf.constant(order, tf.int64), axis=tf.constant(1, tf.int64))
    if kind == "batch_dims":
        return tf.gather(y, tools.ids % tools.length, axis=1, batch_dims=1)
    if kind == "take_along":
        return tf.gather(y, tf.argsort(tf.stop_gradient(y), axis=-1), axis=2, batch_dims=2)
    if kind == "gather_nd":
        rows = tf.stack([tf.repeat(tf.range(tf.shape(x)[0])[:, None], tools.length, 1), tf.cast(tools.ids, tf.int32) % tools.length], -1)
        return tf.gather_nd(y, rows)
    kept = tf.boolean_mask(y, tools.mask > 0)
    return x + tf.reduce_mean(kept, 0)


@piece(1.5, kind=["top_k", "sorted", "k_max", "argmax_one_hot"])
def ranks(tools, x, kind):
    y = tools.dense(x, "pre")
    if kind == "top_k":
        return x + tf.reduce_sum(tf.math.top_k(y, 3).values, -1, keepdims=True) / 4
    if kind == "sorted":
        return tf.sort(y, axis=-1, direction="DESCENDING")
    if kind == "k_max":
        return x + tf.reduce_mean(tf.math.top_k(tf.transpose(y, [0, 2, 1]), 2, sorted=False).values, -1)[:, None]
    return x * tf.one_hot(tf.argmax(y, -1), tools.width, on_value=1.5, off_value=0.5)


@piece(1.5, kind=["scatter_nd", "scatter_update", "scatter_add", "scatter_sub", "stitch", "partition"], fixed=True)
def scatters(tools, x, kind):
    y = tools.dense(x, "pre")
    columns = tf.transpose(y, [1, 0, 2])
    rows = tf.constant([[1], [3], [0]])
    if kind == "scatter_nd":
        return x + tf.transpose(tf.scatter_nd(rows, columns[:3], tf.shape(columns)), [1, 0, 2])
    if kind in ("scatter_update", "scatter_add", "scatter_sub"):
        scatter = {"scatter_update": tf.tensor_scatter_nd_update, "scatter_add": tf.tensor_scatter_nd_add, "scatter_sub": tf.tensor_scatter_nd_sub}[kind]
        return tf.transpose(scatter(columns, rows, tf.tanh(columns[3:6])), [1, 0, 2])
    if kind == "stitch":
        return tf.transpose(tf.dynamic_stitch([[0, 2, 4], [1, 3, 5]], [columns[:3], tf.tanh(columns[3:])]), [1, 0, 2])
    flat = tf.reshape(y, [-1, tools.width])
    parts = tf.cast(tf.reshape(tools.ids, [-1]) % 2, tf.int32)
    even, odd = tf.dynamic_partition(flat, parts, 2)
    places = tf.dynamic_partition(tf.range(tf.shape(flat)[0]), parts, 2)
    return tf.reshape(tf.dynamic_stitch(places, [tf.tanh(even), odd]), tf.shape(x))


@piece(2, kind=["sum", "mean", "max", "min", "unsorted_sum", "unsorted_mean", "unsorted_max", "unsorted_min", "sqrt_n", "sparse_sum", "sparse_mean", "sparse_sqrt_n"])
def segments(tools, x, kind):
    y = tools.dense(x, "pre")
    flat = tf.reshape(y, [-1, tools.width])
    count = tf.shape(flat)[0]
    ids = tf.range(count) // 2
    if kind.startswith("unsorted") or kind == "sqrt_n":
        ids = tf.reshape(tf.cast(tools.ids, tf.int32) % 4, [-1])
        name = "unsorted_segment_" + (kind if kind == "sqrt_n" else kind.split("_")[1])
        return x + 0.3 * tf.reshape(tf.gather(getattr(tf.math, name)(flat, ids, 4), ids), tf.shape(x))
    if kind.startswith("sparse"):
        rows = tf.range(count - 1)[::-1]
        summed = getattr(tf.sparse, "segment_" + kind[7:])(flat, rows, tf.range(count - 1) // 2)
        return x + 0.3 * tf.reduce_mean(summed, 0)
    return x + 0.3 * tf.reshape(tf.gather(getattr(tf.math, "segment_" + kind)(flat, ids), ids), tf.shape(x))


# ---- paths that no gradient takes ---------------------------------------------------------------------------------------

def table(tokens, width):
    """[tokens, width] by a loop over a number of tokens that only the graph knows."""
    grow = lambda i, rows: (i + 1, tf.concat([rows, tf.sin(tf.cast(i, tf.float32) + tf.range(width, dtype=tf.float32))[None]], 0))
    shapes = [tf.TensorShape([]), tf.TensorShape([None, width])]
    return tf.while_loop(lambda i, rows: i < tokens, grow, [tf.constant(0), tf.zeros([0, width])], shapes)[1]


@piece(2, kind=["loop", "map", "text", "text_of_largest", "sparse", "diagonal", "buckets", "segments", "histogram", "ragged"])
def integer_path(tools, x, kind):
    """The length of x or what is largest in it decides on floats that no gradient passes through."""
    y = tools.dense(x, "pre")
    tokens = tf.shape(y)[1]
    if kind == "loop":
        return x + y * table(tokens, tools.width)
    if kind == "map":
        return x + y * tf.map_fn(lambda i: tf.cast(i, tf.float32) * tf.ones([tools.width]), tf.range(tokens), dtype=tf.float32)
    if kind == "text":
        return x + y * tf.strings.to_number(tf.strings.as_string(tokens))
    if kind == "text_of_largest":
        return x + y * tf.strings.to_number(tf.strings.as_string(tf.argmax(y, -1)))[..., None]
    if kind == "sparse":
        chosen = tf.where(y[0] > 0.1)
        return x + y * tf.sparse.to_dense(tf.sparse.SparseTensor(chosen, tf.ones(tf.shape(chosen)[:1]), tf.cast(tf.shape(y[0]), tf.int64)))
    if kind == "diagonal":
        return x + tf.matmul(tf.linalg.diag(tf.cast(tf.range(tokens), tf.float32))[None] + tf.zeros([tf.shape(x)[0], 1, 1]), y)
    if kind == "buckets":
        return x + y * tf.cast(tf.raw_ops.Bucketize(input=y, boundaries=[-0.5, 0.0, 0.5]), tf.float32)
    if kind == "segments":
        return x + y * tf.math.segment_sum(tf.ones([tokens, tools.width]), tf.zeros([tokens], tf.int32))[0]
    if kind == "histogram":
        return x + y * tf.cast(tf.histogram_fixed_width(y, [-1.0, 1.0], 4)[1], tf.float32)
    return x + y * tf.cast(tf.RaggedTensor.from_row_lengths(tf.range(tokens), [tokens]).to_tensor(), tf.float32)[:, :, None]


# ---- convolutions and pools ---------------------------------------------------------------------------------------------

@piece(4, size=[1, 2, 3, 5], padding=["SAME", "VALID", "CAUSAL"], dilation=[1, 1, 2, 3], form=["conv1d", "conv2d", "convolution"], fixed=True)
def convolution(tools, x, size, padding, dilation, form):
    kernel = tools.weight("kernel", [size, tools.width, tools.width])
    reach = (size - 1) * dilation
    y = tf.pad(x, [[0, 0], [reach, 0], [0, 0]]) if padding in ("CAUSAL", "VALID") else x
    padding = "SAME" if padding == "SAME" else "VALID"
    if form == "conv1d":
        return tf.nn.conv1d(y, kernel, 1, padding, dilations=dilation)
    if form == "conv2d":
        return tf.squeeze(tf.nn.conv2d(tf.expand_dims(y, 1), kernel[None], 1, padding, dilations=[1, 1, dilation, 1]), 1)
    return tf.nn.convolution(y, kernel, 1, padding, dilations=[dilation])


@piece(1.5, kind=["stride", "explicit", "depthwise", "separable", "transpose", "grouped"], fixed=True)
def other_convolution(tools, x, kind):
    width = tools.width
    image = tf.expand_dims(x, 1)
    if kind == "stride":
        return tf.repeat(tf.nn.conv1d(x, tools.weight("kernel", [3, width, width]), 2, "SAME"), 2, axis=1)
    if kind == "explicit":
        return tf.squeeze(tf.nn.conv2d(image, tools.weight("kernel", [1, 4, width, width]), 1, [[0, 0], [0, 0], [2, 1], [0, 0]]), 1)
    if kind == "depthwise":
        return tf.squeeze(tf.nn.depthwise_conv2d(image, tools.weight("kernel", [1, 3, width, 1]), [1, 1, 1, 1], "SAME"), 1)
    if kind == "separable":
        return tf.squeeze(tf.nn.separable_conv2d(image, tools.weight("depth", [1, 3, width, 2]), tools.weight("point", [1, 1, 2 * width, width]), [1, 1, 1, 1], "SAME"), 1)
    if kind == "transpose":
        shape = tf.stack([tf.shape(x)[0], tools.length, width])
        return tf.nn.conv1d_transpose(x, tools.weight("kernel", [3, width, width]), shape, 1, "SAME")
    a, b = tf.split(x, 2, -1)
    return tf.concat([tf.nn.conv1d(a, tools.weight("first", [3, width // 2, width // 2]), 1, "SAME"), tf.nn.conv1d(b, tools.weight("second", [3, width // 2, width // 2]), 1, "SAME")], -1)


@piece(2, kind=["max", "average"], size=[2, 3], stride=[1, 2], padding=["SAME", "VALID"], form=["pool1d", "pool2d", "pool"], fixed=True)
def pooling(tools, x, kind, size, stride, padding, form):
    y = tools.dense(x, "pre")
    if form == "pool1d":
        y = (tf.nn.max_pool1d if kind == "max" else tf.nn.avg_pool1d)(y, size, stride, padding)
    elif form == "pool2d":
        y = tf.squeeze((tf.nn.max_pool2d if kind == "max" else tf.nn.avg_pool2d)(tf.expand_dims(y, 2), [size, 1], [stride, 1], padding), 2)
    else:
        y = tf.nn.pool(y, [size], "MAX" if kind == "max" else "AVG", [stride], padding)
    return x + tf.reduce_mean(y, 1, keepdims=True)


@piece(0.7, kind=["max_explicit", "space_to_depth", "depth_to_space", "space_to_batch", "nearest", "bilinear"], fixed=True)
def images(tools, x, kind):
    image = tf.expand_dims(tools.dense(x, "pre"), 1)
    if kind == "max_explicit":
        return tf.squeeze(tf.nn.max_pool2d(image, [1, 2], 1, [[0, 0], [0, 0], [1, 0], [0, 0]]), 1)
    if kind == "space_to_depth":
        return tf.reshape(tf.nn.space_to_depth(tf.reshape(image, [-1, 2, tools.length // 2, tools.width]), 2)[..., : tools.width], [-1, 1, tools.width])[: 1] + x if tools.length % 4 == 0 else x
    if kind == "depth_to_space":
        return x + tf.reduce_mean(tf.nn.depth_to_space(image, 2), [1, 2, 3])[:, None, None]
    if kind == "space_to_batch":
        return tf.batch_to_space(tf.tanh(tf.space_to_batch(tf.squeeze(image, 1), [2], [[0, tools.length % 2]])), [2], [[0, tools.length % 2]])
    return x + tf.reduce_mean(tf.image.resize(image, [2, 2 * tools.length], kind), [1, 2])[:, None]
