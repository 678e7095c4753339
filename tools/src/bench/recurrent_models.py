#!/usr/bin/env python3
"""SavedModels with loops for recurrent_step.sh, at a size at which a step takes a good part of a second.

    python recurrent_models.py OUT

lstm, gru            Keras: embedding of 256, one recurrent layer of 256 units with a mask, two classes
scan                 tf.Module: a recurrent layer by tf.scan
bert_bilstm_crf      Keras: an encoder of 4 x 256, a bidirectional LSTM of 128 units, marginals of a CRF over nine tags as logits, and the best tags
v1_bert_bilstm_crf   the same, written for TensorFlow 1 with dynamic_rnn
All take input_ids and attention_mask [batch, tokens]. No dropout, so that both sides do the same work.
"""
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
import tensorflow as tf

T = tf.compat.v1
L = tf.keras.layers
VOCABULARY, WIDTH, HEADS, LAYERS, UNITS, TAGS, POSITIONS = 30522, 256, 4, 4, 128, 9, 512


def keras_inputs():
    return [tf.keras.Input([None], dtype=tf.int32, name=name) for name in ("input_ids", "attention_mask")]


def classifier(layer):
    ids, mask = keras_inputs()
    state = layer(WIDTH)(L.Embedding(VOCABULARY, WIDTH)(ids), mask=tf.cast(mask, tf.bool))
    return tf.keras.Model([ids, mask], L.Dense(2, name="logits")(state))


class Scan(tf.Module):
    def __init__(self):
        super().__init__()
        self.table, self.kernel, self.head = (tf.Variable(tf.random.normal(shape, stddev=0.05)) for shape in ([VOCABULARY, WIDTH], [WIDTH, WIDTH], [WIDTH, 2]))

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32, "input_ids"), tf.TensorSpec([None, None], tf.int32, "attention_mask")])
    def run(self, input_ids, attention_mask):
        x = tf.transpose(tf.gather(self.table, input_ids), [1, 0, 2])
        alive = tf.transpose(tf.cast(attention_mask, tf.bool))
        step = lambda state, given: tf.where(given[1][:, None], tf.tanh(tf.matmul(state, self.kernel) + given[0]), state)
        states = tf.scan(step, (x, alive), tf.zeros_like(x[0]))
        return {"logits": tf.matmul(states[-1], self.head)}


def block(x, mask):
    attended = L.MultiHeadAttention(HEADS, WIDTH // HEADS)(x, x, attention_mask=tf.cast(mask, tf.bool)[:, None])
    x = L.LayerNormalization(epsilon=1e-6)(x + attended)
    return L.LayerNormalization(epsilon=1e-6)(x + L.Dense(WIDTH)(L.Dense(4 * WIDTH, "gelu")(x)))


class Crf(L.Layer):
    """Potentials and mask -> (marginals up to a constant, best tags)."""

    def build(self, shapes):
        self.transitions = self.add_weight("transitions", [TAGS, TAGS])

    def call(self, inputs):
        potentials, mask = inputs
        alive = tf.cast(tf.transpose(mask[:, 1:]), tf.bool)
        emitted = tf.transpose(potentials[:, 1:], [1, 0, 2])

        def forward(alpha, step):
            return tf.where(step[1][:, None], tf.reduce_logsumexp(alpha[:, :, None] + self.transitions, 1) + step[0], alpha)

        def backward(beta, step):
            return tf.where(step[1][:, None], tf.reduce_logsumexp(self.transitions + (step[0] + beta)[:, None], 2), beta)

        first, last = potentials[:, 0], tf.zeros_like(potentials[:, 0])
        alphas = tf.concat([first[None], tf.scan(forward, (emitted, alive), first)], 0)
        betas = tf.concat([tf.scan(backward, (emitted, alive), last, reverse=True), last[None]], 0)
        return tf.transpose(alphas + betas, [1, 0, 2])


def tagger():
    ids, mask = keras_inputs()
    positions = L.Embedding(POSITIONS, WIDTH)(tf.range(tf.shape(ids)[1])[None])
    x = L.LayerNormalization(epsilon=1e-6)(L.Embedding(VOCABULARY, WIDTH)(ids) + positions)
    for _ in range(LAYERS):
        x = block(x, mask)
    x = L.Bidirectional(L.LSTM(UNITS, return_sequences=True))(x, mask=tf.cast(mask, tf.bool))
    return tf.keras.Model([ids, mask], Crf(name="logits")([L.Dense(TAGS)(x), mask]))


def weight(name, *shape):
    return T.get_variable(name, shape, tf.float32, T.glorot_uniform_initializer())


def dense(name, x, size):
    width = x.shape[-1]
    rows = tf.matmul(tf.reshape(x, [-1, width]), weight(name + "/kernel", width, size)) + weight(name + "/bias", 1, size)[0]
    return tf.reshape(rows, tf.concat([tf.shape(x)[:-1], [size]], 0))


def norm(name, x):
    mean, variance = tf.nn.moments(x, [-1], keepdims=True)
    scale, offset = T.get_variable(name + "/gamma", [WIDTH], initializer=T.ones_initializer()), T.get_variable(name + "/beta", [WIDTH], initializer=T.zeros_initializer())
    return tf.nn.batch_normalization(x, mean, variance, offset, scale, 1e-6)


def v1_block(name, x, mask):
    heads = lambda y: tf.transpose(tf.reshape(y, [tf.shape(y)[0], -1, HEADS, WIDTH // HEADS]), [0, 2, 1, 3])
    q, k, v = (heads(dense(f"{name}/{part}", x, WIDTH)) for part in "qkv")
    scores = tf.matmul(q, k, transpose_b=True) / (WIDTH // HEADS) ** 0.5 + (1 - tf.cast(mask, tf.float32))[:, None, None] * -10000.0
    joined = tf.reshape(tf.transpose(tf.matmul(tf.nn.softmax(scores), v), [0, 2, 1, 3]), tf.shape(x))
    x = norm(name + "/first", x + dense(name + "/o", tf.ensure_shape(joined, [None, None, WIDTH]), WIDTH))
    inner = tf.ensure_shape(tf.nn.gelu(dense(name + "/up", x, 4 * WIDTH)), [None, None, 4 * WIDTH])
    return norm(name + "/second", tf.ensure_shape(x + dense(name + "/down", inner, WIDTH), [None, None, WIDTH]))


class ForwardCell(T.nn.rnn_cell.RNNCell):
    """A step of the forward algorithm, as in tf.contrib.crf."""

    def __init__(self, transitions):
        super().__init__()
        self.transitions = tf.expand_dims(transitions, 0)

    state_size = output_size = property(lambda self: TAGS)

    def __call__(self, inputs, state, scope=None):
        new = inputs + tf.reduce_logsumexp(tf.expand_dims(state, 2) + self.transitions, [1])
        return new, new


def v1_tagger(folder):
    T.disable_control_flow_v2()  # frames, as TensorFlow 1 wrote them
    with tf.Graph().as_default(), T.Session() as session:
        ids, mask = (T.placeholder(tf.int32, [None, None], name) for name in ("input_ids", "attention_mask"))
        lengths = tf.reduce_sum(mask, 1)
        x = norm("embeddings", tf.gather(weight("words", VOCABULARY, WIDTH), ids) + weight("positions", POSITIONS, WIDTH)[: tf.shape(ids)[1]])
        for number in range(LAYERS):
            x = v1_block(f"layer_{number}", x, mask)
        cells = [T.nn.rnn_cell.LSTMCell(UNITS), T.nn.rnn_cell.LSTMCell(UNITS)]
        outputs, _ = T.nn.bidirectional_dynamic_rnn(*cells, x, lengths, dtype=tf.float32)
        potentials = tf.ensure_shape(dense("potentials", tf.concat(outputs, -1), TAGS), [None, None, TAGS])
        transitions = weight("transitions", TAGS, TAGS)

        def scores(values, to, scope):
            with T.variable_scope(scope):
                rest, _ = T.nn.dynamic_rnn(ForwardCell(to), values[:, 1:], sequence_length=lengths - 1, initial_state=values[:, 0], dtype=tf.float32)
            return tf.concat([values[:, :1], rest], 1)

        turned = tf.reverse_sequence(potentials, lengths, seq_axis=1)
        back = tf.reverse_sequence(scores(turned, tf.transpose(transitions), "backward"), lengths, seq_axis=1)
        logits = tf.identity(scores(potentials, transitions, "forward") + back - potentials, "logits")
        session.run(T.global_variables_initializer())
        T.saved_model.simple_save(session, folder, {"input_ids": ids, "attention_mask": mask}, {"logits": logits})


def main(out):
    tf.keras.utils.set_random_seed(5)
    classifier(L.LSTM).save(os.path.join(out, "lstm"), include_optimizer=False)
    classifier(L.GRU).save(os.path.join(out, "gru"), include_optimizer=False)
    module = Scan()
    tf.saved_model.save(module, os.path.join(out, "scan"), {"serving_default": module.run.get_concrete_function()})
    tagger().save(os.path.join(out, "bert_bilstm_crf"), include_optimizer=False)
    v1_tagger(os.path.join(out, "v1_bert_bilstm_crf"))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
