"""Data: each task's columns in each convention and file format. What is right is what Hugging Face's PyTorch classes compute of the tensors that
its example scripts make of such data (run_glue, run_ner, run_clm, run_mlm, run_summarization, run_qa); metrics are computed by their formulas."""
import json
import math
import os
import random

import numpy
import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from tokenizers.implementations import BertWordPieceTokenizer

import data_files

INTERPRETER = "pytorch"
SHARE = 1.0

transformers.logging.set_verbosity_error()
torch.set_num_threads(1)

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = ("the a movie film was is good bad great awful very not i like hate it this plot actor about of in to and rome paris anna bob lives works ##s ##ing "
         "##ed . , ! ? ' \" - 1 2 3").split()
VOCABULARY = SPECIAL + WORDS
V = len(VOCABULARY)
LONGEST = 40
TYPES = ("PER", "LOC")

# ------------------------------------------------------------------------------------------------ models


def family(name, **more):
    """(configuration, sizes) of a tiny model."""
    bert = dict(vocab_size=V, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, max_position_embeddings=LONGEST + 2)
    sizes = {
        "bert": (transformers.BertConfig, bert),
        "electra": (transformers.ElectraConfig, dict(bert, embedding_size=16)),
        "albert": (transformers.AlbertConfig, dict(bert, embedding_size=12)),
        "roberta": (transformers.RobertaConfig, dict(bert, type_vocab_size=1, pad_token_id=1)),
        "mpnet": (transformers.MPNetConfig, bert),
        "modernbert": (transformers.ModernBertConfig, dict(bert, local_attention=6, pad_token_id=0, bos_token_id=2, eos_token_id=3, cls_token_id=2, sep_token_id=3)),
        "deberta-v2": (transformers.DebertaV2Config, dict(bert, relative_attention=True, pos_att_type=["p2c", "c2p"], position_buckets=8, max_relative_positions=20,
                                                          type_vocab_size=2, share_att_key=True, norm_rel_ebd="layer_norm", position_biased_input=False)),
        "distilbert": (transformers.DistilBertConfig,
                       dict(vocab_size=V, dim=16, n_layers=2, n_heads=2, hidden_dim=24, max_position_embeddings=LONGEST)),
        "gpt2": (transformers.GPT2Config, dict(vocab_size=V, n_embd=16, n_layer=2, n_head=2, n_positions=LONGEST, bos_token_id=1, eos_token_id=2)),
        "t5": (transformers.T5Config, dict(vocab_size=V, d_model=16, d_kv=8, d_ff=24, num_layers=2, num_heads=2, decoder_start_token_id=0)),
    }
    configuration, own = sizes[name]
    return configuration(**{**own, **more})


def build(model_class, configuration, seed):
    """A model with wide random weights, so that a wrong token or mask shows; the gradient of padding counts as any other, where TensorFlow computes the family."""
    model = model_class(configuration)
    generator = torch.Generator().manual_seed(seed)
    done = set()
    for parameter in model.parameters():
        if parameter.data_ptr() not in done:
            done.add(parameter.data_ptr())
            scale = 0.35 if parameter.dim() >= 2 else 0.1
            noise = torch.randn(parameter.shape, generator=generator) * scale
            parameter.data.copy_(noise if parameter.dim() >= 2 else parameter.data + noise)
    model.tie_weights()
    for module in model.modules():
        if isinstance(module, torch.nn.Embedding) and configuration.model_type not in ("modernbert", "deberta-v2"):
            module.padding_idx = None
    return model.eval()


def save(model, folder, vocabulary=True):
    model.save_pretrained(folder / "model")
    if vocabulary and model.config.model_type == "modernbert":
        tokenizer = wordpiece(LONGEST)
        tokenizer.no_truncation()
        tokenizer.save(str(folder / "model/tokenizer.json"))
        name_class(folder, "PreTrainedTokenizerFast")
    elif vocabulary:
        (folder / "model/vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
        name_class(folder, "BertTokenizer")


def name_class(folder, name):
    """Whatever the family, this tokenizer is of that class."""
    (folder / "model/tokenizer_config.json").write_text(json.dumps({"tokenizer_class": name}))


def wordpiece(length):
    tokenizer = BertWordPieceTokenizer({word: i for i, word in enumerate(VOCABULARY)}, lowercase=True)
    tokenizer.enable_truncation(length)
    return tokenizer


def byte_pairs(first, ending):
    """A byte-level tokenizer as GPT-2 has it, small; ending: a token that closes each text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=first, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([" ".join(WORDS)] * 3, trainer)
    if ending:
        tokenizer.post_processor = processors.TemplateProcessing(single=f"$A {ending}", special_tokens=[(ending, tokenizer.token_to_id(ending))])
    return tokenizer


# ------------------------------------------------------------------------------------------------ references

TRAINING = ["--optimizer", "sgd", "--lr-scheduler", "constant", "--learning-rate", "0.05", "--max-grad-norm", "1", "--shuffle", "off", "--dropout", "off",
            "--report", "none", "--resume", "never"]
RATE = 0.05


def collate(rows, pads):
    """Rows of lists, padded at the right."""
    longest = max(len(row) for row in rows)
    return torch.tensor([list(row) + [pads] * (longest - len(row)) for row in rows])


def trained(model, batches, loss_of):
    """Loss and dense norm of steps of SGD with a clip of 1."""
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    steps = []
    for batch in batches:
        optimizer.zero_grad()
        loss = loss_of(model, batch)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.grad is not None], 1.0)
        optimizer.step()
        steps.append({"loss": float(loss.detach()), "grad_norm": float(norm)})
    return steps


def in_batches(rows, size, count):
    """As many batches as asked for, epoch after epoch."""
    batches = [rows[i:i + size] for i in range(0, len(rows), size)]
    return [batches[i % len(batches)] for i in range(count)]


def cross_entropy(logits, labels):
    """Sum and count over labels that are not -100."""
    kept = labels != -100
    sums = torch.nn.functional.cross_entropy(logits[kept], labels[kept], reduction="sum") if kept.any() else torch.tensor(0.0)
    return sums, int(kept.sum())


def classification_metrics(logits, labels, classes):
    predicted = [int(numpy.argmax(row)) for row, label in zip(logits, labels) if label != -100]
    expected = [label for label in labels if label != -100]
    metrics = {"accuracy": float(numpy.mean([p == e for p, e in zip(predicted, expected)]))}

    def f1(c):
        right = sum(p == e == c for p, e in zip(predicted, expected))
        both = predicted.count(c) + expected.count(c)
        return 2 * right / both if both else 0.0
    if classes == 2:
        metrics["f1"] = f1(1)
    else:
        metrics["macro_f1"] = float(numpy.mean([f1(c) for c in sorted(set(predicted) | set(expected))]))
    return metrics


def multi_label_metrics(logits, hot):
    predicted = [[int(1 / (1 + math.exp(-value)) >= 0.5) for value in row] for row in logits]
    right = [[p * h for p, h in zip(*pair)] for pair in zip(predicted, hot)]
    both = numpy.sum(predicted, 0) + numpy.sum(hot, 0)
    each = [2 * r / b if b else 0.0 for r, b in zip(numpy.sum(right, 0), both)]
    micro = 2 * numpy.sum(right) / both.sum() if both.sum() else 0.0
    return {"micro_f1": float(micro), "macro_f1": float(numpy.mean(each)), "subset_accuracy": float(numpy.mean([p == h for p, h in zip(predicted, hot)]))}


def chunks(tags):
    """Entities as conlleval finds them, which seqeval follows: (type, first, last)."""
    found, start = [], 0
    before, before_type = "O", ""
    for i, tag in enumerate(tags + ["O"]):
        place, kind = tag[0], tag[2:]
        ended = before in "ES" or before in "BI" and place in "BSO" or before != "O" and kind != before_type
        begun = place in "BS" or place in "IE" and before in "ESO" or place != "O" and kind != before_type
        if ended:
            found.append((before_type, start, i - 1))
        if begun:
            start = i
        before, before_type = place, kind
    return set(found)


def entity_metrics(predicted, expected):
    right = found = there = 0
    for p, e in zip(predicted, expected):
        first, second = chunks(p), chunks(e)
        right, found, there = right + len(first & second), found + len(first), there + len(second)
    words = [a == b for p, e in zip(predicted, expected) for a, b in zip(p, e)]
    precision, recall = right / found if found else 0.0, right / there if there else 0.0
    f1 = 2 * right / (found + there) if found + there else 0.0
    return {"precision": precision, "recall": recall, "f1": f1, "accuracy": float(numpy.mean(words)) if words else float("nan")}


def regression_metrics(values, labels):
    error = numpy.array(values) - numpy.array(labels)
    return {"mse": float(numpy.mean(error ** 2)), "mae": float(numpy.mean(abs(error)))}


# ------------------------------------------------------------------------------------------------ what is drawn

def draw(rng):
    tasks = {"classification": 24, "regression": 7, "multi_label": 15, "tokens": 17, "causal": 19, "masked": 4, "seq2seq": 9, "questions": 5}
    task = rng.choices(list(tasks), tasks.values())[0]
    recipe = {"task": task, "seed": rng.randrange(2 ** 31), "rows": rng.randint(2, 6), "batch": rng.choice([1, 2, 3, 8]), "steps": rng.randint(1, 3),
              "extra": rng.choice([[], [], ["idx"], ["guid", "source"], ["split"]])}
    recipe.update(globals()["draw_" + task](rng))
    return recipe


def make(recipe, folder):
    return globals()["make_" + recipe["task"]](recipe, folder, random.Random(recipe["seed"]))


def sentence(rnd, words):
    return " ".join(rnd.choice([w for w in WORDS if not w.startswith("##") and w not in "\"'"]) for _ in range(words))


def ids(rnd, count, low=5, high=V):
    return [rnd.randrange(low, high) for _ in range(count)]


def with_extras(rows, names, rnd):
    """Columns that are no input of anything, before and behind."""
    made = []
    for number, row in enumerate(rows):
        extra = {name: {"idx": number, "guid": f"dev-{number}", "source": "web", "split": "train"}[name] for name in names}
        made.append({**extra, **row} if rnd.random() < 2 else row)
    return made


def files(recipe, folder, rows, rnd, stem="data"):
    return data_files.write(folder, stem, with_extras(rows, recipe["extra"], rnd), recipe["style"])


def evaluation(name, metrics, options, **expect):
    return {"arguments": ["evaluate", "--model", "@/model", "--file", "@/" + name, "--json", *options], "expect": {"metrics": metrics, **expect}}


def training(name, steps, options, batch):
    arguments = ["train", "--model", "@/model", "--train-file", "@/" + name, "--output-dir", "@/run", "--max-steps", str(len(steps)),
                 "--train-batch-size", str(batch), *TRAINING, *options]
    return {"arguments": arguments, "expect": {"steps": steps, "tolerance": 3e-4}}


def prediction(name, logits, options):
    return {"arguments": ["predict", "--model", "@/model", "--file", "@/" + name, *options], "expect": {"logits": logits}}


def refusal(name, options, command="evaluate"):
    if command == "train":
        return {"arguments": ["train", "--model", "@/model", "--train-file", "@/" + name, "--output-dir", "@/run", "--max-steps", "1", *TRAINING, *options],
                "expect": {"refused": True}}
    return {"arguments": [command, "--model", "@/model", "--file", "@/" + name, *options], "expect": {"refused": True}}


SINGLE = [("text", None), ("sentence", None), ("Text", None), ("review", "--text-column"), ("comment text", "--text-column")]
PAIRS = [("text", "text_b", False), ("text", "text_pair", False), ("text_a", "text_b", False), ("sentence1", "sentence2", False),
         ("premise", "hypothesis", False), ("question1", "question2", False), ("question", "sentence", False), ("question", "passage", False),
         ("title", "body", True)]
LABELS = [("label", None), ("label", None), ("labels", None), ("label_ids", None), ("Label", None), ("stars", "--label-column"), ("intent", "--label-column-name")]


def draw_sequence(rng):
    """How the examples of a task for whole texts are given."""
    form = rng.choice(["text", "text", "ids", "ids"])
    drawn = {"form": form, "style": data_files.draw(rng, ["jsonl", "jsonl", "json", "csv", "csv", "tsv", "tfrecord"]),
             "family": rng.choice(["bert", "bert", "distilbert", "electra", "albert", "modernbert", "deberta-v2"] if form == "text" else
                                  ["bert", "bert", "distilbert", "electra", "albert", "roberta", "modernbert", "deberta-v2"]),
             "label_column": rng.choice(LABELS), "length": rng.choice([LONGEST, LONGEST, 8])}
    if form == "text":
        drawn["pair"] = rng.choice(PAIRS) if rng.random() < 0.35 else None
        drawn["column"] = rng.choice(SINGLE)
    else:
        drawn["names"] = rng.choice(["input_ids,attention_mask,token_type_ids", "input_ids,attention_mask,token_type_ids",
                                     "input_word_ids,input_mask,segment_ids", "input_ids,input_mask,input_type_ids", "ids,mask,type_ids"])
        drawn["mask"] = rng.choice(["given", "given", "given", "absent"])
        drawn["types"] = rng.choice(["given", "absent"])
        drawn["padded"] = rng.random() < 0.5
        drawn["float_mask"] = rng.random() < 0.1
        drawn["positions"] = rng.choice([None] * 12 + ["same", "other"])
        drawn["beside"] = rng.random() < 0.15
    return drawn


def sequences(recipe, rnd, pad):
    """The columns of each example, and what the model reads of it: (rows, tensors, options)."""
    options = ["--max-seq-length", str(recipe["length"])]
    rows, tensors = [], []
    if recipe["form"] == "text":
        tokenizer = wordpiece(recipe["length"])
        column, option = recipe["column"]
        pair = recipe["pair"]
        if pair and pair[2]:
            options += ["--text-column", pair[0], "--text-pair-column", pair[1]]
        elif not pair and option:
            options += [option, column]
        for _ in range(recipe["rows"]):
            first, second = sentence(rnd, rnd.randint(1, 7)), sentence(rnd, rnd.randint(1, 6))
            encoded = tokenizer.encode(first, second) if pair else tokenizer.encode(first)
            rows.append({pair[0]: first, pair[1]: second} if pair else {column: first})
            tensors.append((encoded.ids, [1] * len(encoded.ids), encoded.type_ids))
        return rows, tensors, options
    names = recipe["names"].split(",")
    length = rnd.randint(3, recipe["length"])
    for number in range(recipe["rows"]):
        own = length if recipe["padded"] else rnd.randint(2, recipe["length"])
        used = rnd.randint(2, own) if recipe["padded"] else own
        row = ids(rnd, used) + [pad] * (own - used)
        mask = [1] * used + [0] * (own - used)
        types = [int(i > used // 2) * (i < used) for i in range(own)]
        if recipe["family"] == "roberta" or recipe["types"] == "absent":
            types = [0] * own
        columns = {names[0]: row}
        if recipe["mask"] == "given":
            columns[names[1]] = [float(m) for m in mask] if recipe["float_mask"] else mask
        if recipe["types"] == "given":
            columns[names[2]] = types
        if recipe["positions"]:
            columns["position_ids"] = list(range(own)) if recipe["positions"] == "same" else list(range(own))[::-1]
        if recipe["beside"]:
            columns["text"] = "what the tokens were made of"
        rows.append(columns)
        tensors.append((row, mask if recipe["mask"] == "given" else [1] * own, types))
    return rows, tensors, options


def inputs(recipe, tensors, pad):
    """A batch for the model."""
    batch = {"input_ids": collate([t[0] for t in tensors], pad), "attention_mask": collate([t[1] for t in tensors], 0)}
    if recipe["family"] in ("bert", "electra", "albert", "roberta", "deberta-v2"):
        batch["token_type_ids"] = collate([t[2] for t in tensors], 0)
    return batch


def must_be_refused(recipe, tensors):
    """Columns that another number would come of."""
    if recipe.get("positions") == "other" and any(len(t[0]) > 1 for t in tensors):
        return True
    return bool(recipe.get("positions")) and recipe["family"] == "roberta"


def unclear_ids(recipe):
    return recipe["form"] == "ids" and recipe["names"].startswith("ids") and recipe["mask"] == "absent" and recipe["types"] == "absent"


# ------------------------------------------------------------------------------------------------ classification

CLASSES = {"bert": transformers.BertForSequenceClassification, "distilbert": transformers.DistilBertForSequenceClassification,
           "electra": transformers.ElectraForSequenceClassification, "albert": transformers.AlbertForSequenceClassification,
           "roberta": transformers.RobertaForSequenceClassification, "modernbert": transformers.ModernBertForSequenceClassification, "deberta-v2": transformers.DebertaV2ForSequenceClassification}

LABEL_FORMS = {"int": lambda y, names: y, "float": lambda y, names: float(y), "digits": lambda y, names: str(y), "name": lambda y, names: names[y],
               "output": lambda y, names: f"LABEL_{y}", "bool": lambda y, names: bool(y), "word": lambda y, names: ["False", "True"][y],
               "point": lambda y, names: f"{y}.0", "exponent": lambda y, names: f"{y}e0", "zero": lambda y, names: f"0{y}",
               "blank": lambda y, names: f" {y} ", "list": lambda y, names: [y]}
NAMES = [["neg", "pos"], ["no", "yes"], ["bad", "fair", "good"], ["Sport", "art", "news", "World"]]
WRONG_LABELS = ["gap", "empty", "fraction", "case", "range", "missing", "blanks", "two columns", "two texts", "numeric names", "vector"]


def draw_classification(rng):
    drawn = draw_sequence(rng)
    names = rng.choice(NAMES) if rng.random() < 0.5 else None
    classes = len(names) if names else rng.randint(2, 4)
    kind = drawn["style"]["format"]
    forms = ["int", "int", "float", "digits", "point"] + (["name"] * 3 if names else ["output"])
    if classes == 2 and not names:
        forms += ["bool"] if kind in ("json", "jsonl") else ["word"] if kind in data_files.TABLES else []
    forms += ["exponent", "zero", "blank"] if kind in data_files.TABLES else ["list"] if kind != "tfrecord" else []
    drawn.update(topics=names, classes=classes, label=rng.choice(forms), ignored=rng.random() < 0.25, wrong=rng.choice(WRONG_LABELS) if rng.random() < 0.15 else None)
    return drawn


def make_classification(recipe, folder, rnd):
    classes, names = recipe["classes"], recipe["topics"]
    more = {"num_labels": classes}
    if recipe["wrong"] == "numeric names":
        names = [str(c + 1) for c in range(classes)]
    if names:
        more.update(id2label=dict(enumerate(names)), label2id={name: i for i, name in enumerate(names)})
    configuration = family(recipe["family"], **more)
    pad = configuration.pad_token_id
    model = build(CLASSES[recipe["family"]], configuration, recipe["seed"])
    save(model, folder)
    rows, tensors, options = sequences(recipe, rnd, pad)
    labels = [rnd.randrange(classes) for _ in rows]
    column, option = recipe["label_column"]
    if option:
        options += [option, column]
    form = LABEL_FORMS[recipe["label"]]
    plain = recipe["label"] in ("int", "float", "digits", "point")
    if recipe["ignored"] and plain and len(rows) > 2:
        labels[rnd.randrange(1, len(rows))] = -100
    for row, label in zip(rows, labels):
        row[column] = form(label, names)
    if recipe["wrong"]:
        wrong_label(recipe, rows, labels, column, rnd)
        command = "train" if recipe["wrong"] == "fraction" else "evaluate"
        name = files(recipe, folder, rows, rnd)
        return {"runs": [refusal(name, options + (["--head", "classification"] if command == "train" else []), command)]}
    name = files(recipe, folder, rows, rnd)
    if must_be_refused(recipe, tensors) or unclear_ids(recipe):
        return {"runs": [refusal(name, options)]}
    with torch.no_grad():
        logits = [model(**inputs(recipe, [t], pad)).logits[0].tolist() for t in tensors]
    sums, count = cross_entropy(torch.tensor(logits), torch.tensor(labels))
    metrics = {"loss": float(sums) / count, **classification_metrics(logits, labels, classes)}
    batch = recipe["batch"]

    def loss_of(net, part):
        own = torch.tensor([labels[i] for i in part])
        return net(**inputs(recipe, [tensors[i] for i in part], pad), labels=own).loss
    runs = [prediction(name, logits, options), evaluation(name, metrics, options + ["--eval-batch-size", str(batch)])]
    parts = in_batches(range(len(rows)), batch, recipe["steps"])
    if all(any(labels[i] != -100 for i in part) for part in parts):  # PyTorch's mean over nothing is NaN
        runs.append(training(name, trained(model, parts, loss_of), options, batch))
    return {"runs": runs}


def wrong_label(recipe, rows, labels, column, rnd):
    """Spoils the labels in a way that has two readings, or none."""
    wrong, last = recipe["wrong"], rows[-1]
    numbers = dict(zip(range(len(rows)), labels))
    for i, row in enumerate(rows):
        row[column] = abs(numbers[i]) % recipe["classes"]
    if wrong == "gap":
        last[column] = "nan"
    elif wrong == "empty":
        last[column] = ""
    elif wrong == "fraction":
        last[column] = 0.5
    elif wrong == "case":
        last[column] = "POSITIVE"
    elif wrong == "range":
        last[column] = recipe["classes"]
    elif wrong == "missing":
        last[column] = None
    elif wrong == "blanks":
        rows[0][column], last[column] = "maybe", "maybe "
    elif wrong == "two columns":
        other = "label_ids" if column.lower() in ("label", "labels") else "labels"
        for row in rows:
            row[other] = row[column]
        if recipe["label_column"][1]:
            last[column] = "unheard of"
    elif wrong == "two texts":
        for row in rows:
            row["premise"], row["hypothesis"], row["sentence1"], row["sentence2"] = "a", "b", "c", "d"
        last[column] = -1 if recipe["form"] == "ids" or recipe["column"][1] or recipe["pair"] and recipe["pair"][2] else last[column]
    elif wrong == "numeric names":
        for row in rows:
            row[column] = 1
    elif wrong == "vector":
        for row in rows:
            row[column] = [0, 1] if recipe["style"]["format"] not in data_files.TABLES else "[0, 1]"


# ------------------------------------------------------------------------------------------------ regression

def draw_regression(rng):
    drawn = draw_sequence(rng)
    drawn.update(label=rng.choice(["float", "float", "int", "text", "list", "exponent"]), wrong=rng.choice([None] * 8 + ["nan", "empty", "word", "two"]))
    return drawn


def make_regression(recipe, folder, rnd):
    configuration = family(recipe["family"], num_labels=1)
    pad = configuration.pad_token_id
    model = build(CLASSES[recipe["family"]], configuration, recipe["seed"])
    save(model, folder)
    rows, tensors, options = sequences(recipe, rnd, pad)
    labels = [float(rnd.randint(-5, 5)) if recipe["label"] == "int" else rnd.randint(-500, 500) / 64 for _ in rows]
    column, option = recipe["label_column"]
    if option:
        options += [option, column]
    typed = recipe["style"]["format"] in data_files.TYPED
    for row, value in zip(rows, labels):
        row[column] = {"int": int(value), "float": value, "text": str(value), "exponent": f"{value:e}", "list": [value]}[recipe["label"]]
    if recipe["wrong"]:
        rows[-1][column] = {"nan": "NaN", "empty": "", "word": "good", "two": [1.0, 2.0] if typed else "1.0 2.0"}[recipe["wrong"]]
        return {"runs": [refusal(files(recipe, folder, rows, rnd), options)]}
    name = files(recipe, folder, rows, rnd)
    if must_be_refused(recipe, tensors) or unclear_ids(recipe):
        return {"runs": [refusal(name, options)]}
    with torch.no_grad():
        values = [float(model(**inputs(recipe, [t], pad)).logits[0, 0]) for t in tensors]
    metrics = regression_metrics(values, labels)
    metrics["loss"] = metrics["mse"]

    def loss_of(net, part):
        own = torch.tensor([labels[i] for i in part])
        return net(**inputs(recipe, [tensors[i] for i in part], pad), labels=own).loss
    parts = in_batches(range(len(rows)), recipe["batch"], recipe["steps"])
    return {"runs": [prediction(name, [[value] for value in values], options), evaluation(name, metrics, options),
                     training(name, trained(model, parts, loss_of), options, recipe["batch"])]}


# ------------------------------------------------------------------------------------------------ several labels

def draw_multi_label(rng):
    drawn = draw_sequence(rng)
    kind = drawn["style"]["format"]
    drawn["label_column"] = rng.choice([("labels", None), ("label", None), ("label_ids", None), ("topics", "--label-column")])
    names = rng.choice([["sport", "art", "news"], ["toxic", "obscene", "threat", "insult"], ["a", "b"], None, None])
    drawn["topics"] = names
    drawn["classes"] = len(names) if names else rng.randint(2, 5)
    if kind in data_files.TABLES:
        forms = ["hot", "hot", "float hot", "columns", "columns", "bars", "bar numbers"] + (["bar names"] * 2 if names else [])
    else:
        forms = ["hot", "hot", "float hot", "numbers", "numbers", "bars", "columns"] + (["names"] * 2 if names else [])
        forms += ["bool hot"] if kind != "tfrecord" else []
    drawn["label"] = rng.choice(forms)
    drawn["said"] = rng.choice([True, False, False])
    drawn["wrong"] = rng.choice([None] * 9 + ["unsure", "length", "soft", "ignored", "mixed"])
    return drawn


def make_multi_label(recipe, folder, rnd):
    classes, names = recipe["classes"], recipe["topics"]
    more = {"num_labels": classes, "problem_type": "multi_label_classification"}
    if names:
        more.update(id2label=dict(enumerate(names)), label2id={name: i for i, name in enumerate(names)})
    configuration = family(recipe["family"], **more)
    pad = configuration.pad_token_id
    model = build(CLASSES[recipe["family"]], configuration, recipe["seed"])
    save(model, folder)
    rows, tensors, options = sequences(recipe, rnd, pad)
    hot = [[int(rnd.random() < 0.45) for _ in range(classes)] for _ in rows]
    form, wrong = recipe["label"], recipe["wrong"]
    if form == "hot" and not recipe["said"] and classes == 2:
        hot[0] = [1, 1]  # a row that shows it
    column, option = recipe["label_column"]
    columns = names or [f"is {c}" for c in range(classes)]
    if form == "columns":
        options += ["--label-column", ",".join(columns)]
    elif option:
        options += [option, column]
    for row, own in zip(rows, hot):
        chosen = [c for c, there in enumerate(own) if there]
        if form == "columns":
            row.update({name: there for name, there in zip(columns, own)})
        else:
            row[column] = multi_label_value(form, own, chosen, names)
    if recipe["said"] and form.endswith("hot"):
        options += ["--multi-hot", "on"]
    if recipe["said"] and form == "numbers":
        options += ["--multi-hot", "off"]
    if wrong and form != "columns" and not (recipe["said"] and wrong == "unsure"):
        if not spoiled(wrong, rows, column, recipe):
            wrong = None
        else:
            return {"runs": [refusal(files(recipe, folder, rows, rnd), options)]}
    if form == "numbers" and not recipe["said"] and all(row[column] in ([0, 1], [1, 0]) for row in rows) and classes == 2:
        return {"runs": [refusal(files(recipe, folder, rows, rnd), options)]}
    name = files(recipe, folder, rows, rnd)
    if must_be_refused(recipe, tensors) or unclear_ids(recipe):
        return {"runs": [refusal(name, options)]}
    with torch.no_grad():
        logits = [model(**inputs(recipe, [t], pad)).logits[0].tolist() for t in tensors]
    target = torch.tensor(hot, dtype=torch.float)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(torch.tensor(logits), target)
    metrics = {"loss": float(loss), **multi_label_metrics(logits, hot)}

    def loss_of(net, part):
        own = torch.tensor([hot[i] for i in part], dtype=torch.float)
        return net(**inputs(recipe, [tensors[i] for i in part], pad), labels=own).loss
    parts = in_batches(range(len(rows)), recipe["batch"], recipe["steps"])
    return {"runs": [prediction(name, logits, options), evaluation(name, metrics, options),
                     training(name, trained(model, parts, loss_of), options, recipe["batch"])]}


def multi_label_value(form, own, chosen, names):
    if form.endswith("hot"):
        return [{"hot": int, "float hot": float, "bool hot": bool}[form](there) for there in own]
    if form == "numbers":
        return chosen
    if form == "names":
        return [names[c] for c in chosen]
    if form == "bar names":
        return "|".join(names[c] for c in chosen)
    return "|".join(str(c) for c in chosen)  # bars


def spoiled(wrong, rows, column, recipe):
    """Labels with two readings or none; whether they are so now."""
    table = recipe["style"]["format"] in data_files.TABLES

    def put(row, values):
        row[column] = str(values) if table else values
    if wrong == "unsure" and recipe["classes"] == 2:
        for i, row in enumerate(rows):
            put(row, [i % 2, 1 - i % 2])
    elif wrong == "length" and recipe["label"] == "hot":
        for row in rows:
            put(row, [1, 0, 1, 1, 0, 1])
    elif wrong == "soft":
        put(rows[-1], [0.25] * recipe["classes"])
    elif wrong == "ignored":
        put(rows[-1], [-100] * recipe["classes"])
    elif wrong == "mixed" and recipe["classes"] > 2:
        for row in rows:
            put(row, [1, 0, 1] + [0] * (recipe["classes"] - 3))
        rows[-1][column] = "unheard of"
    else:
        return False
    return True


# ------------------------------------------------------------------------------------------------ tokens

SCHEMES = {"IOB2": ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"], "IOB1": ["O", "I-PER", "I-LOC", "B-PER"], "IO": ["O", "I-PER", "I-LOC"],
           "IOBES": ["O", "B-PER", "I-PER", "E-PER", "S-PER", "B-LOC", "E-LOC", "S-LOC"], "POS": ["NOUN", "VERB", "X"]}


def draw_tokens(rng):
    form = rng.choice(["words", "words", "words", "ids"])
    formats = ["jsonl", "jsonl", "json", "conll", "conll", "txt", "csv", "tsv", "tfrecord"] if form == "words" else ["jsonl", "json", "csv", "tsv", "tfrecord"]
    style = data_files.draw(rng, formats)
    style["lists"] = "blanks"
    return {"form": form, "style": style, "family": rng.choice(["bert", "bert", "distilbert", "electra", "albert", "modernbert", "deberta-v2"]), "scheme": rng.choice(list(SCHEMES)),
            "columns": rng.choice([["tokens", "ner_tags"], ["tokens", "labels"], ["words", "labels"], ["tokens", "tags"], ["words", "label"],
                                   ["pieces", "pos"]]),
            "label": rng.choice(["name", "name", "int", "float"]), "ignored": rng.random() < 0.2, "length": rng.choice([LONGEST, 7]),
            "mask": rng.choice(["given", "given", "absent"]), "more": rng.random() < 0.3,
            "wrong": rng.choice([None] * 12 + ["count", "unknown", "ragged", "empty"])}


TOKEN_CLASSES = {"bert": transformers.BertForTokenClassification, "distilbert": transformers.DistilBertForTokenClassification,
                 "electra": transformers.ElectraForTokenClassification, "albert": transformers.AlbertForTokenClassification,
                 "modernbert": transformers.ModernBertForTokenClassification, "deberta-v2": transformers.DebertaV2ForTokenClassification}


def make_tokens(recipe, folder, rnd):
    names = SCHEMES[recipe["scheme"]]
    configuration = family(recipe["family"], num_labels=len(names), id2label=dict(enumerate(names)), label2id={n: i for i, n in enumerate(names)})
    model = build(TOKEN_CLASSES[recipe["family"]], configuration, recipe["seed"])
    save(model, folder)
    kind = recipe["style"]["format"]
    options = ["--max-seq-length", str(recipe["length"])]
    rows, tensors, labels = [], [], []
    if recipe["form"] == "words":
        tokenizer = wordpiece(recipe["length"])
        conll = kind in ("conll", "txt")
        first, second = ("tokens", "labels") if conll else recipe["columns"]
        if (first, second) == ("pieces", "pos"):
            options += ["--text-column", first, "--label-column", second]
        form = "name" if conll else recipe["label"]
        if kind in ("csv", "tsv") and form == "float":
            form = "int"
        for _ in range(recipe["rows"]):
            words = [w for w in sentence(rnd, rnd.randint(1, 8)).split()]
            words = [w + rnd.choice(["", "", "s", "ing"]) if w.isalpha() else w for w in words]
            own = [rnd.randrange(len(names)) for _ in words]
            if recipe["ignored"] and form == "int":
                own[rnd.randrange(len(own))] = -100
            encoded = tokenizer.encode(words, is_pretokenized=True)
            given, before = [], None
            for word in encoded.word_ids:
                given.append(-100 if word is None or word == before else own[word])
                before = word
            values = [names[c] if form == "name" else float(c) if form == "float" else c for c in own]
            row = {first: words, **({"chunk_tags": ["O"] * len(words)} if recipe["more"] and conll else {}), second: values}
            rows.append(row)
            tensors.append((encoded.ids, [1] * len(encoded.ids), encoded.type_ids))
            labels.append(given)
    else:
        for _ in range(recipe["rows"]):
            row = ids(rnd, rnd.randint(2, recipe["length"]))
            own = [rnd.choice([-100, rnd.randrange(len(names))]) for _ in row]
            own[0] = rnd.randrange(len(names))
            columns = {"input_ids": row}
            if recipe["mask"] == "given":
                columns["attention_mask"] = [1] * len(row)
            columns["labels"] = [float(c) for c in own] if recipe["label"] == "float" else own
            if recipe["more"] and kind in data_files.TYPED:
                columns.update(tokens=["a", "b"], ner_tags=[0, 1])
            rows.append(columns)
            tensors.append((row, [1] * len(row), [0] * len(row)))
            labels.append(own)
    if recipe["wrong"]:
        return {"runs": [refusal(wrong_tokens(recipe, folder, rows, rnd), options)]}
    name = files({**recipe, "extra": recipe["extra"] if kind not in ("conll", "txt") else []}, folder, rows, rnd)
    with torch.no_grad():
        logits = [model(**inputs(recipe, [t], 0)).logits[0] for t in tensors]
    sums, count = cross_entropy(torch.cat(logits), torch.tensor([c for row in labels for c in row]))
    if count == 0:
        raise ValueError("no label counts")
    predicted = [[int(row.argmax()) for row, c in zip(l, own) if c != -100] for l, own in zip(logits, labels)]
    expected = [[c for c in own if c != -100] for own in labels]
    entities = recipe["scheme"] != "POS"
    if entities:
        metrics = entity_metrics([[names[c] for c in row] for row in predicted], [[names[c] for c in row] for row in expected])
    else:
        flat = [l.tolist() for row, own in zip(logits, labels) for l, c in zip(row, own) if c != -100]
        metrics = classification_metrics(flat, [c for row in expected for c in row], len(names))
    metrics["loss"] = float(sums) / count
    runs = [evaluation(name, metrics, options + ["--eval-batch-size", str(recipe["batch"])])]
    if recipe["form"] == "ids":
        runs.append(prediction(name, [l.tolist() for l in logits], options))
    elif kind != "txt":  # lines of a .txt are texts where no tags are read
        tags = [words_of(tokenizer, row, l, names) for row, l in zip(rows, logits)]
        runs.append({"arguments": ["predict", "--model", "@/model", "--file", "@/" + name, *options], "expect": {"lines": [{"labels": t} for t in tags]}})

    def loss_of(net, part):
        return net(**inputs(recipe, [tensors[i] for i in part], 0), labels=collate([labels[i] for i in part], -100)).loss
    parts = in_batches(range(len(rows)), recipe["batch"], recipe["steps"])
    if all(any(c != -100 for i in part for c in labels[i]) for part in parts):
        runs.append(training(name, trained(model, parts, loss_of), options, recipe["batch"]))
    return {"runs": runs}


def words_of(tokenizer, row, logits, names):
    words = next(iter(v for k, v in row.items() if isinstance(v, list)))
    tags = [None] * len(words)
    for position, word in reversed(list(enumerate(tokenizer.encode(words, is_pretokenized=True).word_ids))):
        if word is not None:
            tags[word] = names[int(logits[position].argmax())]
    return tags


def wrong_tokens(recipe, folder, rows, rnd):
    wrong, kind = recipe["wrong"], recipe["style"]["format"]
    column = list(rows[-1])[-1] if recipe["form"] == "words" else "labels"
    conll = kind in ("conll", "txt")
    style = dict(recipe["style"], gz=False)
    if conll and wrong in ("count", "ragged", "empty"):
        name = data_files.write(folder, "data", rows, style)
        with open(folder / name, "a", encoding="utf-8") as file:
            file.write("\nbob\n" if wrong != "ragged" else "\nbob B-PER\nanna\n")
        return name
    if recipe["form"] == "ids" and wrong == "unknown":
        rows[-1][column] = [len(SCHEMES[recipe["scheme"]])] * len(rows[-1]["input_ids"])
    elif wrong == "unknown":
        rows[-1][column] = ["B-MISC"] * len(rows[-1][column])
    elif wrong == "empty":
        rows[-1][column] = []
    else:
        rows[-1][column] = list(rows[-1][column]) + [rows[-1][column][0]]
    return data_files.write(folder, "data", rows, style)


# ------------------------------------------------------------------------------------------------ causal language models

def draw_causal(rng):
    form = rng.choice(["ids"] * 5 + ["text", "text"])
    drawn = {"form": form, "length": LONGEST, "style": data_files.draw(rng, ["jsonl", "jsonl", "json", "tfrecord", "csv", "tsv"] if form == "ids" else
                                                                       ["txt", "txt", "jsonl", "csv", "json"]),
             "labels": rng.choice(["copy", "copy", "prompt", "prompt", "none", "none", "shifted", "said shifted", "said unshifted", "other", "all"]),
             "mask": rng.choice(["right", "right", "left", "full", "absent"]), "label_name": rng.choice(["labels", "labels", "label_ids", "targets"]),
             "input": rng.choice([None] * 14 + ["positions", "other positions", "types", "head_mask"]), "block": rng.choice([None, None, 4, 8]), "first": rng.random() < 0.8,
             "wrong": rng.choice([None] * 16 + ["vocabulary", "long", "count", "some"])}
    return drawn


def make_causal(recipe, folder, rnd):
    if recipe["form"] == "text":
        return causal_texts(recipe, folder, rnd)
    model = build(transformers.GPT2LMHeadModel, family("gpt2"), recipe["seed"])
    save(model, folder, vocabulary=False)
    length = rnd.randint(4, 12)
    rows, tensors, wanted = [], [], []
    options = []
    for number in range(recipe["rows"]):
        used = rnd.randint(3, length) if recipe["mask"] in ("left", "right") else length
        row, mask = ids(rnd, used, 3), [1] * used
        padding = length - used
        row, mask = (([0] * padding + row, [0] * padding + mask) if recipe["mask"] == "left" else (row + [0] * padding, mask + [0] * padding))
        copy = [t if m else -100 for t, m in zip(row, mask)]
        if recipe["labels"] == "prompt":
            cut = rnd.randint(1, max(1, used - 2)) + (padding if recipe["mask"] == "left" else 0)
            copy = [-100] * cut + copy[cut:]
        if recipe["labels"] == "other":
            copy = [rnd.randrange(3, V) if rnd.random() < 0.7 else -100 for _ in row]
            copy[-1] = 5
        if recipe["labels"] == "all":
            copy = list(row)
        if recipe["first"] and padding and recipe["mask"] == "left":
            copy[padding] = -100  # what padding alone says of it is another number in every version
        shifted = copy[1:] + [-100]
        columns = {"input_ids": row}
        if recipe["mask"] != "absent":
            columns["attention_mask"] = mask
        if recipe["labels"] != "none":
            columns[recipe["label_name"]] = shifted if recipe["labels"] in ("shifted", "said shifted") else copy
        if recipe["input"]:
            columns.update(decoder_input(recipe["input"], length))
        rows.append(columns)
        tensors.append((row, mask))
        wanted.append(copy)
    if recipe["labels"] != "none" and recipe["label_name"] == "targets":
        options += ["--label-column", "targets"]
    if recipe["labels"].startswith("said"):
        options += ["--causal-labels", recipe["labels"].split()[1]]
    refused = recipe["labels"] == "shifted" or recipe["input"] not in (None, "positions")
    refused |= any(foreseen_from_padding(row, mask) for row, (_, mask) in zip(wanted, tensors))
    if recipe["wrong"]:
        refused |= wrong_causal(recipe, rows, length)
    name = files(recipe, folder, rows, rnd)
    if refused:
        return {"runs": [refusal(name, options)]}
    return {"runs": causal_runs(recipe, model, name, tensors, wanted, options)}


def foreseen_from_padding(labels, mask):
    padding = mask.index(1)
    return any(label != -100 for label in labels[1:padding + 1])


def decoder_input(kind, length):
    return {"positions": {"position_ids": list(range(length))}, "other positions": {"position_ids": list(range(length))[::-1]},
            "types": {"token_type_ids": [0] * length}, "head_mask": {"head_mask": [1, 0]}}[kind]


def wrong_causal(recipe, rows, length):
    wrong = recipe["wrong"]
    if wrong == "vocabulary":
        rows[-1]["input_ids"] = [V] + rows[-1]["input_ids"][1:]
    elif wrong == "long":
        rows[-1]["input_ids"] = [5] * (LONGEST + 1)
    elif wrong == "count" and recipe["labels"] != "none":
        rows[-1][recipe["label_name"]] = rows[-1][recipe["label_name"]] + [5]
    elif wrong == "some" and recipe["labels"] != "none" and recipe["style"]["format"] not in data_files.TABLES and len(rows) > 1:
        rows[-1][recipe["label_name"]] = None
    else:
        return False
    return True


def causal_runs(recipe, model, name, tensors, wanted, options):
    """wanted: labels as Hugging Face's model takes them."""
    def logits_of(net, part):
        return net(input_ids=collate([tensors[i][0] for i in part], 0), attention_mask=collate([tensors[i][1] for i in part], 0))

    def loss_of(net, part):
        batch = {"input_ids": collate([tensors[i][0] for i in part], 0), "attention_mask": collate([tensors[i][1] for i in part], 0)}
        return net(**batch, labels=collate([wanted[i] for i in part], -100)).loss
    total = count = right = 0
    with torch.no_grad():
        for i in range(len(tensors)):
            logits = logits_of(model, [i]).logits[0, :-1]
            labels = torch.tensor(wanted[i][1:])
            sums, kept = cross_entropy(logits, labels)
            total, count = total + float(sums), count + kept
            right += int((logits.argmax(-1) == labels).sum())
    if count == 0:
        raise ValueError("no label counts")
    metrics = {"loss": total / count, "perplexity": math.exp(total / count), "accuracy": right / count}
    runs = [evaluation(name, metrics, options + ["--eval-batch-size", str(recipe["batch"])], tolerance=2e-4)]
    parts = in_batches(range(len(tensors)), recipe["batch"], recipe["steps"])
    if all(any(c != -100 for i in part for c in wanted[i][1:]) for part in parts):
        runs.append(training(name, trained(model, parts, loss_of), options, recipe["batch"]))
    return runs


def causal_texts(recipe, folder, rnd):
    tokenizer = byte_pairs(["<|endoftext|>"], None)
    model = build(transformers.GPT2LMHeadModel, family("gpt2", vocab_size=tokenizer.get_vocab_size(), bos_token_id=0, eos_token_id=0), recipe["seed"])
    save(model, folder, vocabulary=False)
    tokenizer.save(str(folder / "model/tokenizer.json"))
    name_class(folder, "PreTrainedTokenizerFast")
    texts = [sentence(rnd, rnd.randint(2, 7)) for _ in range(recipe["rows"])]
    name = files({**recipe, "extra": [] if recipe["style"]["format"] == "txt" else recipe["extra"]}, folder, [{"text": text} for text in texts], rnd)
    encoded = [tokenizer.encode(text).ids for text in texts]
    options = ["--max-seq-length", str(LONGEST)]
    if recipe["block"]:  # group_texts of run_clm.py
        joined = [token for row in encoded for token in row]
        size = recipe["block"]
        encoded = [joined[i:i + size] for i in range(0, len(joined) // size * size, size)]
        options = ["--block-size", str(size)]
    encoded = [row[:LONGEST] for row in encoded]
    tensors = [(row, [1] * len(row)) for row in encoded]
    return {"runs": causal_runs(recipe, model, name, tensors, encoded, options)}


# ------------------------------------------------------------------------------------------------ masked language models

def draw_masked(rng):
    return {"form": "ids", "length": LONGEST, "style": data_files.draw(rng, ["jsonl", "json", "tfrecord", "csv"]), "family": rng.choice(["bert", "distilbert", "modernbert", "deberta-v2"]),
            "label_name": rng.choice(["labels", "label_ids", "masked"]), "mask": rng.choice(["given", "absent"])}


def make_masked(recipe, folder, rnd):
    classes = {"bert": transformers.BertForMaskedLM, "distilbert": transformers.DistilBertForMaskedLM, "modernbert": transformers.ModernBertForMaskedLM,
               "deberta-v2": transformers.DebertaV2ForMaskedLM}
    model = build(classes[recipe["family"]], family(recipe["family"]), recipe["seed"])
    save(model, folder)
    rows, tensors, labels = [], [], []
    options = ["--label-column", "masked"] if recipe["label_name"] == "masked" else []
    for _ in range(recipe["rows"]):
        row = ids(rnd, rnd.randint(3, 12))
        own = [-100] * len(row)
        for i in rnd.sample(range(len(row)), rnd.randint(1, len(row))):
            own[i], row[i] = row[i], rnd.choice([4, 4, 4, row[i], rnd.randrange(5, V)])
        columns = {"input_ids": row, **({"attention_mask": [1] * len(row)} if recipe["mask"] == "given" else {}), recipe["label_name"]: own}
        rows.append(columns)
        tensors.append((row, [1] * len(row), [0] * len(row)))
        labels.append(own)
    name = files(recipe, folder, rows, rnd)
    with torch.no_grad():
        parts = [cross_entropy(model(**inputs(recipe, [t], 0)).logits[0], torch.tensor(own)) for t, own in zip(tensors, labels)]
    loss = sum(float(sums) for sums, _ in parts) / sum(count for _, count in parts)

    def loss_of(net, part):
        return net(**inputs(recipe, [tensors[i] for i in part], 0), labels=collate([labels[i] for i in part], -100)).loss
    steps = trained(model, in_batches(range(len(rows)), recipe["batch"], recipe["steps"]), loss_of)
    return {"runs": [evaluation(name, {"loss": loss, "perplexity": math.exp(loss)}, options, tolerance=2e-4), training(name, steps, options, recipe["batch"])]}


# ------------------------------------------------------------------------------------------------ encoder and decoder

def draw_seq2seq(rng):
    form = rng.choice(["ids", "ids", "text"])
    return {"form": form, "length": LONGEST, "style": data_files.draw(rng, ["jsonl", "jsonl", "json", "tfrecord", "csv", "tsv"]),
            "columns": rng.choice([("text", "target", []), ("document", "summary", []), ("article", "highlights", []), ("dialogue", "summary", []),
                                   ("text", "target_text", []), ("source", "title", ["--text-column", "source", "--target-column", "title"])]),
            "padded": rng.random() < 0.5, "mask": rng.choice(["given", "given", "absent"]), "decoder": rng.choice([None] * 5 + ["ids", "mask", "hidden"]),
            "start": rng.choice([0, 0, 7]), "pad": rng.choice([0, 0, 3])}


def make_seq2seq(recipe, folder, rnd):
    more = {"decoder_start_token_id": recipe["start"], "pad_token_id": recipe["pad"]}
    text = recipe["form"] == "text"
    if text:
        tokenizer = byte_pairs(["<pad>", "</s>", "<unk>"], "</s>")
        more = {"vocab_size": tokenizer.get_vocab_size()}
    model = build(transformers.T5ForConditionalGeneration, family("t5", **more), recipe["seed"])
    save(model, folder, vocabulary=False)
    rows, batches = [], []
    options = ["--max-seq-length", str(LONGEST)]
    pad = model.config.pad_token_id
    if text:
        tokenizer.save(str(folder / "model/tokenizer.json"))
        name_class(folder, "PreTrainedTokenizerFast")
        first, second, named = recipe["columns"]
        options += named
        for _ in range(recipe["rows"]):
            source, target = sentence(rnd, rnd.randint(1, 4)), sentence(rnd, rnd.randint(1, 3))
            rows.append({first: source, second: target})
            encoded = tokenizer.encode(source).ids
            batches.append({"input_ids": encoded, "attention_mask": [1] * len(encoded), "labels": tokenizer.encode(target).ids})
        if any(len(b["input_ids"]) > LONGEST or len(b["labels"]) > LONGEST for b in batches):
            raise ValueError("cut texts are another area's")
    else:
        for _ in range(recipe["rows"]):
            read, written = ids(rnd, rnd.randint(2, 9)), ids(rnd, rnd.randint(2, 7))
            mask = [1] * len(read)
            if recipe["padded"]:
                read, mask, written = read + [pad] * 2, mask + [0] * 2, written + [-100] * 2
            own = {"input_ids": read, "attention_mask": mask if recipe["mask"] == "given" else [1] * len(read), "labels": written}
            columns = {"input_ids": read, **({"attention_mask": mask} if recipe["mask"] == "given" else {}), "labels": written}
            if recipe["decoder"] == "ids":
                own["decoder_input_ids"] = columns["decoder_input_ids"] = [0] + ids(rnd, len(written) - 1)
            if recipe["decoder"] == "mask":
                columns["decoder_attention_mask"] = [int(label != -100) for label in written]
            if recipe["decoder"] == "hidden":
                columns["decoder_attention_mask"] = [0] + [1] * (len(written) - 1)
            rows.append(columns)
            batches.append(own)
    name = files(recipe, folder, rows, rnd)
    if not text and recipe["decoder"] == "hidden":
        return {"runs": [refusal(name, options)]}

    def loss_of(net, part):
        own = [batches[i] for i in part]
        fed = {"input_ids": collate([b["input_ids"] for b in own], pad), "attention_mask": collate([b["attention_mask"] for b in own], 0)}
        if "decoder_input_ids" in own[0]:
            fed["decoder_input_ids"] = collate([b["decoder_input_ids"] for b in own], pad)
        return net(**fed, labels=collate([b["labels"] for b in own], -100)).loss
    counts = [sum(label != -100 for label in b["labels"]) for b in batches]
    with torch.no_grad():
        total = sum(float(loss_of(model, [i])) * count for i, count in enumerate(counts))
    loss = total / sum(counts)
    steps = trained(model, in_batches(range(len(rows)), recipe["batch"], recipe["steps"]), loss_of)
    return {"runs": [evaluation(name, {"loss": loss, "perplexity": math.exp(loss)}, options, tolerance=2e-4), training(name, steps, options, recipe["batch"])]}


# ------------------------------------------------------------------------------------------------ questions

def draw_questions(rng):
    return {"form": "text", "family": rng.choice(["bert", "bert", "modernbert", "deberta-v2"]), "shape": rng.choice(["squad", "flat", "list", "lines"]), "gz": rng.random() < 0.2,
            "answers": rng.choice(["objects", "lists"]), "impossible": rng.random() < 0.3, "style": {"format": "json"}}


def make_questions(recipe, folder, rnd):
    classes = {"bert": transformers.BertForQuestionAnswering, "modernbert": transformers.ModernBertForQuestionAnswering,
               "deberta-v2": transformers.DebertaV2ForQuestionAnswering}
    model = build(classes[recipe["family"]], family(recipe["family"]), recipe["seed"])
    save(model, folder)
    tokenizer = wordpiece(LONGEST)
    asked, tensors = [], []
    for number in range(recipe["rows"]):
        question, context = sentence(rnd, rnd.randint(1, 4)), sentence(rnd, rnd.randint(3, 9))
        words = context.split(" ")
        first = rnd.randrange(len(words))
        last = min(len(words), first + rnd.randint(1, 2))
        text, start = " ".join(words[first:last]), len(" ".join(words[:first])) + (first > 0)
        none = recipe["impossible"] and rnd.random() < 0.4
        asked.append((str(number), question, context, None if none else (text, start)))
        encoded = tokenizer.encode(question, context)
        begin = end = 0
        if not none:  # as run_qa.py finds them
            spans = [(i, span) for i, (span, part) in enumerate(zip(encoded.offsets, encoded.type_ids)) if part == 1 and span[1] > span[0]]
            begin = [i for i, span in spans if span[0] <= start][-1]
            end = [i for i, span in spans if span[1] >= start + len(text)][0]
        tensors.append((encoded.ids, encoded.type_ids, begin, end))
    name = questions_file(recipe, folder, asked)

    def loss_of(net, part):
        own = [tensors[i] for i in part]
        fed = {"input_ids": collate([t[0] for t in own], 0), "attention_mask": collate([[1] * len(t[0]) for t in own], 0)}
        if recipe["family"] in ("bert", "deberta-v2"):
            fed["token_type_ids"] = collate([t[1] for t in own], 0)
        longest = max(max(len(tensors[i][0]) for i in part), 0)
        rounded = min((longest + 7) // 8 * 8, max(len(t[0]) for t in tensors))
        fed = {key: torch.nn.functional.pad(value, (0, rounded - value.shape[1])) for key, value in fed.items()}  # padding is one of the answers
        return net(**fed, start_positions=torch.tensor([t[2] for t in own]), end_positions=torch.tensor([t[3] for t in own])).loss
    steps = trained(model, in_batches(range(len(asked)), recipe["batch"], recipe["steps"]), loss_of)
    return {"runs": [training(name, steps, ["--max-seq-length", str(LONGEST), "--doc-stride", "8"], recipe["batch"])]}


def questions_file(recipe, folder, asked):
    def answers(answer):
        if recipe["answers"] == "objects" or recipe["shape"] == "squad":
            return [{"text": answer[0], "answer_start": answer[1]}] if answer else []
        return {"text": [answer[0]] if answer else [], "answer_start": [answer[1]] if answer else []}
    flat = [{"id": i, "title": "x", "context": c, "question": q, "answers": answers(a)} for i, q, c, a in asked]
    nested = [{"title": "x", "paragraphs": [{"context": c, "qas": [{"id": i, "question": q, "answers": answers(a), "is_impossible": a is None}]}]}
              for i, q, c, a in asked]
    shape = recipe["shape"]
    text = {"squad": lambda: json.dumps({"version": "v2.0" if recipe["impossible"] else "1.1", "data": nested}), "flat": lambda: json.dumps({"data": flat}),
            "list": lambda: json.dumps(flat), "lines": lambda: "".join(json.dumps(row) + "\n" for row in flat)}[shape]()
    name = "data." + ("jsonl" if shape == "lines" else "json") + (".gz" if recipe["gz"] else "")
    data = text.encode("utf-8")
    (folder / name).write_bytes(data_files.gzip.compress(data, mtime=0) if recipe["gz"] else data)
    return name
