"""Vectors of sentences: folders of sentence-transformers and plain ones, pairs, triplets and scored pairs in every file format. What is right is what PyTorch
computes as sentence-transformers does: the vectors, the metrics, three steps of MultipleNegativesRankingLoss or CosineSimilarityLoss, and the vectors after them."""
import json
import random

import torch
import transformers

import data
import data_files

INTERPRETER = "pytorch"
SHARE = 0.5

FAMILIES = ("bert", "bert", "roberta", "distilbert", "electra", "albert", "mpnet", "mpnet", "modernbert", "modernbert", "deberta-v2")
POOLINGS = {"mean": "mean", "cls": "cls", "lasttoken": "last"}
ANCHORS = ("text", "anchor", "query", "sentence")
PAIRS = (("text", "text_b"), ("sentence1", "sentence2"), ("premise", "hypothesis"), ("question1", "question2"))
SCORES = ("score", "similarity", "label")
STEPS, RATE = 3, 0.02
GAP = 2e-5  # cosines that are nearer have no certain order


def draw(rng):
    kind = rng.choice(("pairs", "pairs", "triplets", "several", "scores"))
    recipe = dict(
        family=rng.choice(FAMILIES), pooling=rng.choice(list(POOLINGS)), normalized=rng.random() < 0.5, kind=kind, seed=rng.randint(0, 10**6),
        folder=rng.choice(("sentence-transformers", "sentence-transformers", "plain")), style=data_files.draw(rng, ("csv", "tsv", "jsonl", "json")),
        anchor=rng.choice(ANCHORS), pair=rng.choice(PAIRS), score=rng.choice(SCORES), named=rng.random() < 0.2, scale=rng.choice((None, None, 5.0, 30.0)),
        longest=rng.choice((8, 12, 30)), rows=rng.randint(5, 11), batch=rng.choice((3, 4)), most=rng.choice((6, 25)), again=rng.random() < 0.2,
        old=rng.random() < 0.5)
    if recipe["named"]:
        recipe["anchor"], recipe["pair"] = "erste", ("erste", "zweite")
    return recipe


def rows(recipe, rnd, count):
    """Texts that differ, each a row of columns."""
    seen = set()

    def sentence():
        while True:
            words = [rnd.choice(data.WORDS[:29]) for _ in range(rnd.randint(1, recipe["most"]))]
            text = " ".join(words)
            if text not in seen:
                seen.add(text)
                return text

    made = []
    for _ in range(count):
        if recipe["kind"] == "scores":
            first, second = recipe["pair"]
            made.append({first: sentence(), second: sentence(), recipe["score"]: round(rnd.uniform(-1, 1), 2)})
            continue
        row = {recipe["anchor"]: sentence(), "positive": sentence()}
        if recipe["kind"] == "triplets":
            row["negative"] = sentence()
        if recipe["kind"] == "several":
            row.update(negative_1=sentence(), negative_2=sentence())
        made.append(row)
    if recipe["again"] and recipe["kind"] != "scores":
        made[1]["positive"] = made[0]["positive"]  # a wrong answer that is right: sentence-transformers takes it all the same
    return made


def write_modules(folder, recipe):
    """What makes a folder one of sentence-transformers."""
    names = ["Transformer", "Pooling"] + ["Normalize"] * recipe["normalized"]
    paths = ["", "1_Pooling", "2_Normalize"]
    home = "sentence_transformers.models." if recipe["old"] else "sentence_transformers.sentence_transformer.modules."
    (folder / "modules.json").write_text(json.dumps([dict(idx=i, name=str(i), path=paths[i], type=home + name) for i, name in enumerate(names)]))
    for path in paths[1:len(names)]:
        (folder / path).mkdir()
    keys = dict(mean="pooling_mode_mean_tokens", cls="pooling_mode_cls_token", lasttoken="pooling_mode_lasttoken")
    config = {"word_embedding_dimension": 16, "pooling_mode_max_tokens": False}
    config.update({key: mode == recipe["pooling"] for mode, key in keys.items()})
    (folder / "1_Pooling/config.json").write_text(json.dumps(config))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": recipe["longest"], "do_lower_case": False}))


def vectors(model, recipe, texts):
    tokenizer = data.wordpiece(recipe["longest"])
    ids = [tokenizer.encode(text).ids for text in texts]
    mask = data.collate([[1] * len(row) for row in ids], 0)
    tokens = model(input_ids=data.collate(ids, model.config.pad_token_id), attention_mask=mask).last_hidden_state
    if recipe["pooling"] == "mean":
        pooled = (tokens * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)
    else:
        place = mask.sum(1) - 1 if recipe["pooling"] == "lasttoken" else torch.zeros(len(texts), dtype=torch.long)
        pooled = tokens[torch.arange(len(texts)), place]
    return torch.nn.functional.normalize(pooled, dim=-1) if recipe["normalized"] else pooled


def columns_of(part):
    return [name for name, value in part[0].items() if isinstance(value, str)]


def scores_of(part):
    return [value for row in part for value in row.values() if isinstance(value, float)]


def loss_of(recipe):
    def loss(model, part):
        columns = [vectors(model, recipe, [row[name] for row in part]) for name in columns_of(part)]
        if recipe["kind"] == "scores":
            return torch.nn.functional.mse_loss(torch.cosine_similarity(*columns), torch.tensor(scores_of(part)))
        first, others = (torch.nn.functional.normalize(group, dim=-1) for group in (columns[0], torch.cat(columns[1:])))
        return torch.nn.functional.cross_entropy((recipe["scale"] or 20.0) * first @ others.T, torch.arange(len(part)))

    return loss


def metrics(model, recipe, part):
    """Of rows whose texts all differ; None where two cosines are too near for an order."""
    with torch.no_grad():
        columns = [torch.nn.functional.normalize(vectors(model, recipe, [row[name] for row in part]).double(), dim=-1) for name in columns_of(part)]
    if recipe["kind"] == "scores":
        cosines, scores = (columns[0] * columns[1]).sum(1), torch.tensor(scores_of(part), dtype=torch.double)
        gaps = (cosines[:, None] - cosines[None]).abs() + torch.eye(len(part))
        if gaps.min() < GAP or cosines.std() < 1e-3 or scores.std() < 1e-3:
            return None
        ranks = lambda x: torch.stack([((x < y).sum() + ((x == y).sum() + 1) / 2).double() for y in x])
        correlation = lambda x, y: torch.corrcoef(torch.stack([x, y]))[0, 1].item()
        return dict(spearman=correlation(ranks(cosines), ranks(scores)), pearson=correlation(cosines, scores))
    cosines = columns[0] @ torch.cat(columns[1:]).T
    own = cosines.diagonal().unsqueeze(1)
    if (cosines - own).abs().add(torch.eye(*cosines.shape)).min() < GAP:
        return None
    place = 1 + (cosines > own).sum(1)
    return {"recall@1": (place <= 1).double().mean().item(), "recall@10": (place <= 10).double().mean().item(), "mrr": (1 / place.double()).mean().item()}


def make(recipe, folder):
    rnd = random.Random(recipe["seed"])
    configuration = data.family(recipe["family"])
    model = data.build(transformers.AutoModel._model_mapping[type(configuration)], configuration, recipe["seed"])
    data.save(model, folder)
    options, head = [], []
    if recipe["folder"] == "plain":
        head = ["--head", "sentence-embedding", "--pooling", POOLINGS[recipe["pooling"]], "--normalize", "on" if recipe["normalized"] else "off"]
        options = ["--max-seq-length", str(recipe["longest"])]
    else:
        write_modules(folder / "model", recipe)
    if recipe["named"]:
        options += ["--text-column", "erste"] + (["--text-pair-column", "zweite"] if recipe["kind"] == "scores" else [])
    part, held = rows(recipe, rnd, recipe["rows"]), rows(dict(recipe, again=False), rnd, 9)
    train, judged = (data_files.write(folder, name, given, recipe["style"]) for name, given in (("train", part), ("held", held)))
    texts = [next(iter(row.values())) for row in held]
    alone = data_files.write(folder, "alone", [{"text": text} for text in texts], dict(recipe["style"], format="jsonl"))
    with torch.no_grad():
        begun = vectors(model, recipe, texts).tolist()
    shown = metrics(model, recipe, held)
    runs = []
    if recipe["folder"] != "plain":
        runs.append(dict(arguments=["predict", "--model", "@/model", "--file", "@/" + alone], expect=dict(vectors=begun, tolerance=1e-4)))
        if shown:
            runs.append(dict(arguments=["evaluate", "--json", "--model", "@/model", "--file", "@/" + judged] + options, expect=dict(metrics=shown, tolerance=1e-4)))
    parts = data.in_batches(part, recipe["batch"], STEPS)
    if recipe["kind"] in ("pairs",) and any(len(few) == 1 for few in parts):
        parts = None  # a pair alone in a batch has nothing to be told from; Belay says so
    scale = ["--scale", str(recipe["scale"])] if recipe["scale"] and recipe["kind"] != "scores" else []
    arguments = ["train", "--model", "@/model", "--train-file", "@/" + train, "--output-dir", "@/run", "--max-steps", str(STEPS), "--train-batch-size",
                 str(recipe["batch"]), "--optimizer", "sgd", "--lr-scheduler", "constant", "--learning-rate", str(RATE), "--max-grad-norm", "1", "--shuffle", "off",
                 "--dropout", "off", "--report", "none", *head, *scale, *options]
    if not parts:
        return dict(runs=runs)
    optimizer, steps = torch.optim.SGD(model.parameters(), lr=RATE), []
    for few in parts:
        optimizer.zero_grad()
        loss = loss_of(recipe)(model, few)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_([weight for weight in model.parameters() if weight.grad is not None], 1.0)
        optimizer.step()
        steps.append({"loss": float(loss.detach()), "grad_norm": float(norm)})
    with torch.no_grad():
        after = vectors(model, recipe, texts).tolist()
    runs.append(dict(arguments=arguments, expect=dict(steps=steps, tolerance=2e-4)))
    runs.append(dict(arguments=["predict", "--model", "@/run", "--file", "@/" + alone], expect=dict(vectors=after, tolerance=5e-4)))
    runs.append(dict(arguments=["export", "@/run", "--format", "huggingface", "--output-dir", "@/back"], expect={}))
    return dict(runs=runs, keep=dict(texts=texts, vectors=after))


def check_back(case, folder):
    """The folder that Belay writes, read by transformers, gives the vectors of the weights that PyTorch trained."""
    if "keep" not in case:
        return None
    model = transformers.AutoModel.from_pretrained(folder / "back").eval()
    with torch.no_grad():
        found = vectors(model, case["recipe"], case["keep"]["texts"])
    right = torch.tensor(case["keep"]["vectors"])
    worst = float((found - right).abs().max() / (1 + right.abs().max()))
    return None if worst <= 5e-4 else f"vectors of the folder that comes back are off by {worst:.2e}"
