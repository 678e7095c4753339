#!/usr/bin/env python3
"""Writes ../fixtures/sentence_embeddings: small folders of sentence-transformers, and what PyTorch computes with them: make_embeddings.py FOLDER

Of each: model/ with modules.json, train.jsonl, held_out.jsonl, and goldens.json with the vectors of the held-out texts before
and after five steps of AdamW (clipped at 1), the loss and the gradient norm of each step, and the metrics of the held-out rows.
Of the folder with triplets, cached.json has losses and norms of ten steps by cached gradients, arXiv 2101.06983, as
CachedMultipleNegativesRankingLoss of sentence-transformers computes them.
With torch and transformers 5.20.2, on the CPU; where sentence-transformers is installed, its vectors and losses must be the same.
"""
import json
import pathlib
import random
import shutil
import sys

import tokenizers
import torch
import transformers

STEPS, BATCH, RATE, SCALE = 5, 4, 1e-3, 20.0
CACHED_STEPS, CACHED_BATCH, MINI_BATCH = 10, 10, 4
WORDS = "the a cat dog bird sat ran flew on under over mat tree house red blue small big saw heard ate bread fish".split()
SIZES = dict(hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12, max_position_embeddings=24)
CASES = {
    "bert": ("Bert", dict(SIZES), "mean", True, "triplets"),
    "roberta": ("Roberta", dict(SIZES, pad_token_id=0), "lasttoken", True, "pairs"),
    "distilbert": ("DistilBert", dict(dim=8, n_layers=2, n_heads=2, hidden_dim=12, max_position_embeddings=24), "cls", False, "scores"),
    "mpnet": ("MPNet", dict(SIZES, pad_token_id=0), "mean", True, "pairs"),
}


def tokenizer():
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + WORDS
    made = tokenizers.Tokenizer(tokenizers.models.WordPiece({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    made.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    made.post_processor = tokenizers.processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")


def write_folder(folder, model, pooling, normalized, longest):
    model.save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    modules = ["Transformer", "Pooling"] + ["Normalize"] * normalized
    paths = ["", "1_Pooling", "2_Normalize"]
    (folder / "modules.json").write_text(json.dumps(
        [dict(idx=i, name=str(i), path=paths[i], type="sentence_transformers.models." + name) for i, name in enumerate(modules)], indent=2))
    for name in paths[1:len(modules)]:
        (folder / name).mkdir()
    keys = dict(mean="pooling_mode_mean_tokens", cls="pooling_mode_cls_token", lasttoken="pooling_mode_lasttoken")
    config = dict(word_embedding_dimension=8, pooling_mode_max_tokens=False)
    config.update({key: mode == pooling for mode, key in keys.items()})
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(config, indent=2))
    (folder / "sentence_bert_config.json").write_text(json.dumps(dict(max_seq_length=longest, do_lower_case=False), indent=2))


def sentence(draw, most):
    return " ".join(draw.choice(WORDS) for _ in range(draw.randint(2, most)))


def rows(kind, count, seed):
    draw = random.Random(seed)
    made = []
    for _ in range(count):
        row = dict(text=sentence(draw, 12))
        if kind == "scores":
            row.update(text_b=sentence(draw, 12), score=round(draw.uniform(-1, 1), 2))
        else:
            row.update(positive=sentence(draw, 12))
        if kind == "triplets":
            row.update(negative=sentence(draw, 12))
        made.append(row)
    return made


def vectors(model, fast, texts, pooling, normalized, longest):
    read = fast(texts, padding=True, truncation=True, max_length=longest, return_tensors="pt", return_token_type_ids=False)
    tokens = model(**read).last_hidden_state
    mask = read["attention_mask"]
    if pooling == "mean":
        pooled = (tokens * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)
    else:
        place = mask.sum(1) - 1 if pooling == "lasttoken" else torch.zeros(len(texts), dtype=torch.long)
        pooled = tokens[torch.arange(len(texts)), place]
    return torch.nn.functional.normalize(pooled, dim=-1) if normalized else pooled


def loss_of(columns, batch):
    if "score" in batch[0]:
        score = torch.tensor([row["score"] for row in batch])
        return torch.nn.functional.mse_loss(torch.cosine_similarity(*columns), score)
    first, others = (torch.nn.functional.normalize(part, dim=-1) for part in (columns[0], torch.cat(columns[1:])))
    return torch.nn.functional.cross_entropy(SCALE * first @ others.T, torch.arange(len(batch)))


def metrics(columns, data):
    first, *others = (torch.nn.functional.normalize(part.double(), dim=-1) for part in columns)
    if "score" in data[0]:
        cosine = (first * others[0]).sum(1)
        score = torch.tensor([row["score"] for row in data], dtype=torch.double)
        ranks = lambda x: torch.stack([((x < y).sum() + ((x == y).sum() + 1) / 2).double() for y in x])
        correlation = lambda x, y: torch.corrcoef(torch.stack([x, y]))[0, 1].item()
        return dict(spearman=correlation(ranks(cosine), ranks(score)), pearson=correlation(cosine, score))
    cosines = first @ torch.cat(others).T  # all texts differ
    place = 1 + (cosines > cosines.diagonal().unsqueeze(1)).sum(1)
    return {"recall@1": (place <= 1).double().mean().item(), "recall@10": (place <= 10).double().mean().item(),
            "mrr": (1 / place.double()).mean().item()}


def cached(model, batch, embed):
    """One backward pass of CachedMultipleNegativesRankingLoss: only one mini batch has a graph at a time."""
    parts = [batch[begin:begin + MINI_BATCH] for begin in range(0, len(batch), MINI_BATCH)]
    with torch.no_grad():
        made = [embed(part) for part in parts]
    columns = [torch.cat(column).requires_grad_() for column in zip(*made)]
    loss = loss_of(columns, batch)
    gradients = [gradient.split(MINI_BATCH) for gradient in torch.autograd.grad(loss, columns)]
    for part, gradient in zip(parts, zip(*gradients)):
        sum((column * of).sum() for column, of in zip(embed(part), gradient)).backward()
    return loss


def train(model, data, steps, size, backward):
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.0)
    found = dict(loss=[], norm=[])
    for step in range(steps):
        optimizer.zero_grad()
        loss = backward(data[step * size:(step + 1) * size])
        weights = [weight for weight in model.parameters() if weight.grad is not None]
        found["loss"].append(loss.item())
        found["norm"].append(torch.nn.utils.clip_grad_norm_(weights, 1.0).item())
        optimizer.step()
    return found


def check(folder, data, held, goldens, scored):
    """Against sentence-transformers itself, where it is installed."""
    try:
        from sentence_transformers import SentenceTransformer, losses
    except ImportError:
        print("sentence-transformers is not installed: not compared")
        return
    model = SentenceTransformer(str(folder), device="cpu")
    texts = [row["text"] for row in held]
    worst = abs(torch.tensor(model.encode(texts)) - torch.tensor(goldens["vectors"])).max()
    assert worst < 1e-6, worst
    loss = losses.CosineSimilarityLoss(model) if scored else losses.MultipleNegativesRankingLoss(model)
    names = [name for name in data[0] if name != "score"]
    features = [model.preprocess([row[name] for row in data[:BATCH]]) for name in names]
    labels = torch.tensor([row["score"] for row in data[:BATCH]]) if scored else None
    model.eval()
    assert abs(loss(features, labels).item() - goldens["loss"][0]) < 1e-6
    print("the same as sentence-transformers")


def main(out):
    for seed, (name, (family, sizes, pooling, normalized, kind)) in enumerate(CASES.items()):
        torch.manual_seed(seed)
        config = getattr(transformers, family + "Config")(vocab_size=len(WORDS) + 5, **sizes)
        model = getattr(transformers, family + "Model")(config).eval()
        with torch.no_grad():
            for weight in model.parameters():
                noise = torch.randn(weight.shape)
                weight.copy_(noise * 0.4 if weight.dim() > 1 else weight + noise * 0.1)
        folder = out / name
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "model").mkdir(parents=True)
        longest = 10
        write_folder(folder / "model", model, pooling, normalized, longest)
        fast = tokenizer()
        data, held = rows(kind, BATCH * STEPS, seed + 10), rows(kind, 13, seed + 20)
        for file, part in (("train", data), ("held_out", held)):
            (folder / (file + ".jsonl")).write_text("".join(json.dumps(row) + "\n" for row in part))
        names = [key for key in data[0] if key != "score"]
        embed = lambda part: [vectors(model, fast, [row[key] for row in part], pooling, normalized, longest) for key in names]
        with torch.no_grad():
            before = embed(held)
            found = dict(vectors=before[0].tolist(), metrics=metrics(before, held))
        start = {key: value.clone() for key, value in model.state_dict().items()}

        def backward(batch):
            loss = loss_of(embed(batch), batch)
            loss.backward()
            return loss

        found.update(train(model, data, STEPS, BATCH, backward))
        with torch.no_grad():
            after = embed(held)
            found["vectors_after"] = after[0].tolist()
            found["metrics_after"] = metrics(after, held)
        (folder / "goldens.json").write_text(json.dumps(found))
        if kind == "triplets":
            model.load_state_dict(start)
            more = rows(kind, CACHED_BATCH * CACHED_STEPS, seed + 30)
            (folder / "cached.jsonl").write_text("".join(json.dumps(row) + "\n" for row in more))
            of = train(model, more, CACHED_STEPS, CACHED_BATCH, lambda batch: cached(model, batch, embed))
            (folder / "cached.json").write_text(json.dumps(of))
        check(folder / "model", data, held, found, kind == "scores")


main(pathlib.Path(sys.argv[1]))
