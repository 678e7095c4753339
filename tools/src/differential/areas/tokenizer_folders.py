"""Folders of tokenizers as people have them. No area of its own: tokenizer.py and tokenizer_new.py draw from it, for transformers 4 and 5.

A recipe says the family, what lies in the folder, every key of every file, and the texts. The vocabulary is trained on a small corpus.
"""
import json
import random

import tokenizer_texts
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

BERT_SPECIAL = {"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]"}
ROBERTA_SPECIAL = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "sep_token": "</s>", "pad_token": "<pad>", "cls_token": "<s>", "mask_token": "<mask>"}
DEBERTA_SPECIAL = {"bos_token": "[CLS]", "eos_token": "[SEP]", **BERT_SPECIAL}
GPT2_SPECIAL = {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}
ALBERT_SPECIAL = {"bos_token": "[CLS]", "eos_token": "[SEP]", "unk_token": "<unk>", "sep_token": "[SEP]", "pad_token": "<pad>", "cls_token": "[CLS]", "mask_token": "[MASK]"}
LANGUAGES = """ar_AR cs_CZ de_DE en_XX es_XX et_EE fi_FI fr_XX gu_IN hi_IN it_IT ja_XX kk_KZ ko_KR lt_LT lv_LV my_MM ne_NP nl_XX ro_RO ru_RU si_LK tr_TR vi_VN
zh_CN""".split()
MORE_LANGUAGES = """af_ZA az_AZ bn_IN fa_IR he_IL hr_HR id_ID ka_GE km_KH mk_MK ml_IN mn_MN mr_IN pl_PL ps_AF pt_XX sv_SE sw_KE ta_IN te_IN th_TH tl_XX uk_UA
ur_PK xh_ZA gl_ES sl_SI""".split()
MBART_SPECIAL = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>", "sep_token": "</s>", "cls_token": "<s>", "mask_token": "<mask>"}
T5_SPECIAL = {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}

# family -> (model type, class, special tokens, kind of vocabulary)
FAMILIES = {
    "bert": ("bert", "BertTokenizer", BERT_SPECIAL, "wordpiece"),
    "distilbert": ("distilbert", "DistilBertTokenizer", BERT_SPECIAL, "wordpiece"),
    "electra": ("electra", "ElectraTokenizer", BERT_SPECIAL, "wordpiece"),
    "mpnet": ("mpnet", "MPNetTokenizer", {**ROBERTA_SPECIAL, "unk_token": "[UNK]"}, "wordpiece"),
    "roberta": ("roberta", "RobertaTokenizer", ROBERTA_SPECIAL, "bytes"),
    "gpt2": ("gpt2", "GPT2Tokenizer", GPT2_SPECIAL, "bytes"),
    "gpt_neox": ("gpt_neox", "GPTNeoXTokenizer", GPT2_SPECIAL, "bytes"),
    "albert": ("albert", "AlbertTokenizer", ALBERT_SPECIAL, "unigram"),
    "t5": ("t5", "T5Tokenizer", T5_SPECIAL, "unigram"),
    "xlm-roberta": ("xlm-roberta", "XLMRobertaTokenizer", ROBERTA_SPECIAL, "unigram"),
    "camembert": ("camembert", "CamembertTokenizer", ROBERTA_SPECIAL, "unigram"),
    "bart": ("bart", "BartTokenizer", ROBERTA_SPECIAL, "bytes"),
    "mbart": ("mbart", "MBartTokenizer", MBART_SPECIAL, "unigram"),
    "mbart50": ("mbart", "MBart50Tokenizer", MBART_SPECIAL, "unigram"),
    "deberta": ("deberta", "DebertaTokenizer", DEBERTA_SPECIAL, "bytes"),
    "deberta-v2": ("deberta-v2", "DebertaV2Tokenizer", DEBERTA_SPECIAL, "unigram"),
    "plain": ("bert", "PreTrainedTokenizerFast", BERT_SPECIAL, "any"),
}
WEIGHTS = {"bert": 8, "distilbert": 3, "electra": 3, "mpnet": 2, "roberta": 4, "gpt2": 4, "gpt_neox": 2, "albert": 3, "t5": 3, "xlm-roberta": 3, "camembert": 1, "bart": 2, "mbart": 2, "mbart50": 1, "deberta": 2, "deberta-v2": 3, "plain": 4}

ADDED = ["<user>", "covid19", "COVID-19", "<ent>", "New York", "naïve", "東京", "e-mail", "[X]", "</tag>", "😀😀", "ß", "İX", "the", " sp", "tab\t", "A", "##x", "ΣΑΣ", "▁new", "foo_bar", "@user", "…", "मैं"]
REGEXES = [
    r"\s+", r"\p{N}", r"\p{N}{1,3}", r"[.,!?;:]", r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r" ?[^(\s|[.,!?…。，、।۔،])]+", r"(?<=[a-z])(?=[A-Z])", r"[A-Z]?[a-z]+|\S",
]


MARKED = ("mbart", "mbart50")


def maybe(rng, chance, value):
    return {} if rng.random() >= chance else value() if callable(value) else value


def flags(rng):
    return {"lstrip": rng.random() < 0.25, "rstrip": rng.random() < 0.25, "single_word": rng.random() < 0.25, "normalized": rng.random() < 0.5}


def draw(rng, newer):
    """newer: folders as transformers 5 writes them."""
    family = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    model_type, name, special, kind = FAMILIES[family]
    if kind == "any":
        kind = rng.choice(["wordpiece", "bytes", "unigram", "bpe", "wordlevel", "regex"])
    recipe = {"family": family, "kind": kind, "seed": rng.randrange(10**6), "size": rng.choice([300, 500, 900]), "newer": newer}
    slow = family in ("bert", "distilbert", "electra", "mpnet", "roberta", "bart", "gpt2", "deberta")
    recipe["layout"] = rng.choice(["json", "json", "slow"]) if slow else "json"
    settings = {}
    if rng.random() < 0.75:
        settings["tokenizer_class"] = name + rng.choice(["", "Fast"]) if family != "plain" else name
    if family == "plain":
        settings["tokenizer_class"] = rng.choice(["PreTrainedTokenizerFast"] + (["TokenizersBackend"] if newer else []))
    if kind == "wordpiece" or rng.random() < 0.1:
        settings.update(maybe(rng, 0.7, lambda: {"do_lower_case": rng.random() < 0.5}))
        settings.update(maybe(rng, 0.3, lambda: {"strip_accents": rng.choice([True, False, None])}))
        settings.update(maybe(rng, 0.3, lambda: {"tokenize_chinese_chars": rng.random() < 0.5}))
        settings.update(maybe(rng, 0.1, lambda: {"do_basic_tokenize": rng.random() < 0.5, "never_split": None}))
    if kind in ("bytes", "unigram") or rng.random() < 0.05:
        settings.update(maybe(rng, 0.4, lambda: {"add_prefix_space": rng.random() < 0.5}))
        settings.update(maybe(rng, 0.2, lambda: {"trim_offsets": rng.random() < 0.5}))
    if family in ("gpt2", "gpt_neox"):
        settings.update(maybe(rng, 0.3, lambda: {"add_bos_token": rng.random() < 0.6}))
        settings.update(maybe(rng, 0.1, {"add_eos_token": True}) if newer else {})
    if family in MARKED:
        languages = LANGUAGES if family == "mbart" else LANGUAGES + MORE_LANGUAGES
        settings.update(maybe(rng, 0.6, lambda: {"src_lang": rng.choice([None] + languages)}))
        settings.update(maybe(rng, 0.3, lambda: {"tgt_lang": rng.choice(languages)}))
        settings["tokenizer_class"] = name if newer else name + "Fast"
    if family == "albert":
        settings.update(maybe(rng, 0.4, lambda: {"do_lower_case": rng.random() < 0.5}))
        settings.update(maybe(rng, 0.4, lambda: {"keep_accents": rng.random() < 0.5}))
        settings.update(maybe(rng, 0.1, {"remove_space": True}))
    if family == "deberta-v2":
        settings.update(maybe(rng, 0.5, lambda: {"do_lower_case": rng.random() < 0.5}))
        settings.update(maybe(rng, 0.5, lambda: {"split_by_punct": rng.random() < 0.6}))
    if family == "t5":
        settings.update(maybe(rng, 0.5, lambda: {"extra_ids": rng.choice([0, 5, 100])}))
    settings.update(maybe(rng, 0.2, lambda: {"truncation_side": rng.choice(["left", "left", "right"])}))
    settings.update(maybe(rng, 0.1, lambda: {"padding_side": rng.choice(["left"] + ["right"] * 9)}))
    settings.update(maybe(rng, 0.4, lambda: {"model_max_length": rng.choice([16, 512, 1000000000000000019884624838656])}))
    settings.update(maybe(rng, 0.06, lambda: {"model_input_names": rng.choice([["input_ids", "attention_mask"], ["input_ids", "token_type_ids", "attention_mask"]])}))
    settings.update(maybe(rng, 0.2, {"clean_up_tokenization_spaces": True}))
    settings.update(maybe(rng, 0.2, {"name_or_path": "bert-base-cased", "special_tokens_map_file": "/home/user/.cache/abc" } if not newer else {"name_or_path": "x"}))
    for key, value in special.items():
        settings.update(maybe(rng, 0.4, lambda key=key, value=value: {key: value}))
        if rng.random() < 0.04:
            settings[key] = {"__type": "AddedToken", "content": value, **flags(rng)}
    if family not in ("t5", *MARKED):
        settings.update(maybe(rng, 0.1, lambda: {"additional_special_tokens": [rng.choice(ADDED), "<extra>"]}))
    if newer:
        settings.update(maybe(rng, 0.6, {"backend": "tokenizers"}))
        settings.update(maybe(rng, 0.3, {"is_local": True}))
    recipe["settings"] = settings if rng.random() < 0.93 or family in ("plain", *MARKED) else None
    recipe["normalizer"] = rng.choice(["right", "right", "other", "lower", "nfkc", "none"]) if kind != "wordpiece" else rng.choice(["right", "flags", "flags"])
    recipe["normalizer_flags"] = {"lowercase": rng.random() < 0.5, "strip_accents": rng.choice([None, None, True, False]), "handle_chinese_chars": rng.random() < 0.6}
    recipe["add_prefix_space"] = rng.random() < 0.4
    recipe["regex"] = rng.randrange(len(REGEXES))
    recipe["behavior"] = rng.choice(["isolated", "removed", "merged_with_previous", "merged_with_next", "contiguous"])
    # added tokens: those in tokenizer.json, and those that the other files name
    count = rng.choice([0, 0, 1, 2, 4])
    recipe["added"] = [{"content": content, "special": rng.random() < 0.3, **flags(rng)} for content in rng.sample(ADDED, count)]
    recipe["added_file"] = rng.random() < (0.5 if recipe["layout"] == "slow" else 0.2)
    recipe["decoder"] = rng.random() < (0.8 if newer else 0)
    mapped = {key: value for key, value in special.items() if rng.random() < 0.8}
    if rng.random() < 0.3 and mapped:
        key = rng.choice(list(mapped))
        mapped[key] = {"content": mapped[key], **flags(rng)}
    if rng.random() < 0.2 and family not in ("t5", *MARKED):
        mapped["additional_special_tokens"] = rng.sample(ADDED, 2) if rng.random() < 0.5 or newer else [{"content": rng.choice(ADDED), **flags(rng)}]
    recipe["map"] = mapped if rng.random() < (0.2 if newer else 0.5) else None
    recipe["truncation"] = rng.random() < 0.1
    recipe["version"] = rng.random() < 0.8 or newer
    recipe["max_length"] = rng.choice([8, 12, 16, 17, 32, 64, 512])
    tokens = [token["content"] for token in recipe["added"]] + [value for value in special.values()] + ["<extra>", "<extra_id_3>"]
    texts = [tokenizer_texts.text(rng, tokens) for _ in range(10)]
    pairs = [[tokenizer_texts.text(rng, tokens), tokenizer_texts.text(rng, tokens)] for _ in range(5)]
    recipe["texts"], recipe["pairs"] = texts, pairs
    return recipe


def normalizer(recipe):
    kind = recipe["normalizer"]
    if recipe["kind"] == "wordpiece":
        given = recipe["normalizer_flags"] if kind == "flags" else {}
        return normalizers.BertNormalizer(**given)
    if kind == "other":
        return normalizers.Sequence([normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents()])
    if kind == "lower":
        return normalizers.Lowercase()
    if kind == "nfkc":
        return normalizers.NFKC()
    if kind == "right" and recipe["kind"] == "unigram":
        steps = [normalizers.Replace("``", '"'), normalizers.Replace("''", '"'), normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Replace(Regex(" {2,}"), " ")]
        return normalizers.Sequence(steps if recipe["family"] == "albert" else [normalizers.NFKC(), steps[-1]])
    return None


def metaspace(recipe):
    if recipe["newer"]:
        return pre_tokenizers.Metaspace(prepend_scheme="always" if recipe["add_prefix_space"] else "never")
    return pre_tokenizers.Metaspace(add_prefix_space=recipe["add_prefix_space"])


def pre_tokenizer(recipe):
    kind = recipe["kind"]
    if kind == "wordpiece":
        return pre_tokenizers.BertPreTokenizer()
    if kind == "bytes":
        return pre_tokenizers.ByteLevel(add_prefix_space=recipe["add_prefix_space"])
    if kind == "unigram":
        return pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), metaspace(recipe)]) if recipe["seed"] % 2 else metaspace(recipe)
    if kind == "regex":
        split = pre_tokenizers.Split(Regex(REGEXES[recipe["regex"]]), recipe["behavior"])
        return pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    choices = [pre_tokenizers.Whitespace(), pre_tokenizers.WhitespaceSplit(), pre_tokenizers.BertPreTokenizer(), pre_tokenizers.UnicodeScripts(), pre_tokenizers.Digits(individual_digits=True),
               pre_tokenizers.Punctuation(), pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Digits(True)]), pre_tokenizers.CharDelimiterSplit("e")]
    return choices[recipe["seed"] % len(choices)]


def trained(recipe):
    """The tokenizer of a tokenizer.json, without the added tokens of the recipe."""
    _, _, special, _ = FAMILIES[recipe["family"]]
    kind, size = recipe["kind"], recipe["size"]
    names = list(dict.fromkeys(special.values()))
    if recipe["family"] in MARKED:
        names[-1:-1] = LANGUAGES + (MORE_LANGUAGES if recipe["family"] == "mbart50" else [])
    rng = random.Random(recipe["seed"])
    corpus = rng.sample(tokenizer_texts.CORPUS, 12) + tokenizer_texts.CORPUS[-4:]
    unknown = special["unk_token"]
    quiet = {"vocab_size": size, "special_tokens": names, "show_progress": False}
    if kind == "wordpiece":
        tokenizer = Tokenizer(models.WordPiece(unk_token=unknown))
        trainer = trainers.WordPieceTrainer(**quiet)
    elif kind in ("bytes", "regex"):
        tokenizer = Tokenizer(models.BPE())
        trainer = trainers.BpeTrainer(initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), **quiet)
    elif kind == "bpe":
        suffix = {"end_of_word_suffix": "</w>"} if recipe["seed"] % 3 == 0 else {"continuing_subword_prefix": "##"} if recipe["seed"] % 3 == 1 else {}
        tokenizer = Tokenizer(models.BPE(unk_token=unknown, fuse_unk=recipe["seed"] % 2 == 0, **suffix))
        trainer = trainers.BpeTrainer(**quiet, **suffix)
    elif kind == "wordlevel":
        tokenizer = Tokenizer(models.WordLevel(unk_token=unknown))
        trainer = trainers.WordLevelTrainer(**quiet)
    else:
        tokenizer = Tokenizer(models.Unigram())
        trainer = trainers.UnigramTrainer(unk_token=unknown, **quiet)
    made = normalizer(recipe)
    if made is not None:
        tokenizer.normalizer = made
    tokenizer.pre_tokenizer = pre_tokenizer(recipe)
    tokenizer.train_from_iterator(corpus, trainer=trainer)
    return tokenizer


def post_processor(recipe, tokenizer):
    family = recipe["family"]
    _, _, special, _ = FAMILIES[family]
    if family in ("gpt2", "gpt_neox"):
        return processors.ByteLevel(trim_offsets=False)
    number = tokenizer.token_to_id
    if family in MARKED:
        return None
    if family in ("roberta", "bart"):
        return processors.RobertaProcessing(("</s>", number("</s>")), ("<s>", number("<s>")), trim_offsets=True, add_prefix_space=recipe["add_prefix_space"])
    if family in ("xlm-roberta", "camembert", "mpnet"):
        return processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", number("<s>")), ("</s>", number("</s>"))])
    if family == "t5":
        return processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", number("</s>"))])
    cls, sep = special["cls_token"], special["sep_token"]
    return processors.TemplateProcessing(single=f"{cls}:0 $A:0 {sep}:0", pair=f"{cls}:0 $A:0 {sep}:0 $B:1 {sep}:1", special_tokens=[(cls, number(cls)), (sep, number(sep))])


def dump(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def write(recipe, folder):
    folder.mkdir()
    model_type, _, special, _ = FAMILIES[recipe["family"]]
    tokenizer = trained(recipe)
    config = {"model_type": model_type}
    if recipe["version"]:
        config["transformers_version"] = recipe.get("wrote") or ("5.20.2" if recipe["newer"] else "4.26.1")
    dump(folder / "config.json", config)
    vocabulary = tokenizer.get_vocab()
    settings = recipe["settings"]
    new = [token for token in recipe["added"] if token["content"] not in vocabulary]
    if recipe["layout"] == "slow":
        write_slow(recipe, folder, tokenizer)
        if recipe["added_file"] and new:
            dump(folder / "added_tokens.json", {token["content"]: len(vocabulary) + i for i, token in enumerate(new)})
    else:
        post = post_processor(recipe, tokenizer)
        if post is not None and recipe["seed"] % 10:
            tokenizer.post_processor = post
        tokenizer.decoder = decoders.ByteLevel() if recipe["kind"] == "bytes" else decoders.WordPiece()
        tokenizer.add_special_tokens([AddedToken(**unspecial(token)) for token in recipe["added"] if token["special"]])
        tokenizer.add_tokens([AddedToken(**unspecial(token)) for token in recipe["added"] if not token["special"]])
        if recipe["truncation"]:
            tokenizer.enable_truncation(7, direction="left" if recipe["seed"] % 2 else "right")
            tokenizer.enable_padding(length=9)
        tokenizer.save(str(folder / "tokenizer.json"))
        if recipe["added_file"]:
            added = {token["content"]: tokenizer.token_to_id(token["content"]) for token in new}
            dump(folder / "added_tokens.json", added)
    if recipe["decoder"] and settings is not None:
        table = json.loads(tokenizer.to_str())["added_tokens"]
        settings = {**settings, "added_tokens_decoder": {str(token.pop("id")): token for token in table}}
    if settings is not None:
        dump(folder / "tokenizer_config.json", settings)
    if recipe["map"] is not None:
        dump(folder / "special_tokens_map.json", recipe["map"])


def unspecial(token):
    return {key: value for key, value in token.items() if key != "special"}


def write_slow(recipe, folder, tokenizer):
    vocabulary = tokenizer.get_vocab()
    ordered = [token for token, _ in sorted(vocabulary.items(), key=lambda item: item[1])]
    if recipe["kind"] == "wordpiece":
        (folder / "vocab.txt").write_text("\n".join(ordered) + ("\n" if recipe["seed"] % 4 else ""), encoding="utf-8")
        return
    dump(folder / "vocab.json", vocabulary)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    lines = ["#version: 0.2"] + [merge if isinstance(merge, str) else " ".join(merge) for merge in merges]
    (folder / "merges.txt").write_text("\n".join(lines) + ("\n" if recipe["seed"] % 4 else ""), encoding="utf-8")


def cased(recipe, folder):
    """docs/formats.md: a vocab.txt with capital letters keeps them where no file says do_lower_case, and the export says so to Python."""
    if recipe["layout"] != "slow" or recipe["kind"] != "wordpiece" or (recipe["settings"] or {}).get("do_lower_case") is not None:
        return {}
    tokens = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
    capitals = sum(any(letter.isupper() for letter in token) for token in tokens if not token.startswith("["))
    return {"do_lower_case": False} if capitals * 100 > len(tokens) else {}


def make(recipe, folder):
    from transformers import AutoTokenizer

    write(recipe, folder / "model")
    tokenizer = AutoTokenizer.from_pretrained(str(folder / "model"), **cased(recipe, folder / "model"))
    length = recipe["max_length"]
    singles = tokenizer(recipe["texts"], truncation=True, max_length=length)
    pairs = tokenizer([a for a, _ in recipe["pairs"]], [b for _, b in recipe["pairs"]], truncation=True, max_length=length)
    ids = singles["input_ids"] + pairs["input_ids"]
    types = [found.get("token_type_ids", [[0] * len(row) for row in found["input_ids"]]) for found in (singles, pairs)]
    expect = {"ids": ids, "types": types[0] + types[1], "tolerance": 0}
    return {"runs": [{"tokenize": {"tokenizer": "@/model", "texts": recipe["texts"] + recipe["pairs"], "max_length": length}, "expect": expect}]}
