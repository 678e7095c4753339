"""Families by transformers 4.26 in TensorFlow: each key that its classes compute, each head, as h5 and as a TF2 checkpoint.

Logits or the loss of the model's own head, three steps of plain gradient descent without dropout, and what comes back: the
SavedModel that Belay exports, called by TensorFlow.
"""
import json

import family_grammar as grammar
from family_grammar import Rows, family, kind, weighted

INTERPRETER = "tensorflow"
SHARE = 1.0

ACTIVATIONS = ("gelu", "gelu_10", "gelu_fast", "gelu_new", "mish", "quick_gelu", "relu", "sigmoid", "silu", "swish", "tanh")
MODELS = (("bert", 5), ("roberta", 3), ("xlm-roberta", 1), ("camembert", 1), ("distilbert", 3), ("electra", 3), ("albert", 3), ("mpnet", 3),
          ("gpt2", 4), ("t5", 4), ("mt5", 1))
CLASS = {"bert": "Bert", "roberta": "Roberta", "xlm-roberta": "XLMRoberta", "camembert": "Camembert", "distilbert": "DistilBert",
         "electra": "Electra", "albert": "Albert", "mpnet": "MPNet", "gpt2": "GPT2", "t5": "T5", "mt5": "MT5"}
ENDING = {"classes": "ForSequenceClassification", "regression": "ForSequenceClassification", "labels": "ForSequenceClassification",
          "tokens": "ForTokenClassification", "masked": "ForMaskedLM", "causal": "LMHeadModel", "seq2seq": "ForConditionalGeneration"}
STEPS, RATE = 3, 0.002


def dropped(model_type):
    """Keys that the TensorFlow classes do not read: they compute without them."""
    keys = ["position_embedding_type", "scale_attn_weights", "scale_attn_by_inverse_layer_idx", "sinusoidal_pos_embds"]
    if family(model_type) != "t5":
        keys.append("tie_word_embeddings")
    if family(model_type) == "roberta":
        keys.append("pad_token_id")  # positions count from 2 whatever the configuration says
    if family(model_type) == "albert":
        keys.append("is_decoder")
    return keys


def draw(rng):
    model_type = weighted(rng, MODELS)
    tasks = [pair for pair in grammar.TASKS[kind(model_type)] if pair[0] != "answers"]
    if model_type == "gpt2":
        tasks = [pair for pair in tasks if pair[0] != "tokens"]
    task = weighted(rng, tasks)
    config = grammar.configuration(rng, model_type, ACTIVATIONS, dropped(model_type))
    config.pop("return_dict", None)
    classes = 1 if task == "regression" else rng.choice((2, 3, 4)) if task != "labels" else rng.choice((3, 4))
    recipe = dict(model_type=model_type, task=task, config=config, classes=classes, weights=rng.randint(0, 10**6))
    recipe["rows"] = grammar.rows(rng, config, model_type, task)
    if recipe["rows"]["padded"] == "left" and task in ("classes", "regression", "labels"):
        recipe["rows"]["padded"] = "right"  # the class counts tokens that are no padding, from the left
    recipe["form"] = weighted(rng, (("h5", 4), ("checkpoint", 1)))
    recipe["keys"] = [key for key in ("gradient_checkpointing", "n_ctx", "my_own_key") if rng.random() < 0.06]
    recipe["trains"] = rng.random() < 0.5
    return recipe


def build(recipe):
    import numpy as np
    import tensorflow as tf
    import transformers as tr

    config = dict(recipe["config"])
    if recipe["task"] in ("classes", "regression", "labels", "tokens"):
        config["num_labels"] = recipe["classes"]
    if recipe["task"] == "labels":
        config["problem_type"] = "multi_label_classification"
    if recipe["model_type"] == "gpt2" and recipe["task"] != "causal":
        config.setdefault("pad_token_id", 0)
    name = CLASS[recipe["model_type"]]
    model = getattr(tr, "TF" + name + ENDING[recipe["task"]])(getattr(tr, name + "Config")(**config))
    ids = tf.constant([[5, 6]])
    model(input_ids=ids, decoder_input_ids=ids) if recipe["task"] == "seq2seq" else model(ids)
    random = np.random.RandomState(recipe["weights"])
    for weight in model.trainable_weights:
        matrix = len(weight.shape) >= 2 and weight.shape[0] > 1
        noise = random.normal(0, 0.35 if matrix else 0.1, weight.shape).astype("float32")
        weight.assign(noise if matrix else weight.numpy() + noise)
    return model


def run(model, recipe, rows, labels):
    """(logits, loss) of the batch."""
    import tensorflow as tf

    task = recipe["task"]
    fed = {name: tf.constant(values) for name, values in rows.feed().items()}
    if task == "seq2seq":
        target = tf.constant(labels)
        start = recipe["config"]["decoder_start_token_id"]
        words = tf.where(target < 0, rows.pad, target)
        read = tf.concat([tf.fill([tf.shape(words)[0], 1], start), words[:, :-1]], 1)
        logits = model(**fed, decoder_input_ids=read).logits
        return logits, cross_entropy(logits, target)
    logits = model(**fed).logits
    if task == "regression":
        return logits, tf.reduce_mean((logits[:, 0] - tf.constant(labels, tf.float32)) ** 2)
    if task == "labels":
        return logits, tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.constant(labels), logits))
    target = tf.constant(labels)
    if task == "causal":
        return logits, cross_entropy(logits[:, :-1], target[:, 1:])
    return logits, cross_entropy(logits, target)


def cross_entropy(logits, target):
    """The mean over labels other than -100."""
    import tensorflow as tf

    counts = tf.cast(target >= 0, tf.float32)
    each = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(target, 0), logits)
    return tf.reduce_sum(each * counts) / tf.reduce_sum(counts)


def steps(model, recipe, rows, labels):
    """Loss and dense norm before each of some updates of plain gradient descent."""
    import tensorflow as tf

    found = []
    for _ in range(STEPS):
        with tf.GradientTape() as tape:
            _, loss = run(model, recipe, rows, labels)
        pairs = [(tf.convert_to_tensor(gradient), weight)
                 for gradient, weight in zip(tape.gradient(loss, model.trainable_weights), model.trainable_weights) if gradient is not None]
        found.append(dict(loss=float(loss), grad_norm=float(tf.linalg.global_norm([gradient for gradient, _ in pairs]))))
        for gradient, weight in pairs:
            weight.assign_sub(RATE * gradient)
    return found


def repeatable_steps(model, recipe, rows, labels):
    """Steps, or None where float32 does not decide them: the last bit of the weights moves them."""
    import numpy as np

    rng = np.random.RandomState(recipe["weights"] % 1000)
    before = [weight.numpy() for weight in model.trainable_weights]
    for weight, value in zip(model.trainable_weights, before):
        weight.assign(value * (1 + 6e-8 * rng.choice([-1, 0, 1], size=value.shape)).astype("float32"))
    others = steps(model, recipe, rows, labels)
    changed = run(model, recipe, rows, labels)[0].numpy()
    for weight, value in zip(model.trainable_weights, before):
        weight.assign(value)
    found = steps(model, recipe, rows, labels)
    after = run(model, recipe, rows, labels)[0].numpy()
    return found if grammar.are_near(found, others) and np.allclose(after, changed, rtol=2e-4, atol=2e-4) else None


def save(model, recipe, path):
    import tensorflow as tf

    path.mkdir()
    if recipe["form"] == "h5":
        model.save_pretrained(path)
    else:
        tf.train.Checkpoint(model=model).write(str(path / "ckpt"))
        model.config.architectures = [type(model).__name__[2:]]
        model.config.save_pretrained(path)
    file = path / "config.json"
    config = json.loads(file.read_text())
    config.update({key: 3 for key in recipe["keys"]})
    file.write_text(json.dumps(config))


def make(recipe, path):
    rows = Rows(recipe)
    model = build(recipe)
    labels, lines = rows.labels(recipe["task"], recipe["classes"])
    written = rows.written_rows()
    with open(path / "in.jsonl", "w") as file:
        for row, line in zip(written, lines):
            file.write(json.dumps({**row, **line}) + "\n")
    save(model, recipe, path / "model")
    logits, loss = run(model, recipe, rows, labels)
    at = "@/model" if recipe["form"] == "h5" else "@/model/ckpt"
    runs = []
    if recipe["task"] in ("classes", "regression", "labels", "tokens"):
        runs.append(dict(arguments=["predict", "--model", at, "--file", "@/in.jsonl"], expect=dict(logits=shown(logits.numpy(), rows, recipe, written))))
    runs.append(dict(arguments=["evaluate", "--json", "--model", at, "--file", "@/in.jsonl"],
                     expect=dict(metrics=dict(loss=float(loss)))))
    found = repeatable_steps(model, recipe, rows, labels) if recipe["trains"] else None
    if found:
        arguments = ["train", "--model", at, "--train-file", "@/in.jsonl", "--output-dir", "@/run", "--max-steps", str(STEPS),
                     "--train-batch-size", "32", "--shuffle", "off", "--dropout", "off", "--optimizer", "sgd", "--learning-rate", str(RATE),
                     "--lr-scheduler", "constant", "--clip-mode", "none", "--report", "none"]
        runs.append(dict(arguments=arguments, expect=dict(steps=found, tolerance=5e-4)))
    keep = {}
    if found:
        logits, _ = run(model, recipe, rows, labels)
        keep["logits"] = logits.numpy().tolist()
    return dict(runs=runs, keep=keep)


def shown(logits, rows, recipe, written):
    """As predict writes them: of tokens those of the row."""
    if recipe["task"] != "tokens":
        return logits.tolist()
    out = []
    for number, row in enumerate(logits.tolist()):
        width = len(written[number]["input_ids"])
        out.append(row[-width:] if rows.left else row[:width])
    return out


def check_back(case, path):
    """The SavedModel of the run gives the logits that the weights of Python's own training give."""
    import numpy as np
    import tensorflow as tf

    if not (path / "run/export").exists():
        return None
    recipe = case["recipe"]
    rows = Rows(recipe)
    labels, _ = rows.labels(recipe["task"], recipe["classes"])
    served = tf.saved_model.load(str(path / "run/export/1")).signatures["serving_default"]
    asked = served.structured_input_signature[1]
    fed = {name: tf.constant(values, asked[name].dtype) for name, values in rows.feed().items() if name in asked}
    if "decoder_input_ids" in asked:
        start = recipe["config"]["decoder_start_token_id"]
        fed["decoder_input_ids"] = tf.constant([[start] + [rows.pad if label < 0 else label for label in row[:-1]] for row in labels], asked["decoder_input_ids"].dtype)
    found = served(**fed)["logits"].numpy()
    right = np.asarray(case["keep"]["logits"])
    counted = np.asarray(rows.feed()["attention_mask"], bool)
    if right.ndim == 3 and right.shape[:2] == counted.shape:
        right, found = right[counted], found[counted]
    worst = float(np.max(np.abs(right - found) / (1 + np.abs(right))))
    return f"the SavedModel's logits differ by {worst:.2e} of themselves" if worst > 1e-3 else None
