#!/usr/bin/env python3
"""What epoch.sh and predict_speed.sh hold Belay against: Hugging Face's Trainer, a PyTorch loop and ONNX Runtime, as people use them.

    python hf_epoch.py make FOLDER [--layers 4 --hidden 256 --vocabulary 30522 --texts 2000 --mean 40]
    python hf_epoch.py train MODEL TRAIN.tsv [DEV.tsv] [--batch 16 --max-length 256 --learning-rate 5e-5 --threads 2]
    python hf_epoch.py predict MODEL TEXTS.tsv [--with torch | onnx] [--batch 32 --max-length 256 --threads 2]

make writes a BERT with random weights, its tokenizer, and train.tsv: texts of words of that vocabulary, whose lengths are log-normal (deviation 0.7 of
the logarithm).  train is one epoch of Trainer, grouped by length, with AdamW (fused), a linear schedule, a clip of 1 and dropout.  predict sorts texts
by length.  Both print one line of JSON; seconds are without imports.  Needs torch, transformers and accelerate; onnx and onnxruntime for --with onnx.
"""
import argparse
import json
import math
import os
import random
import time

os.environ.update(HF_HUB_OFFLINE="1", CUDA_VISIBLE_DEVICES="", TRANSFORMERS_NO_ADVISORY_WARNINGS="1", TOKENIZERS_PARALLELISM="true")
import torch  # noqa: E402
import transformers  # noqa: E402
from transformers import AutoModelForSequenceClassification, AutoTokenizer, BertConfig, BertForSequenceClassification  # noqa: E402

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
DEVIATION = 0.7


def make(chosen):
    os.makedirs(chosen.model, exist_ok=True)
    config = BertConfig(
        vocab_size=chosen.vocabulary, hidden_size=chosen.hidden, num_hidden_layers=chosen.layers, num_attention_heads=max(1, chosen.hidden // 64),
        intermediate_size=4 * chosen.hidden, num_labels=2, architectures=["BertForSequenceClassification"])
    torch.manual_seed(1)
    BertForSequenceClassification(config).save_pretrained(chosen.model)
    words = SPECIAL + ["w%d" % number for number in range(chosen.vocabulary - len(SPECIAL))]
    with open(os.path.join(chosen.model, "vocab.txt"), "w", encoding="utf-8") as file:
        file.write("\n".join(words) + "\n")
    with open(os.path.join(chosen.model, "tokenizer_config.json"), "w", encoding="utf-8") as file:
        json.dump({"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 512}, file)
    rng = random.Random(5)
    middle = math.log(chosen.mean) - DEVIATION ** 2 / 2
    with open(os.path.join(chosen.model, "train.tsv"), "w", encoding="utf-8") as file:
        file.write("text\tlabel\n")
        for number in range(chosen.texts):
            length = min(254, max(3, round(rng.lognormvariate(middle, DEVIATION))))
            # As in texts, a few words are most of them.
            ids = [len(SPECIAL) + int((chosen.vocabulary - len(SPECIAL)) * rng.random() ** 4) for _ in range(length)]
            file.write("%s\t%d\n" % (" ".join(words[i] for i in ids), number % 2))


def rows(path):
    with open(path, encoding="utf-8") as lines:
        cells = [line.rstrip("\n").split("\t") for line in list(lines)[1:]]
    return [row[0] for row in cells], [row[1] if len(row) > 1 else "" for row in cells]


class Encoded(torch.utils.data.Dataset):
    def __init__(self, tokenizer, path, classes, longest):
        texts, labels = rows(path)
        self.encodings = tokenizer(texts, truncation=True, max_length=longest)
        self.labels = [classes.index(label) for label in labels]

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, number):
        return {"labels": self.labels[number], **{key: values[number] for key, values in self.encodings.items()}}


def train(chosen):
    from transformers import DataCollatorWithPadding, Trainer, TrainingArguments

    start = time.perf_counter()
    classes = sorted(set(rows(chosen.file)[1]))
    tokenizer = AutoTokenizer.from_pretrained(chosen.model)
    model = AutoModelForSequenceClassification.from_pretrained(chosen.model, num_labels=len(classes))
    loaded = time.perf_counter()
    data = Encoded(tokenizer, chosen.file, classes, chosen.max_length)
    # Before and after version 5.
    grouped = "train_sampling_strategy" if "train_sampling_strategy" in TrainingArguments.__dataclass_fields__ else "group_by_length"
    arguments = TrainingArguments(
        output_dir="/tmp/unused", num_train_epochs=1, per_device_train_batch_size=chosen.batch, per_device_eval_batch_size=32,
        learning_rate=chosen.learning_rate, weight_decay=0.01, optim="adamw_torch_fused", logging_strategy="no", save_strategy="no", report_to=[],
        use_cpu=True, disable_tqdm=True, **{grouped: "group_by_length" if grouped == "train_sampling_strategy" else True})
    trainer = Trainer(model=model, args=arguments, train_dataset=data, data_collator=DataCollatorWithPadding(tokenizer))
    trainer.train()
    done = time.perf_counter()
    result = {"side": "trainer", "train_s": round(done - loaded, 2), "with_loading_s": round(done - start, 2)}
    if chosen.validation:
        outputs = trainer.predict(Encoded(tokenizer, chosen.validation, classes, chosen.max_length))
        result["accuracy"] = round(float((outputs.predictions.argmax(-1) == outputs.label_ids).mean()), 4)
    return result


def predict(chosen):
    start = time.perf_counter()
    tokenizer = AutoTokenizer.from_pretrained(chosen.model)
    texts = sorted(rows(chosen.file)[0], key=len)
    model = AutoModelForSequenceClassification.from_pretrained(chosen.model).eval()
    run = onnx_session(model, tokenizer, chosen) if chosen.__dict__["with"] == "onnx" else None
    loaded = time.perf_counter()
    with torch.inference_mode():
        for begin in range(0, len(texts), chosen.batch):
            batch = tokenizer(texts[begin:begin + chosen.batch], truncation=True, max_length=chosen.max_length, padding=True, return_tensors="pt")
            if run:
                run(batch)
            else:
                model(**batch).logits.argmax(-1)
    done = time.perf_counter()
    return {"side": chosen.__dict__["with"], "texts": len(texts), "predict_s": round(done - loaded, 2), "with_loading_s": round(done - start, 2)}


def onnx_session(model, tokenizer, chosen):
    import onnxruntime

    names = ["input_ids", "attention_mask", "token_type_ids"]
    example = tokenizer(["a b c", "d e"], padding=True, return_tensors="pt")
    path = os.path.join(chosen.scratch, "model.onnx")
    torch.onnx.export(
        model, tuple(example[name] for name in names), path, input_names=names, output_names=["logits"], dynamo=False, opset_version=17,
        dynamic_axes={name: {0: "batch", 1: "length"} for name in names})
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = chosen.threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda batch: session.run(["logits"], {name: batch[name].numpy() for name in names})


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("what", choices=("make", "train", "predict"))
    options.add_argument("model")
    options.add_argument("file", nargs="?")
    options.add_argument("validation", nargs="?")
    options.add_argument("--with", choices=("torch", "onnx"), default="torch")
    options.add_argument("--scratch", default="/tmp")
    for name, default in (("layers", 4), ("hidden", 256), ("vocabulary", 30522), ("texts", 2000), ("mean", 40), ("batch", 16), ("max-length", 256), ("threads", 2)):
        options.add_argument("--" + name, type=int, default=default)
    options.add_argument("--learning-rate", type=float, default=5e-5)
    chosen = options.parse_args()
    torch.set_num_threads(chosen.threads)
    if chosen.what == "make":
        make(chosen)
        return
    result = train(chosen) if chosen.what == "train" else predict(chosen)
    print(json.dumps({**result, "torch": torch.__version__, "transformers": transformers.__version__, "threads": chosen.threads}))


if __name__ == "__main__":
    main()
