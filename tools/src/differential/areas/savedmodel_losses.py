"""SavedModels that compute their loss themselves, from inputs and labels: taggers with a conditional random field, classifiers and regressions with losses
that Belay has not, as TF2 functions and as graphs of TF1 with control flow v1 and v2. Python trains by the same function, and evaluates and decodes.
"""
import json

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
INTERPRETER = "tensorflow"
SHARE = 0.3

VOCABULARY, EXAMPLES, BATCH, STEPS, RATE, CLIP = 13, 8, 4, 4, 0.05, 0.7
TOLERANCE = 2e-4
TOKEN_LOSSES = ["crf", "crf", "crf", "crf_mean", "crf_per_token", "cross_entropy", "focal", "masked_mean"]
CLASS_LOSSES = ["cross_entropy", "margin", "smoothed", "mean"]
NUMBER_LOSSES = ["squared", "huber", "mean"]
SCALARS = {"crf_mean", "crf_per_token", "masked_mean", "mean"}


def draw(rng):
    kind = rng.choice(["tokens", "tokens", "tokens", "classes", "numbers"])
    loss = rng.choice({"tokens": TOKEN_LOSSES, "classes": CLASS_LOSSES, "numbers": NUMBER_LOSSES}[kind])
    return {
        "kind": kind, "loss": loss, "style": rng.choice(["module", "module", "tf1", "tf1", "tf1_resource", "tf1_v2"]), "width": rng.choice([3, 4, 6]),
        "classes": rng.choice([2, 3, 5]), "attention": rng.random() < 0.5, "recurrent": rng.choice(["none", "lstm", "gru", "bilstm"]),
        "ids": rng.choice(["input_ids", "input_ids", "ids", "input_word_ids"]),
        "seen": rng.choice(["attention_mask", "mask", "lengths", "seq_len", "sequence_lengths"]),
        "labels": rng.choice(["labels", "tags", "label_ids", "y_true", "gold"]), "wide": rng.random() < 0.3,
        "padding": rng.choice([0, 0, 0, 1, -100]) if kind == "tokens" else 0,
        "prediction": rng.choice(["serving", "serving", "serving", "same", "logits", "none"]), "accumulate": rng.random() < 0.3, "name": rng.choice(["loss", "nll", "cost"]),
        "signature": rng.choice(["train", "loss", "likelihood", "serving_default"]), "twice": rng.random() < 0.2, "dropout": rng.random() < 0.3,
        "fault": rng.choice([""] * 12 + ["integer", "missing", "constant"]), "seed": rng.randrange(1 << 30),
    }


# ---- the network ---------------------------------------------------------------------------------------------------------


class Network:
    """Weights by name, drawn when they are first asked for."""

    def __init__(self, recipe):
        self.recipe, self.rng, self.weights = recipe, np.random.default_rng(recipe["seed"]), {}

    def weight(self, name, *shape):
        if name not in self.weights:
            value = (0.5 * self.rng.normal(size=shape)).astype("f")
            style = self.recipe["style"]
            self.weights[name] = (
                tf.Variable(value, name=name) if style == "module"
                else v1.get_variable(name, initializer=tf.constant(value), use_resource=style != "tf1"))
        return self.weights[name]

    def dense(self, x, name, outputs):
        return tf.tensordot(x, self.weight(name + "_kernel", x.shape[-1], outputs), 1) + self.weight(name + "_bias", outputs)

    def cell(self, kind, name, x, mask, reverse=False):
        width = self.recipe["width"]
        gates = {"lstm": 4, "gru": 3}[kind]
        kernel, recurrent = self.weight(name + "_kernel", x.shape[-1], gates * width), self.weight(name + "_recurrent", width, gates * width)
        zeros = tf.zeros_like(x[:, 0, :1]) + tf.zeros([1, width])

        def step(state, given):
            e, on = given
            h = state[0]
            a, r = tf.matmul(e, kernel), tf.matmul(h, recurrent)
            if kind == "lstm":
                i, j, f, o = tf.split(a + r, 4, 1)
                c = state[1] * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
                new = (tf.tanh(c) * tf.sigmoid(o), c)
            else:
                (z, s, n), (rz, rs, rn) = tf.split(a, 3, 1), tf.split(r, 3, 1)
                z = tf.sigmoid(z + rz)
                new = (z * h + (1 - z) * tf.tanh(n + tf.sigmoid(s + rs) * rn),)
            return tuple(tf.where(on, one, old) for one, old in zip(new, state))

        start = (zeros, zeros) if kind == "lstm" else (zeros,)
        turned = tf.transpose(x, [1, 0, 2]), tf.transpose(mask > 0)[:, :, None]
        return tf.transpose(tf.scan(step, turned, start, reverse=reverse)[0], [1, 0, 2])

    def features(self, ids, mask, training):
        recipe = self.recipe
        x = tf.gather(self.weight("words", VOCABULARY, recipe["width"]), ids)
        if recipe["dropout"] and training:
            x = tf.nn.dropout(x, rate=0.2)
        if recipe["attention"]:
            q, k, v = (self.dense(x, name, recipe["width"]) for name in "qkv")
            scores = tf.matmul(q, k, transpose_b=True) + (1.0 - tf.cast(mask, tf.float32))[:, None] * -1e4
            x = x + tf.matmul(tf.nn.softmax(scores), v)
        if recipe["recurrent"] == "bilstm":
            x = tf.concat([self.cell("lstm", "forward", x, mask), self.cell("lstm", "backward", x, mask, True)], -1)
        elif recipe["recurrent"] != "none":
            x = self.cell(recipe["recurrent"], "cell", x, mask)
        if recipe["kind"] == "tokens":
            return self.dense(x, "scores", recipe["classes"])
        on = tf.cast(mask, tf.float32)[:, :, None]
        pooled = tf.reduce_sum(x * on, 1) / tf.reduce_sum(on, 1)
        return self.dense(pooled, "scores", recipe["classes"] if recipe["kind"] == "classes" else 1)

    # losses

    def loss(self, scores, labels, mask):
        recipe, kind = self.recipe, self.recipe["loss"]
        if recipe["kind"] == "numbers":
            error = scores[:, 0] - tf.cast(labels, tf.float32)
            each = tf.where(tf.abs(error) < 1, 0.5 * error * error, tf.abs(error) - 0.5) if kind == "huber" else error * error
            return tf.reduce_mean(each) if kind == "mean" else each
        labels = tf.cast(labels, tf.int32)
        on = tf.cast(mask, tf.float32)
        if recipe["kind"] == "tokens" and recipe["padding"] == -100:
            on = on * tf.cast(tf.not_equal(labels, -100), tf.float32)
            labels = tf.where(tf.equal(labels, -100), tf.zeros_like(labels), labels)
        hot = tf.one_hot(labels, recipe["classes"])
        logs = tf.nn.log_softmax(scores)
        each = -tf.reduce_sum(logs * hot, -1)
        if recipe["kind"] == "classes":
            if kind == "margin":
                right = tf.reduce_sum(scores * hot, -1, keepdims=True)
                return tf.reduce_sum(tf.nn.relu(1.0 + scores - right) * (1.0 - hot), -1)
            if kind == "smoothed":
                return 0.9 * each - 0.1 * tf.reduce_mean(logs, -1)
            return tf.reduce_mean(each) if kind == "mean" else each
        if kind == "cross_entropy":
            return each * on
        if kind == "focal":
            return each * tf.square(1.0 - tf.exp(-each)) * on
        if kind == "masked_mean":
            return tf.reduce_sum(each * on) / tf.reduce_sum(on)
        likelihood = self.likelihood(scores, labels, hot, tf.cast(mask, tf.float32))
        if kind == "crf_mean":
            return tf.reduce_mean(likelihood)
        return tf.reduce_sum(likelihood) / tf.reduce_sum(tf.cast(mask, tf.float32)) if kind == "crf_per_token" else likelihood

    def transitions(self):
        return self.weight("transitions", self.recipe["classes"], self.recipe["classes"])

    def likelihood(self, scores, labels, hot, on):
        transitions = self.transitions()
        unary = tf.reduce_sum(tf.reduce_sum(scores * hot, -1) * on, 1)
        flat = tf.gather(tf.reshape(transitions, [-1]), labels[:, :-1] * self.recipe["classes"] + labels[:, 1:])
        time, alive = tf.transpose(scores[:, 1:], [1, 0, 2]), tf.transpose(on[:, 1:]) > 0

        def forward(alpha, step):
            new = tf.reduce_logsumexp(alpha[:, :, None] + transitions, 1) + step[0]
            return tf.where(step[1][:, None] & tf.ones_like(new, tf.bool), new, alpha)

        alphas = tf.concat([scores[None, :, 0], tf.scan(forward, (time, alive), scores[:, 0])], 0)
        return tf.reduce_logsumexp(alphas[-1], -1) - unary - tf.reduce_sum(flat * on[:, 1:], 1)

    def decode(self, scores, mask):
        recipe = self.recipe
        if recipe["kind"] != "tokens" or not recipe["loss"].startswith("crf"):
            return tf.argmax(scores, -1, tf.int64 if recipe["wide"] else tf.int32)
        transitions = self.transitions()

        def step(state, given):
            paths = state[0][:, :, None] + transitions
            on = given[1][:, None] & tf.ones_like(state[0], tf.bool)
            pointers = tf.where(on, tf.argmax(paths, 1, tf.int32), tf.zeros_like(state[1]) + tf.range(recipe["classes"])[None])
            return tf.where(on, tf.reduce_max(paths, 1) + given[0], state[0]), pointers

        first = scores[:, 0], tf.zeros_like(scores[:, 0], tf.int32)
        best, pointers = tf.scan(step, (tf.transpose(scores[:, 1:], [1, 0, 2]), tf.transpose(mask[:, 1:]) > 0), first)
        best = tf.concat([first[0][None], best], 0)
        last = tf.argmax(best[-1], -1, tf.int32)
        back = tf.scan(lambda tag, pointer: tf.gather(pointer, tag, batch_dims=1), pointers, last, reverse=True)
        return tf.transpose(tf.concat([back, last[None]], 0))

    # signatures

    def seen(self, given):
        value = given[self.recipe["seen"]]
        if self.is_mask():
            return tf.cast(value, tf.int32)
        return tf.sequence_mask(value, tf.shape(given[self.recipe["ids"]])[1], tf.int32)

    def is_mask(self):
        return self.recipe["seen"] in ("attention_mask", "mask")

    def serve(self, given):
        mask = self.seen(given)
        scores = self.features(given[self.recipe["ids"]], mask, False)
        if self.recipe["kind"] == "numbers":
            return {"value": scores[:, 0]}
        return {"logits": scores} if self.recipe["prediction"] == "logits" else {"decoded": self.decode(scores, mask)}

    def learn(self, given):
        recipe, mask = self.recipe, self.seen(given)
        scores = self.features(given[recipe["ids"]], mask, True)
        labels = given[recipe["labels"]]
        loss = self.loss(scores, labels, mask)
        if recipe["fault"] == "integer":
            loss = tf.cast(loss, tf.int32)
        if recipe["fault"] == "constant":
            loss = 0.0 * tf.cast(tf.reduce_sum(labels), tf.float32) + tf.zeros_like(loss)
            loss = tf.stop_gradient(loss)
        results = {recipe["name"]: loss}
        return {**results, **self.serve(given)} if recipe["prediction"] == "same" else results


# ---- data ----------------------------------------------------------------------------------------------------------------


def examples(recipe):
    rng = np.random.default_rng(recipe["seed"] + 1)
    rows = []
    for _ in range(EXAMPLES):
        length = int(rng.integers(2, 7))
        ids = rng.integers(1, VOCABULARY, length).tolist()
        if recipe["kind"] == "tokens":
            label = rng.integers(0, recipe["classes"], length).tolist()
            if recipe["padding"] == -100 and length > 3:
                label[int(rng.integers(1, length))] = -100
        else:
            label = int(rng.integers(0, recipe["classes"])) if recipe["kind"] == "classes" else round(float(rng.normal()), 3)
        rows.append({"input_ids": ids, "labels" if recipe["kind"] == "tokens" else "label": label})
    if recipe["kind"] == "classes":  # classes are numbers of outputs only if all occur
        for c in range(recipe["classes"]):
            rows[c]["label"] = c
    return rows


def types(recipe):
    number = (tf.float64 if recipe["wide"] else tf.float32) if recipe["kind"] == "numbers" else tf.int64 if recipe["wide"] else tf.int32
    mask = recipe["seen"] in ("attention_mask", "mask")
    return {
        recipe["ids"]: (tf.int32, [None, None]), recipe["seen"]: (tf.int32, [None, None] if mask else [None]),
        recipe["labels"]: (number, [None, None] if recipe["kind"] == "tokens" else [None]),
    }


def padded(recipe, rows):
    longest = max(len(row["input_ids"]) for row in rows)
    fill = lambda values, value: values + [value] * (longest - len(values))
    lengths = [len(row["input_ids"]) for row in rows]
    mask = recipe["seen"] in ("attention_mask", "mask")
    labels = [fill(row["labels"], recipe["padding"]) for row in rows] if recipe["kind"] == "tokens" else [row["label"] for row in rows]
    given = {
        recipe["ids"]: [fill(row["input_ids"], 0) for row in rows],
        recipe["seen"]: [fill([1] * n, 0) for n in lengths] if mask else lengths, recipe["labels"]: labels,
    }
    return {name: np.array(value, types(recipe)[name][0].as_numpy_dtype) for name, value in given.items()}


def mean(recipe, loss, labels):
    """Belay's mean over what counts."""
    if recipe["loss"] in SCALARS:
        return loss
    if recipe["kind"] == "tokens" and loss.shape.rank == 2:
        counts = labels
        return tf.reduce_sum(loss * counts) / tf.reduce_sum(counts)
    return tf.reduce_mean(loss)


def counted(recipe, rows):
    longest = max(len(row["input_ids"]) for row in rows)
    if recipe["kind"] != "tokens":
        return np.zeros(1, "f")
    return np.array([[float(label != -100) for label in row["labels"]] + [0.0] * (longest - len(row["labels"])) for row in rows], "f")


# ---- Python's training ---------------------------------------------------------------------------------------------------


def run_module(recipe, folder, batches):
    network = Network({**recipe, "dropout": False})
    given = {name: tf.constant(value) for name, value in padded(recipe, examples(recipe)).items()}
    network.learn(given), network.serve(given)  # makes the weights
    specs = {name: tf.TensorSpec(shape, dtype, name) for name, (dtype, shape) in types(recipe).items()}
    served = {name: spec for name, spec in specs.items() if name != recipe["labels"]}
    saved = Network(recipe)
    saved.weights = network.weights
    module = tf.Module()
    module.kept = dict(network.weights)
    learn = tf.function(lambda **inputs: saved.learn(inputs)).get_concrete_function(**specs)
    signatures = {"serving_default": tf.function(lambda **inputs: saved.serve(inputs)).get_concrete_function(**served)}
    tf.saved_model.save(module, str(folder), {**signatures, **chosen(recipe, learn)})
    variables = list(network.weights.values())
    optimizer = tf.keras.optimizers.Adam(RATE, epsilon=1e-7)
    steps = []
    for rows in batches:
        inputs = {name: tf.constant(value) for name, value in padded(recipe, rows).items()}
        with tf.GradientTape() as tape:
            loss = mean(recipe, network.learn(inputs)[recipe["name"]], tf.constant(counted(recipe, rows)))
        found = [(tf.convert_to_tensor(g), v) for g, v in zip(tape.gradient(loss, variables), variables) if g is not None]
        clipped, norm = tf.clip_by_global_norm([g for g, _ in found], CLIP)
        optimizer.apply_gradients(zip(clipped, [v for _, v in found]))
        steps.append({"loss": float(loss), "grad_norm": float(norm)})

    def answer(rows):
        inputs = {name: tf.constant(value) for name, value in padded(recipe, rows).items()}
        loss = network.learn(inputs)[recipe["name"]]
        return float(mean(recipe, loss, tf.constant(counted(recipe, rows)))), [t.numpy() for t in network.serve(inputs).values()][0], loss.numpy()

    return steps, answer


def chosen(recipe, learn):
    names = {recipe["signature"]: learn}
    if recipe["twice"]:
        names["another"] = learn
    return names


def run_graph(recipe, folder, batches):
    network = Network({**recipe, "dropout": False})
    with tf.Graph().as_default(), v1.Session() as session:
        given = {name: v1.placeholder(dtype, shape, name) for name, (dtype, shape) in types(recipe).items()}
        results, served = network.learn(given), network.serve(given)
        saved = Network(recipe)
        saved.weights = network.weights
        outputs = {name: tf.identity(tensor) for name, tensor in saved.learn(given).items()}
        count = v1.placeholder(tf.float32, None)
        loss = mean(recipe, results[recipe["name"]], count)
        variables = list(network.weights.values())
        # Loops of control flow v2 get what their gradient needs only before they run for the first time.
        found = [(tf.convert_to_tensor(g), v) for g, v in zip(tf.gradients(loss, variables), variables) if g is not None]
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.builder.SavedModelBuilder(str(folder))
        sign = v1.saved_model.signature_def_utils.predict_signature_def
        inputs = {name: tensor for name, tensor in given.items() if name != recipe["labels"]}
        signatures = {"serving_default": sign(inputs, {n: tf.identity(t) for n, t in served.items()}), **chosen(recipe, sign(given, outputs))}
        builder.add_meta_graph_and_variables(session, ["serve"], signatures)
        builder.save()
        clipped, norm = tf.clip_by_global_norm([g for g, _ in found], CLIP)
        optimizer = v1.train.AdamOptimizer(RATE, epsilon=1e-7)
        update = optimizer.apply_gradients(zip(clipped, [v for _, v in found]))
        session.run(v1.variables_initializer(optimizer.variables()))

        def feed(rows):
            return {**{given[name]: value for name, value in padded(recipe, rows).items()}, count: counted(recipe, rows)}

        steps = []
        for rows in batches:
            value, before, _ = session.run([loss, norm, update], feed(rows))
            steps.append({"loss": float(value), "grad_norm": float(before)})
        tensors = [loss, list(served.values())[0], results[recipe["name"]]]
        answer = session.run(tensors, feed(examples(recipe)))
    return steps, lambda rows: answer


# ---- cases ---------------------------------------------------------------------------------------------------------------


def arguments(recipe):
    options = ["--loss-output", "missing" if recipe["fault"] == "missing" else recipe["name"], "--label-pad-token-id", str(recipe["padding"])]
    if recipe["labels"] == "gold":
        options += ["--inputs", "labels=gold"]
    if recipe["twice"]:
        options += ["--signature", recipe["signature"]]
    return options


def make(recipe, folder):
    recipe = {**recipe}
    if recipe["signature"] == "serving_default":  # the function that serves takes labels
        recipe["prediction"] = "same"
    if recipe["fault"]:
        return refused(recipe, folder)
    v2 = recipe["style"] in ("module", "tf1_v2")
    rows = examples(recipe)
    batches = [rows[i % EXAMPLES : i % EXAMPLES + BATCH] for i in range(0, STEPS * BATCH, BATCH)]
    try:
        v1.enable_control_flow_v2() if v2 else v1.disable_control_flow_v2()
        steps, answer = (run_module if recipe["style"] == "module" else run_graph)(recipe, folder / "model", batches)
    finally:
        v1.enable_control_flow_v2()
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    loss, predicted, losses = answer(rows)
    scalar = recipe["loss"] in SCALARS
    parts = 2 if recipe["accumulate"] else 1
    training = ["train", "--model", "@/model", "--train-file", "@/rows.jsonl", "--output-dir", "@/run", *arguments(recipe), *TRAINING]
    training += ["--train-batch-size", str(BATCH // parts), "--gradient-accumulation-steps", str(parts)]
    if scalar and parts == 2:
        return {"runs": [{"arguments": training, "expect": {"refused": True}}]}
    runs = [{"arguments": training, "expect": {"steps": steps, "tolerance": TOLERANCE}}]
    metrics = {"loss": float(loss)}
    if recipe["kind"] != "numbers" and recipe["prediction"] != "none":
        metrics["accuracy"] = accuracy(recipe, rows, predicted)
    evaluating = ["evaluate", "--model", "@/run", "--file", "@/rows.jsonl", "--json", *arguments(recipe)]
    runs.append({"arguments": evaluating, "expect": {"metrics": metrics, "tolerance": 2e-3}})
    return {"runs": runs, "keep": {"losses": np.asarray(losses).ravel().tolist(), "recipe": recipe}}


TRAINING = [
    "--shuffle", "off", "--dropout", "off", "--lr-scheduler", "constant", "--max-steps", str(STEPS), "--report", "none", "--optimizer", "adam",
    "--adam-epsilon", "1e-7", "--weight-decay", "0", "--learning-rate", str(RATE), "--max-grad-norm", str(CLIP),
]


def accuracy(recipe, rows, predicted):
    classes = predicted.argmax(-1) if recipe["prediction"] == "logits" else predicted
    if recipe["kind"] == "classes":
        return float(np.mean([row["label"] == c for row, c in zip(rows, classes)]))
    right = [label == c for row, line in zip(rows, classes) for label, c in zip(row["labels"], line) if label != -100]
    return float(np.mean(right))


def refused(recipe, folder):
    recipe = {**recipe, "style": "module"}
    rows = examples(recipe)
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    saved = Network(recipe)
    given = {name: tf.constant(value) for name, value in padded(recipe, rows).items()}
    saved.learn(given), saved.serve(given)
    specs = {name: tf.TensorSpec(shape, dtype, name) for name, (dtype, shape) in types(recipe).items()}
    learn = tf.function(lambda **inputs: saved.learn(inputs)).get_concrete_function(**specs)
    module = tf.Module()
    module.kept = dict(saved.weights)
    tf.saved_model.save(module, str(folder / "model"), {"loss": learn})
    training = ["train", "--model", "@/model", "--train-file", "@/rows.jsonl", "--output-dir", "@/run", *arguments({**recipe, "twice": False}), *TRAINING]
    return {"runs": [{"arguments": training, "expect": {"refused": True}}]}


def check_back(case, folder):
    """The loss of the export, called in Python, is that of the weights that Python trained."""
    if "keep" not in case:
        return None
    recipe = case["keep"]["recipe"]
    export = folder / "run" / "export" / "1"
    if not export.exists():
        return "there is no export"
    if recipe["dropout"]:
        return None
    signatures = tf.saved_model.load(str(export)).signatures
    given = {name: tf.constant(value) for name, value in padded(recipe, examples(recipe)).items()}
    found = np.ravel(signatures[recipe["signature"]](**given)[recipe["name"]].numpy())
    right = np.array(case["keep"]["losses"])
    worst = float(np.abs(found - right).max() / (1 + np.abs(right).max()))
    return None if worst <= 20 * TOLERANCE else f"losses of the export are off by {worst:.2e}"
