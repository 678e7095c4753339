#!/usr/bin/env python3
"""Writes ../fixtures/seq2seq: small BARTs and mBARTs, and what PyTorch computes with them: make_seq2seq.py FOLDER [NAME ...]

Of each: model/ as save_pretrained writes it, batch.jsonl, and goldens.json with the logits of the labels' tokens, the loss and
the dense gradient norm of five steps of Adam as TensorFlow computes it (clipped at 1), and what generate writes, greedily and
with beams, as the model's own settings say. Those of HEADS have heads for classes of texts and for answers instead of labels to write;
their case.json has the logits, the loss, the answers and steps of training. Also mbart_texts, a case of the differential test: an mBART with its tokenizer, which
reads one language and writes another. With torch and transformers 5.20.2, on the CPU.
"""
import json
import pathlib
import re
import shutil
import sys

import tokenizers
import torch
import transformers
from make_decoders import CLIP, EPSILON, RATE, STEPS

VOCABULARY, LENGTH, WRITTEN = 24, 9, 6
SIZES = dict(vocab_size=VOCABULARY, d_model=12, encoder_layers=2, decoder_layers=2, encoder_attention_heads=3, decoder_attention_heads=2,
             encoder_ffn_dim=10, decoder_ffn_dim=8, max_position_embeddings=16)
CLASSES = {"bart": "Bart", "mbart": "MBart"}
HEADS = {
    "bart_classes": ("bart", "SequenceClassification", dict(SIZES, num_labels=3, classifier_dropout=0.2)),
    "mbart_classes": ("mbart", "SequenceClassification", dict(SIZES, num_labels=3, scale_embedding=True, decoder_layers=1)),
    "bart_answers": ("bart", "QuestionAnswering", dict(SIZES, vocab_size=40, max_position_embeddings=32)),
    "mbart_answers": ("mbart", "QuestionAnswering", dict(SIZES, vocab_size=40, max_position_embeddings=32, scale_embedding=True)),
}
CASES = {
    "bart": ("bart", dict(SIZES, forced_bos_token_id=0)),
    "bart_scaled": ("bart", dict(SIZES, scale_embedding=True, activation_function="gelu_new", decoder_start_token_id=0, forced_eos_token_id=None)),
    "mbart": ("mbart", dict(SIZES, scale_embedding=True, decoder_start_token_id=4, decoder_layers=1)),
}


def build(model_type, config, seed, kind="ConditionalGeneration"):
    name = CLASSES[model_type]
    torch.manual_seed(seed)
    model = getattr(transformers, name + "For" + kind)(getattr(transformers, name + "Config")(**config))
    with torch.no_grad():
        for weight in model.parameters():
            noise = torch.randn(weight.shape)
            weight.copy_(noise * 0.4 if weight.dim() > 1 else weight + noise * 0.1)
        if kind == "ConditionalGeneration":
            model.final_logits_bias.copy_(torch.randn(model.final_logits_bias.shape) * 0.3)
    return model.eval()


def batch(seed):
    """Texts to read, of which one is padded, and labels of two lengths, which end as the tokenizers end them."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(5, VOCABULARY, (4, LENGTH), generator=generator)
    mask = torch.ones_like(ids)
    mask[1, LENGTH - 3:] = 0
    ids[1, LENGTH - 3:] = 1
    labels = torch.randint(5, VOCABULARY, (4, WRITTEN), generator=generator)
    labels[:, -2:] = torch.tensor([2, 4])
    labels[2, 2:] = torch.tensor([2, 4, -100, -100])
    return ids, mask, labels


def train(model, **fed):
    """Adam with TensorFlow's epsilon on the gradient clipped by its norm."""
    weights = [weight for weight in model.parameters()]
    first = [torch.zeros_like(weight) for weight in weights]
    second = [torch.zeros_like(weight) for weight in weights]
    found = dict(loss=[], pre_clip_norm=[])
    for step in range(1, STEPS + 1):
        model.zero_grad()
        loss = model(**fed).loss
        loss.backward()
        norm = torch.sqrt(sum((weight.grad.double() ** 2).sum() for weight in weights)).item()
        found["loss"].append(loss.item())
        found["pre_clip_norm"].append(norm)
        rate = RATE * (1 - 0.999 ** step) ** 0.5 / (1 - 0.9 ** step)
        with torch.no_grad():
            for weight, m, v in zip(weights, first, second):
                gradient = weight.grad * min(1.0, CLIP / norm)
                m.mul_(0.9).add_(gradient, alpha=0.1)
                v.mul_(0.999).addcmul_(gradient, gradient, value=0.001)
                weight -= rate * m / (v.sqrt() + EPSILON)
    return found


def written(model, ids, mask, beams):
    """Without the first token, and without padding after the end."""
    texts = []
    for row, hidden in zip(ids, mask):
        out = model.generate(row[None], attention_mask=hidden[None], max_new_tokens=8, num_beams=beams, do_sample=False)
        ids = out[0, 1:].tolist()
        texts.append(ids[:ids.index(2) + 1] if 2 in ids else ids)
    return texts


PIECES = ["▁the", "▁movie", "▁was", "▁good", "▁", "t", "h", "e", "m", "o", "v", "i", "g", "d", "s", "▁filmul", "▁bun"]
TEXTS = [("the movie was good", "filmul bun"), ("good", "bun the"), ("the the movie", "s")]


def with_texts(here):
    tokenizer = transformers.MBartTokenizer()
    languages = [token for token in tokenizer.get_vocab() if re.fullmatch("[a-z]{2}_[A-Z]{2}", token)]
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)] + [(piece, -float(number)) for number, piece in enumerate(PIECES, 2)]
    vocabulary = pieces + [(language, 0.0) for language in sorted(languages)] + [("<mask>", 0.0)]
    tokenizer = transformers.MBartTokenizer(vocab=vocabulary, src_lang="en_XX", tgt_lang="ro_RO", model_max_length=16)
    model = build("mbart", dict(SIZES, vocab_size=len(vocabulary), d_model=8, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
                                decoder_start_token_id=tokenizer.convert_tokens_to_ids("ro_RO")), 7)
    model.save_pretrained(here / "model")
    tokenizer.save_pretrained(here / "model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(here / "model")
    fed = tokenizer([text for text, _ in TEXTS], text_target=[target for _, target in TEXTS], padding=True, return_tensors="pt")
    fed["labels"][fed["labels"] == 1] = -100
    loss = model(**fed).loss.item()
    lines = []
    with open(here / "in.jsonl", "w") as file:
        for text, target in TEXTS:
            out = model.generate(**tokenizer(text, return_tensors="pt"), max_new_tokens=6, num_beams=2, do_sample=False)
            lines.append(dict(generated_text=tokenizer.decode(out[0], skip_special_tokens=True)))
            file.write(json.dumps(dict(text=text, target=target)) + "\n")
    runs = [dict(arguments=["evaluate", "--json", "--model", "@/model", "--file", "@/in.jsonl"], expect=dict(metrics=dict(loss=loss))),
            dict(arguments=["predict", "--model", "@/model", "--file", "@/in.jsonl", "--max-new-tokens", "6", "--num-beams", "2"],
                 expect=dict(lines=lines))]
    (here / "case.json").write_text(json.dumps(dict(runs=runs)))
    print("mbart_texts", fed["labels"].tolist(), loss, lines)


def of_classes(here, model, seed):
    """Texts with two ends each, whose features are those at the last one."""
    ids, mask, _ = batch(seed)
    for row, length in zip(ids, mask.sum(1).tolist()):
        row[length - 1] = row[2] = 2
    labels = torch.tensor([0, 2, 1, 1])
    with open(here / "batch.jsonl", "w") as out:
        for row, seen, label in zip(ids, mask, labels):
            out.write(json.dumps(dict(input_ids=row[seen == 1].tolist(), label=label.item())) + "\n")
    with torch.no_grad():
        said = model(input_ids=ids, attention_mask=mask, labels=labels)
    files = ["--model", "@/model", "--file", "@/batch.jsonl"]
    runs = [dict(arguments=["predict", *files], expect=dict(logits=said.logits.tolist(), tolerance=1e-5)),
            dict(arguments=["evaluate", "--json", *files], expect=dict(metrics=dict(loss=said.loss.item()), tolerance=1e-5))]
    return runs, dict(input_ids=ids, attention_mask=mask, labels=labels)


ASKED = [("what sat ?", "the cat sat on the mat .", "the cat"), ("what ran ?", "a dog ran under the old tree and a bird flew .", "a dog"),
         ("where ?", "it sat on the mat under the tree .", "on the mat"), ("what flew over the house ?", "a bird flew over it .", "a bird")]


def words_of_questions(here):
    words = sorted({word for asked in ASKED for text in asked for word in text.split()})
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel({word: i for i, word in enumerate(["<s>", "<pad>", "</s>", "<unk>"] + words)}, unk_token="<unk>"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>",
                                                pad_token="<pad>", unk_token="<unk>")
    fast.save_pretrained(here / "model")
    return fast


def of_answers(here, model):
    fast = words_of_questions(here)
    fed = fast([asked[0] for asked in ASKED], [asked[1] for asked in ASKED], padding=True, return_tensors="pt", return_offsets_mapping=True,
               return_token_type_ids=False)
    offsets = fed.pop("offset_mapping")
    starts, ends, paragraphs = [], [], []
    for number, (question, context, answer) in enumerate(ASKED):
        begin = context.index(answer)
        of_context = [i for i, part in enumerate(fed.sequence_ids(number)) if part == 1]
        starts.append(next(i for i in of_context if offsets[number][i][0] == begin))
        ends.append(next(i for i in of_context if offsets[number][i][1] == begin + len(answer)))
        paragraphs.append(dict(context=context, qas=[dict(id=str(number), question=question, answers=[dict(text=answer, answer_start=begin)])]))
    (here / "questions.json").write_text(json.dumps(dict(version="1.1", data=[dict(title="made up", paragraphs=paragraphs)])))
    fed = dict(fed, start_positions=torch.tensor(starts), end_positions=torch.tensor(ends))
    with torch.no_grad():
        said = model(**fed)
    lines = []
    for number, (_, context, _) in enumerate(ASKED):
        spans = [(said.start_logits[number][i] + said.end_logits[number][j], i, j) for i in range(*context_of(fed, number))
                 for j in range(i, min(i + 30, context_of(fed, number)[1]))]
        _, i, j = max(spans)
        lines.append(dict(answer=context[offsets[number][i][0]:offsets[number][j][1]]))
    files = ["--model", "@/model", "--file", "@/questions.json"]
    runs = [dict(arguments=["predict", *files], expect=dict(lines=lines)),
            dict(arguments=["evaluate", "--json", *files], expect=dict(metrics=dict(loss=said.loss.item()), tolerance=1e-5))]
    return runs, fed


def context_of(fed, number):
    """The places between the two ends in a row and its last."""
    ends = (fed["input_ids"][number] == 2).nonzero().flatten().tolist()
    return ends[1] + 1, ends[2]


def of_head(here, seed, model_type, kind, config):
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir(parents=True)
    model = build(model_type, config, seed, kind)
    model.save_pretrained(here / "model")
    runs, fed = of_answers(here, model) if kind == "QuestionAnswering" else of_classes(here, model, seed)
    found = train(model, **fed)
    (here / "goldens.json").write_text(json.dumps(dict(training=found)) + "\n")
    file = "@/questions.json" if kind == "QuestionAnswering" else "@/batch.jsonl"
    arguments = ["train", "--model", "@/model", "--train-file", file, "--output-dir", "@/run", "--max-steps", str(STEPS), "--train-batch-size", "8",
                 "--shuffle", "off", "--dropout", "off", "--optimizer", "adam", "--adam-epsilon", str(EPSILON), "--learning-rate", str(RATE),
                 "--lr-scheduler", "constant", "--max-grad-norm", str(CLIP), "--report", "none"]
    steps = [dict(loss=loss, grad_norm=norm) for loss, norm in zip(found["loss"], found["pre_clip_norm"])]
    runs.append(dict(arguments=arguments, expect=dict(steps=steps, tolerance=1e-5)))
    (here / "case.json").write_text(json.dumps(dict(runs=runs)) + "\n")
    print(here.name, found, runs[0]["expect"])


def main(folder, names):
    for seed, (name, (model_type, kind, config)) in enumerate(HEADS.items(), 10):
        if not names or name in names:
            of_head(folder / name, seed, model_type, kind, config)
    if not names or "mbart_texts" in names:
        shutil.rmtree(folder / "mbart_texts", ignore_errors=True)
        (folder / "mbart_texts").mkdir(parents=True)
        with_texts(folder / "mbart_texts")
    for seed, (name, (model_type, config)) in enumerate(CASES.items()):
        if names and name not in names:
            continue
        here = folder / name
        shutil.rmtree(here, ignore_errors=True)
        here.mkdir(parents=True)
        model = build(model_type, config, seed)
        model.save_pretrained(here / "model")
        ids, mask, labels = batch(seed)
        with torch.no_grad():
            logits = model(input_ids=ids, attention_mask=mask, labels=labels).logits
        decoder_ids = model.prepare_decoder_input_ids_from_labels(labels)
        goldens = dict(decoder_input_ids=decoder_ids.tolist(), logits=[[float(f"{x:.7g}") for x in row] for row in logits[labels != -100].tolist()])
        goldens["written"] = {beams: written(model, ids, mask, beams) for beams in (1, 3)}
        goldens["training"] = train(type(model).from_pretrained(here / "model").eval(), input_ids=ids, attention_mask=mask, labels=labels)
        (here / "goldens.json").write_text(json.dumps(goldens) + "\n")
        with open(here / "batch.jsonl", "w") as out:
            for row, hidden, target in zip(ids.tolist(), mask.tolist(), labels.tolist()):
                out.write(json.dumps(dict(input_ids=row, attention_mask=hidden, labels=target)) + "\n")
        print(name, goldens["training"], goldens["written"])


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
