"""Pieces of models with loops and conditionals, as they are written without Keras: each takes and gives a tensor [batch, tokens, width].

They read their weights as those of op_catalogue.py. In TF1 with control flow v1 they become Enter, Exit, Switch, Merge and TensorArrayV3, else While, If and
TensorList.
"""
import tensorflow as tf

v1 = tf.compat.v1
PIECES = {}


def piece(weight=1.0, **choices):
    def register(function):
        PIECES[function.__name__] = {"call": function, "weight": weight, "narrow": False, "fixed": False, "choices": choices}
        return function

    return register


# ---- cells --------------------------------------------------------------------------------------------------------------

class Cell(v1.nn.rnn_cell.RNNCell):
    """A cell over weights that exist before the loop."""

    def __init__(self, tools, name, kind, width, inputs):
        super().__init__()
        self.kind, self.width = kind, width
        gates = {"lstm": 4, "peephole": 4, "gru": 3, "simple": 1, "residual": 1}[kind]
        self.kernel = tools.weight(name + "_kernel", [inputs, gates * width])
        self.recurrent = tools.weight(name + "_recurrent", [width, gates * width])
        self.bias = tools.weight(name + "_bias", [gates * width])
        if kind == "peephole":
            self.peephole = tools.weight(name + "_peephole", [width])

    @property
    def state_size(self):
        return (self.width, self.width) if self.kind in ("lstm", "peephole") else self.width

    @property
    def output_size(self):
        return self.width

    def __call__(self, inputs, state, scope=None):
        x = tf.matmul(inputs, self.kernel) + self.bias
        if self.kind in ("lstm", "peephole"):
            c, h = state
            i, j, f, o = tf.split(x + tf.matmul(h, self.recurrent), 4, 1)
            if self.kind == "peephole":
                i, f = i + c * self.peephole, f + c * self.peephole
            c = c * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
            h = tf.tanh(c) * tf.sigmoid(o)
            return h, (c, h)
        if self.kind == "gru":
            (xz, xr, xh), (rz, rr, rh) = tf.split(x, 3, 1), tf.split(tf.matmul(state, self.recurrent), 3, 1)
            z = tf.sigmoid(xz + rz)
            h = z * state + (1 - z) * tf.tanh(xh + tf.sigmoid(xr + rr) * rh)
            return h, h
        h = tf.tanh(x + tf.matmul(state, self.recurrent))
        return (h + inputs[:, : self.width] if self.kind == "residual" else h), h


CELLS = ["lstm", "lstm", "peephole", "gru", "simple", "residual"]


def lengths(tools):
    return tf.cast(tf.reduce_sum(tools.mask, 1), tf.int32)


@piece(4, cell=CELLS, lengths=[True, True, False], time_major=[False, False, True], swap=[False, True], layers=[1, 1, 2], initial=[False, True])
def recurrent(tools, x, cell, lengths, time_major, swap, layers, initial):
    """dynamic_rnn."""
    cells = [Cell(tools, f"cell{i}", cell, tools.width, tools.width) for i in range(layers)]
    stacked = cells[0] if layers == 1 else v1.nn.rnn_cell.MultiRNNCell(cells)
    given = {"sequence_length": globals()["lengths"](tools)} if lengths else {}
    if initial and layers == 1 and cell in ("gru", "simple", "residual"):
        given["initial_state"] = tf.tanh(tools.dense(tf.reduce_mean(x, 1), "initial"))
    inputs = tf.transpose(x, [1, 0, 2]) if time_major else x
    outputs, state = v1.nn.dynamic_rnn(stacked, inputs, dtype=tf.float32, time_major=time_major, swap_memory=swap, **given)
    outputs = tf.transpose(outputs, [1, 0, 2]) if time_major else outputs
    last = tf.nest.flatten(state)[-1]
    return tf.reshape(outputs, tf.shape(x)) + 0.1 * last[:, None]


@piece(3, cell=CELLS[:5], other=CELLS[:5], lengths=[True, True, False], join=["concat", "sum"])
def bidirectional(tools, x, cell, other, lengths, join):
    width = tools.width // 2 if join == "concat" else tools.width
    cells = [Cell(tools, "forward", cell, width, tools.width), Cell(tools, "backward", other, width, tools.width)]
    given = {"sequence_length": globals()["lengths"](tools)} if lengths else {}
    outputs, _ = v1.nn.bidirectional_dynamic_rnn(*cells, x, dtype=tf.float32, **given)
    return tf.concat(outputs, -1) if join == "concat" else outputs[0] + outputs[1]


@piece(2, cell=CELLS[:5])
def raw_recurrent(tools, x, cell):
    """A loop by hand over arrays."""
    cell = Cell(tools, "cell", cell, tools.width, tools.width)
    steps = tf.shape(x)[1]
    read = tf.TensorArray(tf.float32, size=steps, element_shape=[None, tools.width]).unstack(tf.transpose(x, [1, 0, 2]))
    written = tf.TensorArray(tf.float32, size=0, dynamic_size=True, element_shape=[None, tools.width])
    state = tf.nest.map_structure(lambda size: tf.zeros([tf.shape(x)[0], size]), cell.state_size)

    def body(i, written, state):
        output, state = cell(read.read(i), state)
        return i + 1, written.write(i, output), state

    _, written, _ = tf.while_loop(lambda i, *_: i < steps, body, (0, written, state))
    return tf.transpose(written.stack(), [1, 0, 2])


@piece(2, reverse=[False, True], over=["tokens", "rows"], more=[False, True])
def scanned(tools, x, reverse, over, more):
    kernel = tools.weight("kernel", [tools.width, tools.width])
    first = tf.transpose(x, [1, 0, 2]) if over == "tokens" else x
    start = tf.zeros_like(first[0])
    if more:
        step = lambda s, e: (tf.tanh(tf.matmul(s[0], kernel) + e), s[1] + 1.0)
        y = tf.scan(step, first, (start, tf.constant(0.0)), reverse=reverse)[0]
    else:
        y = tf.scan(lambda s, e: tf.tanh(tf.matmul(s, kernel) + e), first, start, reverse=reverse)
    return tf.transpose(y, [1, 0, 2]) if over == "tokens" else y


@piece(2, body=["dense", "cond", "pairs"], parallel=[1, 10])
def mapped(tools, x, body, parallel):
    kernel, scale = tools.weight("kernel", [tools.width, tools.width]), tools.weight("scale", [tools.width])
    if body == "pairs":
        call = lambda pair: tf.matmul(pair[0], kernel) * (1.0 + 0.1 * tf.cast(pair[1], tf.float32))
        return tf.map_fn(call, (x, tf.range(tf.shape(x)[0])), fn_output_signature=tf.float32, parallel_iterations=parallel)
    if body == "cond":
        call = lambda row: tf.cond(tf.reduce_sum(row) > 0, lambda: tf.matmul(row, kernel), lambda: row * scale)
    else:
        call = lambda row: tf.tanh(tf.matmul(row, kernel)) * scale
    return tf.map_fn(call, x, parallel_iterations=parallel)


@piece(2, times=["constant", "tokens", "values"], body=["dense", "softmax", "cond", "nested"], state=["one", "counter", "grows"])
def repeated(tools, x, times, body, state):
    """tf.while_loop."""
    kernel, bias = tools.weight("kernel", [tools.width, tools.width]), tools.weight("bias", [tools.width])
    dense = lambda y: tf.tanh(tf.tensordot(y, kernel, 1) + bias)
    limit = tf.shape(x)[1] if times == "tokens" else tf.constant(3)

    def step(i, y):
        if body == "softmax":
            return y + tf.nn.softmax(tf.tensordot(y, kernel, 1)) * bias
        if body == "cond":
            return tf.cond(tf.equal(i % 2, 0), lambda: dense(y), lambda: y * bias)
        if body == "nested":
            return tf.while_loop(lambda j, z: j < i, lambda j, z: (j + 1, dense(z)), (0, y))[1]
        return dense(y)

    goes_on = (lambda i, y, *_: tf.logical_and(i < 6, tf.reduce_max(tf.abs(y)) > 0.3)) if times == "values" else (lambda i, *_: i < limit)
    if state == "grows":
        kept = tf.reduce_mean(x, 1)[None]
        shapes = (tf.TensorShape([]), x.shape, tf.TensorShape([None, None, tools.width]))
        _, y, kept = tf.while_loop(
            goes_on, lambda i, y, kept: (i + 1, step(i, y), tf.concat([kept, tf.reduce_mean(y, 1)[None]], 0)), (0, x, kept), shapes)
        return y + tf.reduce_mean(kept, 0)[:, None]
    if state == "counter":
        _, y, n = tf.while_loop(goes_on, lambda i, y, n: (i + 1, step(i, y), n + 2), (0, x, 1))
        return y * (1.0 + 0.1 * tf.cast(n, tf.float32))
    return tf.while_loop(goes_on, lambda i, y: (i + 1, step(i, y)), (0, x))[1]


@piece(2, branch=["dense", "loop", "nested", "assert", "several"], condition=["values", "tokens"])
def conditional(tools, x, branch, condition):
    kernel, bias = tools.weight("kernel", [tools.width, tools.width]), tools.weight("bias", [tools.width])
    dense = lambda y: tf.tanh(tf.tensordot(y, kernel, 1) + bias)
    taken = tf.reduce_sum(x) > 0 if condition == "values" else tf.greater(tf.shape(x)[1], 1)
    if branch == "several":
        y, s = tf.cond(taken, lambda: (dense(x), tf.reduce_sum(bias)), lambda: (x * bias, tf.reduce_mean(x)))
        return y + s
    if branch == "loop":
        return tf.cond(taken, lambda: tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, dense(y)), (0, x))[1], lambda: x * bias)
    if branch == "nested":
        return tf.cond(taken, lambda: tf.cond(tf.reduce_mean(x) > 0.1, lambda: dense(x), lambda: x + bias), lambda: tf.sin(x * bias))
    if branch == "assert":
        def guarded():
            with tf.control_dependencies([v1.assert_less(tf.shape(x)[0], 99)]):
                return dense(x)
        return tf.cond(taken, guarded, lambda: x * bias)
    return tf.cond(taken, lambda: dense(x), lambda: x * bias)


@piece(1.5, index=["tokens", "values"])
def switched(tools, x, index):
    """tf.switch_case."""
    kernel, bias = tools.weight("kernel", [tools.width, tools.width]), tools.weight("bias", [tools.width])
    which = tf.shape(x)[1] % 4 if index == "tokens" else tf.cast(tf.reduce_sum(tf.abs(x)), tf.int32) % 3
    return tf.switch_case(which, [lambda: tf.tensordot(x, kernel, 1), lambda: x * bias, lambda: tf.sin(x + bias)])


@piece(1.5, use=["gather", "split", "concat", "scatter"])
def arrays(tools, x, use):
    bias = tools.weight("bias", [tools.width])
    steps = tf.shape(x)[1]
    time_major = tf.transpose(x * bias, [1, 0, 2])
    if use == "scatter":
        array = tf.TensorArray(tf.float32, size=steps, element_shape=[None, tools.width]).scatter(tf.range(steps - 1, -1, -1), time_major)
        return tf.transpose(array.stack(), [1, 0, 2])
    if use == "split":
        array = tf.TensorArray(tf.float32, size=2, infer_shape=False, element_shape=[None, None, tools.width]).split(time_major, [1, steps - 1])
        return x * tf.reduce_mean(array.read(1), 0)[:, None]
    array = tf.TensorArray(tf.float32, size=steps, clear_after_read=False, element_shape=[None, tools.width]).unstack(time_major)
    if use == "concat":
        return x + tf.reduce_mean(array.concat(), 0)
    return x + tf.reduce_sum(array.gather([0, 0]), 0)[:, None]


@piece(2)
def forward_algorithm(tools, x):
    """The log-likelihoods of a CRF's forward algorithm beside each token."""
    transitions = tools.weight("transitions", [tools.width, tools.width])

    def single():
        return tf.zeros_like(x[:, 0]) + tf.reduce_logsumexp(x[:, 0], -1, keepdims=True)

    def multi():
        step = lambda alpha, e: tf.reduce_logsumexp(alpha[:, :, None] + transitions, 1) + e
        return tf.scan(step, tf.transpose(x[:, 1:], [1, 0, 2]), x[:, 0])[-1]

    alphas = tf.cond(tf.equal(tf.shape(x)[1], 1), single, multi)
    return x + 0.05 * (alphas - tf.reduce_logsumexp(alphas, -1, keepdims=True))[:, None]
