"""SavedModels of plain TensorFlow ops: tf.Module with tf.function, functions with signatures, and graphs of TF1, over the pieces of op_catalogue.py.

Right is what TensorFlow Python computes: logits; loss and dense gradient norm of three updates by Adam or SGD, clipped by global norm; the logits that the
trained weights give, which Python must find again in Belay's export.
"""
import copy
import json
import math

import numpy as np
import tensorflow as tf

import family_grammar as grammar
from op_catalogue import PIECES

INTERPRETER = "tensorflow"
SHARE = 1.5

v1 = tf.compat.v1
VOCABULARY, BATCH, CLASSES, STEPS = 30, 4, 3, 3
SCALE = 0.4
RATES = {"adam": 1e-3, "sgd": 0.05}
NARROW = {"half": tf.float16, "bfloat16": tf.bfloat16}
TOLERANCES = {"float32": 1e-4, "half": 2e-2, "bfloat16": 6e-2}
ROUNDING = {"float32": 6e-8, "half": 5e-4, "bfloat16": 4e-3}


# ---- the grammar --------------------------------------------------------------------------------------------------------

def draw(rng):
    fixed = rng.random() < 0.8
    names = [name for name, entry in PIECES.items() if fixed or not entry["fixed"]]
    pieces = []
    for name in rng.choices(names, [PIECES[name]["weight"] for name in names], k=rng.choice([1, 1, 2, 2, 3])):
        precision = rng.choice(["half", "bfloat16"]) if PIECES[name]["narrow"] and rng.random() < 0.08 else "float32"
        arguments = {key: rng.choice(values) for key, values in PIECES[name]["choices"].items()}
        pieces.append({"name": name, "arguments": arguments, "precision": precision})
    return {
        "style": rng.choice(["module", "module", "function", "nested", "tf1", "tf1", "tf1_resource"]),
        "ids_type": rng.choice(["int32", "int32", "int64"]),
        "mask": rng.choice(["none", "int32", "int32", "float32"]),
        "types": rng.random() < 0.3,
        "fixed": fixed,
        "length": 6,
        "width": 8,
        "embedding": rng.choice(["lookup", "lookup", "gather", "one_hot", "scaled", "positions"]),
        "pieces": pieces,
        "residual": rng.choice([True, True, False]),
        "pool": rng.choice(["mean", "masked_mean", "max", "first", "last", "attention", "tokens", "tokens"]),
        "answer": rng.choice(["logits", "logits", "logits", "log_probabilities"]),
        "custom_gradients": rng.random() < 0.7,
        "more_outputs": rng.random() < 0.2,
        "optimizer": rng.choice(["adam", "adam", "sgd"]),
        "clip": rng.choice([0.1, 1.0, 1.0, 100.0]),
        "seed": rng.randrange(10 ** 6),
    }


# ---- the model ----------------------------------------------------------------------------------------------------------

class Tools:
    """Weights and inputs of one model while it is built or called."""

    def __init__(self, recipe, create):
        self.width = recipe["width"]
        self.length = recipe["length"] if recipe["fixed"] else None
        self.create = create
        self.scope = ""
        self.ids = self.mask = None

    def inside(self, scope):
        self.scope = scope
        return self

    def variable(self, name, shape):
        return self.create(f"{self.scope}_{name}", shape)

    def weight(self, name, shape, dtype=tf.float32):
        return tf.cast(tf.convert_to_tensor(self.variable(name, shape)), dtype)

    def dense(self, x, name, size=None):
        kernel = self.weight(name + "_kernel", [self.width, size or self.width], x.dtype)
        return tf.tensordot(x, kernel, 1) + self.weight(name + "_bias", [size or self.width], x.dtype)


def embed(tools, recipe, inputs):
    tools.inside("embedding")
    ids, table = inputs["input_ids"], tools.variable("table", [VOCABULARY, tools.width])
    kind = recipe["embedding"]
    if kind == "gather":
        x = tf.gather(table, ids)
    elif kind == "one_hot":
        x = tf.matmul(tf.one_hot(ids, VOCABULARY), tf.expand_dims(tf.convert_to_tensor(table), 0))
    else:
        x = tf.nn.embedding_lookup(table, ids)
    if kind == "scaled":
        x *= math.sqrt(tools.width)
    if kind == "positions":
        x += tools.weight("positions", [16, tools.width])[: tf.shape(ids)[1]]
    if "token_type_ids" in inputs:
        x += tf.gather(tools.variable("types", [2, tools.width]), inputs["token_type_ids"])
    return x


def forward(tools, recipe, inputs):
    ids = inputs["input_ids"]
    tools.ids = ids
    mask = inputs.get("attention_mask")
    tools.mask = tf.cast(mask, tf.float32) if mask is not None else tf.ones(tf.shape(ids), tf.float32)
    x = embed(tools, recipe, inputs)
    for number, drawn in enumerate(recipe["pieces"]):
        tools.inside(f"piece{number}")
        given = tf.cast(x, NARROW.get(drawn["precision"], tf.float32))
        y = tf.cast(PIECES[drawn["name"]]["call"](tools, given, **drawn["arguments"]), tf.float32)
        x = x + 0.5 * y if recipe["residual"] else y
    tools.inside("head")
    pooled = pool(tools, recipe["pool"], x)
    kernel, bias = tools.weight("kernel", [tools.width, CLASSES]), tools.weight("bias", [CLASSES])
    logits = tf.tensordot(pooled, kernel, 1) + bias
    if recipe["answer"] == "log_probabilities":
        logits = tf.nn.log_softmax(logits)
    outputs = {"logits": logits}
    if recipe["more_outputs"]:
        outputs.update(hidden=x, total=tf.reduce_sum(pooled, -1))
    return outputs


def pool(tools, kind, x):
    weights = tools.mask[..., None]
    if kind == "tokens":
        return x
    if kind == "masked_mean":
        return tf.reduce_sum(x * weights, 1) / tf.maximum(tf.reduce_sum(weights, 1), 1e-6)
    if kind == "max":
        return tf.reduce_max(x - (1 - weights) * 1e4, 1)
    if kind == "first":
        return x[:, 0]
    if kind == "last":
        return tf.gather(x, tf.cast(tf.reduce_sum(tools.mask, 1), tf.int32) - 1, batch_dims=1)
    if kind == "attention":
        scores = tf.nn.softmax(tools.dense(x, "scores", 1)[..., 0] - (1 - tools.mask) * 1e4)
        return tf.einsum("bt,btd->bd", scores, x)
    return tf.reduce_mean(x, 1)


def initial(recipe, name, shape):
    return np.random.RandomState(sum(map(ord, name)) + recipe["seed"]).normal(0, SCALE, shape).astype("float32")


# ---- data ---------------------------------------------------------------------------------------------------------------

def batch(recipe, number):
    random = np.random.RandomState(recipe["seed"] + number)
    shape = (BATCH, recipe["length"])
    inputs = {"input_ids": random.randint(1, VOCABULARY, shape)}
    if recipe["mask"] != "none":
        inputs["attention_mask"] = (np.arange(shape[1])[None] < random.randint(2, shape[1] + 1, (BATCH, 1))).astype(int)
    if recipe["types"]:
        inputs["token_type_ids"] = (np.arange(shape[1])[None] >= random.randint(1, shape[1], (BATCH, 1))).astype(int)
    labels = random.randint(0, CLASSES, shape if recipe["pool"] == "tokens" else (BATCH,))
    return inputs, labels


def input_types(recipe):
    types = {"input_ids": recipe["ids_type"]}
    if recipe["mask"] != "none":
        types["attention_mask"] = recipe["mask"]
    if recipe["types"]:
        types["token_type_ids"] = recipe["ids_type"]
    return {name: tf.as_dtype(name_of) for name, name_of in types.items()}


def write_rows(file, recipe, batches, labelled):
    with open(file, "w") as out:
        for inputs, labels in batches:
            for row in range(BATCH):
                line = {name: values[row].tolist() for name, values in inputs.items()}
                if labelled:
                    line["labels" if recipe["pool"] == "tokens" else "label"] = labels[row].tolist()
                out.write(json.dumps(line) + "\n")


# ---- TensorFlow 2 -------------------------------------------------------------------------------------------------------

class Model(tf.Module):
    def __init__(self, recipe):
        super().__init__()
        self.recipe, self.weights = copy.deepcopy(recipe), {}  # a module wraps the dictionaries that it holds
        self.run({name: tf.constant(values, input_types(recipe)[name]) for name, values in batch(recipe, 0)[0].items()})

    def create(self, name, shape):
        if name not in self.weights:
            self.weights[name] = tf.Variable(initial(self.recipe, name, shape), name=name)
        return self.weights[name]

    def run(self, inputs):
        return forward(Tools(self.recipe, self.create), self.recipe, inputs)


def save_module(model, recipe, folder):
    specs = {
        name: tf.TensorSpec([None, recipe["length"] if recipe["fixed"] else None], dtype, name)
        for name, dtype in input_types(recipe).items()
    }
    body = model.run
    if recipe["style"] == "nested":
        inner = tf.function(model.run)
        body = lambda inputs: inner(inputs)
    names = list(specs)
    if recipe["style"] == "module":
        model.serve = tf.function(lambda *values: body(dict(zip(names, values))), input_signature=list(specs.values()))
        served = model.serve
    else:
        served = tf.function(lambda **inputs: body(inputs)).get_concrete_function(**specs)
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=recipe["custom_gradients"])
    tf.saved_model.save(model, str(folder), signatures={"serving_default": served}, options=options)


def run_module(recipe, folder):
    model = Model(recipe)
    types = input_types(recipe)
    run = tf.function(model.run)
    feed = lambda inputs: {name: tf.constant(values, types[name]) for name, values in inputs.items()}
    logits = run(feed(batch(recipe, 0)[0]))["logits"].numpy()
    save_module(model, recipe, folder)
    variables = list(model.weights.values())

    @tf.function
    def differentiate(inputs, labels):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, model.run(inputs)["logits"]))
        found = tape.gradient(loss, variables)
        return loss, [None if g is None else tf.convert_to_tensor(g) for g in found]

    def gradients(inputs, labels):
        loss, found = differentiate(feed(inputs), tf.constant(labels))
        return float(loss), [None if g is None else g.numpy() for g in found]

    def assign(values):
        for variable, value in zip(variables, values):
            variable.assign(value)

    steps, after = repeatable_steps(
        recipe, gradients, lambda: [v.numpy() for v in variables], assign, lambda: run(feed(batch(recipe, 0)[0]))["logits"].numpy())
    return logits, steps, after


# ---- TensorFlow 1 -------------------------------------------------------------------------------------------------------

def run_graph(recipe, folder):
    weights = {}

    def create(name, shape):
        if name not in weights:
            weights[name] = v1.get_variable(
                name, initializer=initial(recipe, name, shape), use_resource=recipe["style"] == "tf1_resource")
        return weights[name]

    with tf.Graph().as_default(), v1.Session() as session:
        shape = [None, recipe["length"] if recipe["fixed"] else None]
        inputs = {name: v1.placeholder(dtype, shape, name) for name, dtype in input_types(recipe).items()}
        outputs = forward(Tools(recipe, create), recipe, inputs)
        labels = v1.placeholder(tf.int64, [None] * (2 if recipe["pool"] == "tokens" else 1))
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, outputs["logits"]))
        variables = list(weights.values())
        found = [None if g is None else tf.convert_to_tensor(g) for g in v1.gradients(loss, variables)]
        values = [v1.placeholder(tf.float32, v.shape) for v in variables]
        assignments = [v1.assign(v, value) for v, value in zip(variables, values)]
        session.run(v1.global_variables_initializer())
        feed = lambda given: {inputs[name]: value for name, value in given.items()}
        logits = session.run(outputs["logits"], feed(batch(recipe, 0)[0]))
        builder = v1.saved_model.builder.SavedModelBuilder(str(folder))
        signature = v1.saved_model.signature_def_utils.predict_signature_def(inputs, outputs)
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": signature})
        builder.save()

        def gradients(given, right):
            present = session.run([loss] + [g for g in found if g is not None], {**feed(given), labels: right})
            rest = iter(present[1:])
            return float(present[0]), [None if g is None else next(rest) for g in found]

        steps, after = repeatable_steps(
            recipe, gradients, lambda: session.run(variables), lambda new: session.run(assignments, dict(zip(values, new))),
            lambda: session.run(outputs["logits"], feed(batch(recipe, 0)[0])))
        return logits, steps, after


# ---- training -----------------------------------------------------------------------------------------------------------

def repeatable_steps(recipe, gradients, read, assign, answer):
    """Steps and logits after them, each None where the precision does not decide them: weights that differ by its rounding move them."""
    before, noise = read(), np.random.RandomState(recipe["seed"] % 9973)
    rounding = max(ROUNDING[piece["precision"]] for piece in recipe["pieces"])
    assign([(v * (1 + rounding * noise.randint(-1, 2, v.shape))).astype(v.dtype) for v in before])
    others, changed = train(recipe, gradients, read, assign), answer()
    assign(before)
    steps, after = train(recipe, gradients, read, assign), answer()
    bound = tolerance(recipe)
    decided = np.allclose(after, changed, rtol=bound, atol=bound)
    return steps if grammar.are_near(steps, others, bound / 2) else None, after if decided else None


def train(recipe, gradients, read, assign):
    """Updates as TF's ApplyAdam or plain SGD makes them, on gradients clipped by their dense global norm."""
    values = [v.astype("float64") for v in read()]
    first, second = [np.zeros_like(v) for v in values], [np.zeros_like(v) for v in values]
    rate, steps = RATES[recipe["optimizer"]], []
    for step in range(1, STEPS + 1):
        loss, found = gradients(*batch(recipe, step))
        recipe["none"] = any(g is None for g in found)
        found = [np.zeros_like(v) if g is None else g.astype("float64") for g, v in zip(found, values)]
        norm = math.sqrt(sum(float((g ** 2).sum()) for g in found))
        if not (math.isfinite(loss) and math.isfinite(norm)) or norm > 1e4:
            raise ValueError(f"loss {loss}, norm {norm}: not a model that anybody trains")
        steps.append({"loss": loss, "grad_norm": norm})
        factor = min(1, recipe["clip"] / norm) if norm else 1
        for i, gradient in enumerate(found):
            gradient = gradient * factor
            if recipe["optimizer"] == "sgd":
                values[i] -= rate * gradient
                continue
            first[i] = 0.9 * first[i] + 0.1 * gradient
            second[i] = 0.999 * second[i] + 0.001 * gradient ** 2
            corrected = rate * math.sqrt(1 - 0.999 ** step) / (1 - 0.9 ** step)
            values[i] -= corrected * first[i] / (np.sqrt(second[i]) + 1e-8)
        assign([v.astype("float32") for v in values])
    return steps


def tolerance(recipe):
    return max(TOLERANCES[piece["precision"]] for piece in recipe["pieces"])


def make(recipe, folder):
    run = run_graph if recipe["style"].startswith("tf1") else run_module
    logits, steps, after = run(recipe, folder / "model")
    batches = [batch(recipe, step) for step in range(1, STEPS + 1)]
    write_rows(folder / "train.jsonl", recipe, batches, True)
    write_rows(folder / "predict.jsonl", recipe, [batch(recipe, 0)], False)
    training = [
        "train", "--model", "@/model", "--train-file", "@/train.jsonl", "--output-dir", "@/run", "--shuffle", "off",
        "--dropout", "off", "--lr-scheduler", "constant", "--max-steps", str(STEPS), "--train-batch-size", str(BATCH),
        "--report", "none", "--optimizer", recipe["optimizer"], "--learning-rate", str(RATES[recipe["optimizer"]]),
        "--max-grad-norm", str(recipe["clip"]),
    ]
    if recipe.pop("none"):  # Python has no gradient of some weight, and trains without a word
        training += ["--allow-no-gradient", "piece"]
    if recipe["style"].startswith("tf1") or not recipe["custom_gradients"]:
        training += ["--accept-custom-gradient"]  # those of swish and the like are the natural ones
    predicting = ["predict", "--model", "@/model", "--file", "@/predict.jsonl"]
    bound = tolerance(recipe)
    runs = [{"arguments": training, "expect": {"steps": steps, "tolerance": bound} if steps else {}}]
    if recipe["pool"] != "tokens":
        runs.insert(0, {"arguments": predicting, "expect": {"logits": logits.tolist(), "tolerance": bound}})
    if after is None:
        return {"runs": runs}
    inputs = batch(recipe, 0)[0]
    keep = {"inputs": {name: values.tolist() for name, values in inputs.items()}, "logits": after.tolist(), "tolerance": 10 * bound}
    return {"runs": runs, "keep": keep}


def check_back(case, folder):
    """The export, called in Python, gives the logits of the weights that Python trained."""
    export = folder / "run" / "export" / "1"
    if "keep" not in case:
        return None
    if not export.exists():
        return "there is no export"
    signature = tf.saved_model.load(str(export)).signatures["serving_default"]
    specs = signature.structured_input_signature[1]
    inputs = {name: tf.constant(case["keep"]["inputs"][name], spec.dtype) for name, spec in specs.items()}
    found, right = signature(**inputs)["logits"].numpy(), np.array(case["keep"]["logits"])
    worst = float(np.abs(found - right).max() / (1 + np.abs(right).max()))
    return None if worst <= case["keep"]["tolerance"] else f"logits of the export are off by {worst:.2e}"
