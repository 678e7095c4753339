#!/usr/bin/env python3
"""Writes ../fixtures/decoder_tokenizers: tokenizers as Llama, Qwen2 and GPT-NeoX have them, with the ids of texts: make_decoder_tokenizers.py FOLDER

Each is a case of the differential test. What transformers 5 writes is computed by transformers 5.20.2; what transformers 4 wrote by the
library tokenizers, since its fast classes take tokenizer.json as it is, apart from the words at the ends.
"""
import json
import pathlib
import shutil
import sys

import tokenizers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, GPTNeoXTokenizer, LlamaTokenizer

CORPUS = ["the movie was good", " the  film was not good at all", "Good movies are rare; bad ones are not.", "a thing\nof beauty"] * 4
TEXTS = ["the movie was good", "  two  blanks ", "", "ünïcödé – 你好 🙂", "tabs\tand\nlines", "<s>the</s> end", "don't I'll 12345", "a" * 20]
QWEN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def sentence_pieces():
    """BPE with bytes for what it does not know, as the first Llama's tokenizer.json has it."""
    special = ["<unk>", "<s>", "</s>"]
    made = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    made.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=340, special_tokens=special + [f"<0x{byte:02X}>" for byte in range(256)]))
    root = json.loads(made.to_str())
    root["added_tokens"] = [token for token in root["added_tokens"] if token["content"] in special]
    made = Tokenizer.from_str(json.dumps(root))
    made.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    return made


def bytes_of_words():
    """Byte-level BPE, as Qwen2's."""
    made = Tokenizer(models.BPE())
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(tokenizers.Regex(QWEN), "isolated"),
                                                  pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=300, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    made.add_special_tokens(["<|endoftext|>"])
    return made


def old(here, made, name, settings):
    """As transformers 4.34 to 4.57 wrote a folder."""
    here.mkdir()
    made.save(str(here / "tokenizer.json"))
    table = {str(token["id"]): {key: value for key, value in token.items() if key != "id"} for token in json.loads(made.to_str())["added_tokens"]}
    (here / "tokenizer_config.json").write_text(json.dumps(dict(tokenizer_class=name, added_tokens_decoder=table, **settings)))


def case(here, ids):
    (here / "case.json").write_text(json.dumps(dict(runs=[dict(
        tokenize=dict(tokenizer="@/model", texts=TEXTS, max_length=64), expect=dict(ids=ids))])))


def main(folder):
    shutil.rmtree(folder, ignore_errors=True)
    llama = dict(bos_token="<s>", eos_token="</s>", unk_token="<unk>", model_max_length=64)
    for name in ("llama_4", "llama_4_ends", "llama_5", "qwen2_4", "gpt_neox_5"):
        (folder / name).mkdir(parents=True)
    pieces = sentence_pieces()
    old(folder / "llama_4/model", pieces, "LlamaTokenizer", dict(llama, add_bos_token=True, add_eos_token=False))
    case(folder / "llama_4", [pieces.encode(text).ids for text in TEXTS])
    old(folder / "llama_4_ends/model", pieces, "LlamaTokenizerFast", dict(llama, add_bos_token=False, add_eos_token=True))
    case(folder / "llama_4_ends", [pieces.encode(text, add_special_tokens=False).ids + [2] for text in TEXTS])
    model = json.loads(pieces.to_str())["model"]
    made = LlamaTokenizer(vocab=model["vocab"], merges=[tuple(merge) for merge in model["merges"]], add_bos_token=True, model_max_length=64)
    made.save_pretrained(folder / "llama_5/model")
    read = AutoTokenizer.from_pretrained(folder / "llama_5/model")
    print(type(read).__name__, (folder / "llama_5/model/tokenizer_config.json").read_text())
    case(folder / "llama_5", [read(text).input_ids for text in TEXTS])
    words = bytes_of_words()
    old(folder / "qwen2_4/model", words, "Qwen2Tokenizer", dict(eos_token="<|endoftext|>", pad_token="<|endoftext|>", model_max_length=64))
    case(folder / "qwen2_4", [words.encode(text).ids for text in TEXTS])
    model = json.loads(words.to_str())["model"]
    made = GPTNeoXTokenizer(vocab=model["vocab"], merges=[tuple(merge) for merge in model["merges"]], model_max_length=64)
    made.save_pretrained(folder / "gpt_neox_5/model")
    read = AutoTokenizer.from_pretrained(folder / "gpt_neox_5/model")
    print(type(read).__name__, (folder / "gpt_neox_5/model/tokenizer_config.json").read_text())
    case(folder / "gpt_neox_5", [read(text).input_ids for text in TEXTS])


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
