#!/usr/bin/env python3
"""Writes ../fixtures/question_answering: questions in the form of SQuAD 2.0, and what Hugging Face makes of them.

    python make_questions.py [--out DIR]

Needs tensorflow-cpu==2.10.1 and transformers==4.26.1.  One thread, oneDNN off, no dropout.  Written:

    questions.json     three texts with questions; written here, so that nobody's licence is in the way
    config.json, tf_model.h5, vocab.txt    a small BertForQuestionAnswering with random weights
    bytes.json         tokenizer.json of a byte-level BPE that puts <s> q </s></s> c </s>, as RoBERTa's
    windows.json       per case the windows of all questions, by the fast tokenizers with truncation="only_second", stride,
                       return_overflowing_tokens and return_offsets_mapping; `starts` and `ends` are those of the context's tokens alone, `offset`
                       says where the first of them stands.  `span` is what run_qa.py's prepare_train_features makes of them, but for an answer that
                       begins in a window's last token: there that function counts on to the end of the row, since special tokens have the offsets (0, 0)
    answers.json       per case logits of all windows, and of each question the best answers over all of them as run_qa.py's postprocessing defines them
    metrics.json       answers held against expected ones: SQuAD 2.0's formulas by transformers.data.metrics.squad_metrics, SQuAD 1.1's F1 where it differs
    training.json      losses and dense gradient norms of STEPS steps of TFBertForQuestionAnswering, clip 1.0, Adam (lr 1e-3, epsilon 1e-8), on all
                       windows of case 0 in one batch
"""
import argparse
import json
import os

from make_fixtures import RawAdam, dump, tf_  # sets one thread and oneDNN off, before TensorFlow loads
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
SEED, STEPS = 1604, 6
CASES = (("vocab.txt", 48, 12), ("vocab.txt", 32, 0), ("vocab.txt", 64, 20), ("bytes.json", 64, 16))

RIVER = ("The Elbe rises in the Giant Mountains, crosses Bohemia and flows through Dresden and Magdeburg to Hamburg. "
         "In Hamburg it is about 500 metres wide. \U0001f6a2 Ships of the deepest draught reach the port only with the tide, which takes "
         "six hours. The old tunnel beneath the river was opened in 1911.")
BAKER = ("Zoë Müller bakes bread in Łódź. Her café opens at five o'clock; the last loaf is sold by noon. "
         "She learned the trade from her grandmother, a baker too.")
STARS = "A red star is cooler than a blue star. The Sun is yellow."
ASKED = {
    RIVER: (("Where does the Elbe rise?", ("the Giant Mountains", "Giant Mountains")), (" Which cities does it flow through?", ("Dresden and Magdeburg",)),
            ("How wide is it in Hamburg?", ("about 500 metres", "500 metres")), ("When was the tunnel opened?", ("1911",)),
            ("Who built the tunnel?", ()), ("What do ships need to reach the port?", ("the tide", "the tide, which takes six hours"))),
    BAKER: (("Where does she bake?", ("Łódź",)), ("Who taught Zoë?", ("her grandmother",)), ("What does a loaf cost?", ())),
    STARS: (("What is yellow?", ("The Sun", "Sun")), ("Which star is cooler?", ("A red star", "red"))),
}


def questions():
    paragraphs = []
    for place, (context, asked) in enumerate(ASKED.items()):
        qas = []
        for number, (question, answers) in enumerate(asked):
            given = [{"text": a, "answer_start": context.index(a)} for a in answers]
            qas.append({"id": f"q{place}{number}", "question": question, "is_impossible": not given, "answers": given})
        paragraphs.append({"context": context, "qas": qas})
    return {"version": "v2.0", "data": [{"title": "Made up", "paragraphs": paragraphs[:2]}, {"title": "Made up too", "paragraphs": paragraphs[2:]}]}


def flat(squad):
    for article in squad["data"]:
        for paragraph in article["paragraphs"]:
            for qa in paragraph["qas"]:
                yield qa["id"], qa["question"], paragraph["context"], qa["answers"]


def write_vocabulary(path):
    words = sorted({w for c, a in ASKED.items() for w in (c + " " + " ".join(q for q, _ in a)).lower().replace(",", " ").replace(".", " ").replace("?", " ").split()})
    letters = sorted(set("".join(words)) | set("abcdefghijklmnopqrstuvwxyz0123456789.,;?'"))
    with open(path, "w", encoding="utf-8") as file:
        kept = [w for i, w in enumerate(words) if i % 4 and w.isascii() and w.isalnum() and len(w) > 1]
        for token in ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + letters + ["##" + c for c in letters if c.isalnum()] + kept:
            if "\U0001f6a2" not in token:
                file.write(token + "\n")


def write_bytes(path):
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=330, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(list(ASKED), trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    tokenizer.save(path)


def tokenizer_of(directory, name):
    from transformers import BertTokenizerFast, RobertaTokenizerFast
    path = os.path.join(directory, name)
    return RobertaTokenizerFast(tokenizer_file=path) if name == "bytes.json" else BertTokenizerFast(path, do_lower_case=True)


def span(starts, ends, offset, answers):
    if not answers:
        return [0, 0]
    start, end = answers[0]["answer_start"], answers[0]["answer_start"] + len(answers[0]["text"])
    if starts[0] > start or ends[-1] < end:
        return [0, 0]
    return [offset + max(i for i, s in enumerate(starts) if s <= start), offset + min(i for i, e in enumerate(ends) if e >= end)]


def windows(directory, squad, name, max_length, stride):
    tokenizer = tokenizer_of(directory, name)
    rows = []
    for identifier, question, context, answers in flat(squad):
        encoding = tokenizer(question.lstrip(), context, truncation="only_second", max_length=max_length, stride=stride,
                             return_overflowing_tokens=True, return_offsets_mapping=True)
        for window, ids in enumerate(encoding["input_ids"]):
            ofcontext = [i for i, s in enumerate(encoding.sequence_ids(window)) if s == 1]
            offsets = [encoding["offset_mapping"][window][i] for i in ofcontext]
            starts, ends = [s for s, _ in offsets], [e for _, e in offsets]
            types = encoding["token_type_ids"][window] if "token_type_ids" in encoding else [0] * len(ids)
            rows.append({"id": identifier, "input_ids": ids, "token_type_ids": types, "offset": ofcontext[0], "starts": starts, "ends": ends,
                         "span": span(starts, ends, ofcontext[0], answers)})
    return {"tokenizer": name, "max_length": max_length, "stride": stride, "windows": rows}


def best_answers(context, rows, logits, size, longest, negative):
    """run_qa.py's postprocess_qa_predictions for one question, looking at the context's tokens alone"""
    found, none = [], None
    for row, (start, end) in zip(rows, logits):
        null = start[0] + end[0]
        none = null if none is None else min(none, null)
        places = range(row["offset"], row["offset"] + len(row["starts"]))
        starts = sorted(places, key=lambda i: -start[i])[:size]
        ends = sorted(places, key=lambda i: -end[i])[:size]
        found += [(float(start[s] + end[e]), row["starts"][s - row["offset"]], row["ends"][e - row["offset"]])
                  for s in starts for e in ends if s <= e < s + longest]
    if negative:
        found.append((float(none), 0, 0))
    kept = sorted(found, key=lambda c: -c[0])[:size]
    if negative and not any(c[2] == 0 for c in kept):
        kept.append((float(none), 0, 0))
    scores = np.array([c[0] for c in kept])
    shares = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
    best = next(c for c in kept if c[2] > 0)
    difference = float(none) - best[0]
    chosen = best if not negative or difference <= 0 else (0, 0, 0)
    return {"answer": context[chosen[1]:chosen[2]], "difference": difference if negative else None,
            "n_best": [{"text": context[c[1]:c[2]], "start": c[1], "end": c[2], "probability": float(p)} for c, p in zip(kept, shares)]}


def answers(squad, case, rng, size, longest, negative):
    scale = 2.0
    logits = [np.round(rng.standard_normal((2, len(row["input_ids"]))) * scale, 2).astype(np.float32) for row in case["windows"]]
    told = []
    for identifier, _, context, _ in flat(squad):
        own = [i for i, row in enumerate(case["windows"]) if row["id"] == identifier]
        told.append({"id": identifier, **best_answers(context, [case["windows"][i] for i in own], [logits[i] for i in own], size, longest, negative)})
    return {"n_best_size": size, "max_answer_length": longest, "negative": negative,
            "logits": [[[round(float(x), 2) for x in side] for side in pair] for pair in logits], "answers": told}


def f1_of_version_1(answer, expected):
    from transformers.data.metrics.squad_metrics import compute_f1, normalize_answer
    return 0.0 if not normalize_answer(answer).split() and not normalize_answer(expected).split() else float(compute_f1(expected, answer))


def metrics():
    from transformers.data.metrics.squad_metrics import compute_exact, compute_f1, normalize_answer
    rows = [("the Giant Mountains", ["Giant Mountains"]), ("in the giant mountains,", ["the Giant Mountains", "giant"]), ("", []), ("1911", []), ("", ["1911"]),
            ("a b b c", ["b b d", "c"]), ("The", ["a"]), ("the", []), ("An apple a day", ["apple day"]), ("Łódź!", ["łódź"]), ("ÉCOLE  the\u00a0café", ["école café"]),
            ("theatre", ["the atre"]), ("500-metres", ["500 metres", "500metres"]), ("“quoted”", ["quoted"]), ("x y z", ["z y x"]), ("ǅ İ", ["ǆ i̇"]), ("o'clock", ["oclock"])]
    told = []
    for answer, expected in rows:
        accepted = [e for e in expected if normalize_answer(e)] or [""]
        told.append({"answer": answer, "expected": expected, "exact": max(compute_exact(e, answer) for e in accepted),
                     "f1": max(float(compute_f1(e, answer)) for e in accepted),
                     "f1_of_version_1": max(f1_of_version_1(answer, e) for e in expected) if expected else None})
    return told


def training(tf, directory, case):
    import transformers as hf
    model = hf.TFBertForQuestionAnswering.from_pretrained(directory)
    longest = max(len(row["input_ids"]) for row in case["windows"])
    pad = lambda rows: tf.constant([r + [0] * (longest - len(r)) for r in rows], tf.int32)
    batch = {"input_ids": pad([r["input_ids"] for r in case["windows"]]), "attention_mask": pad([[1] * len(r["input_ids"]) for r in case["windows"]]),
             "token_type_ids": pad([r["token_type_ids"] for r in case["windows"]]),
             "start_positions": tf.constant([r["span"][0] for r in case["windows"]]), "end_positions": tf.constant([r["span"][1] for r in case["windows"]])}
    variables = model.trainable_variables
    adam = RawAdam(1e-3)
    told = {"windows": len(case["windows"]), "loss": [], "pre_clip_norm": []}
    for _ in range(STEPS):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(model(**batch, training=False).loss)
        gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, variables)]  # dense: rows of one word summed
        clipped, norm = tf.clip_by_global_norm(gradients, 1.0)
        told["loss"].append(float(loss))
        told["pre_clip_norm"].append(float(norm))
        adam.apply(tf, clipped, variables, [v.name for v in variables])
    return told


def write_model(tf, directory):
    import transformers as hf
    with open(os.path.join(directory, "vocab.txt"), encoding="utf-8") as file:
        size = len(file.readlines())
    tf.keras.utils.set_random_seed(SEED)
    config = hf.BertConfig(vocab_size=size, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, max_position_embeddings=64,
                           hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, initializer_range=0.3)
    model = hf.TFBertForQuestionAnswering(config)
    model(model.dummy_inputs)
    model.save_pretrained(directory)


def write_lines(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n")


def make(directory):
    tf = tf_()
    os.makedirs(directory, exist_ok=True)
    squad = questions()
    dump(os.path.join(directory, "questions.json"), squad)
    write_vocabulary(os.path.join(directory, "vocab.txt"))
    write_bytes(os.path.join(directory, "bytes.json"))
    write_model(tf, directory)
    cases = [windows(directory, squad, *case) for case in CASES]
    write_lines(os.path.join(directory, "windows.json"), cases)
    rng = np.random.default_rng(SEED)
    write_lines(os.path.join(directory, "answers.json"),
                [answers(squad, cases[0], rng, 20, 30, True), answers(squad, cases[0], rng, 5, 4, False), answers(squad, cases[0], rng, 3, 10, True)])
    dump(os.path.join(directory, "metrics.json"), metrics())
    dump(os.path.join(directory, "training.json"), training(tf, directory, cases[0]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=os.path.join(HERE, "..", "fixtures"))
    make(os.path.join(parser.parse_args().out, "question_answering"))
