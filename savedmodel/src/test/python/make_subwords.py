"""make_subwords.py TOKENIZER_FIXTURE    writes its unigram/ and bytelevel/: small tokenizers built as T5's and RoBERTa's are, and their ids for lines.json

sentencepiece 0.1.99 (whose map of characters goes into unigram/tokenizer.json), tokenizers 0.13.3.
"""
import json
import pathlib
import sys
import tempfile

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

# From, to, as code points: a ligature, a wide letter, an ellipsis, a space of another kind, an accent that is two characters, and one that goes away.
RULES = [("FB01", "66 69"), ("FF21", "41"), ("2026", "2E 2E 2E"), ("3000", "20"), ("65 301", "E9"), ("200B", "")]


def unigram(lines):
    with tempfile.TemporaryDirectory() as folder:
        rules = pathlib.Path(folder, "rules.tsv")
        rules.write_text("".join(f"{source}\t{target}\n" for source, target in RULES))
        text = pathlib.Path(folder, "text.txt")
        text.write_text("\n".join(line.replace("\n", " ") for line in lines if line.strip()))
        sentencepiece.SentencePieceTrainer.train(
            input=str(text), model_prefix=folder + "/spiece", vocab_size=220, hard_vocab_limit=False, pad_id=0, eos_id=1, unk_id=2, bos_id=-1,
            normalization_rule_tsv=str(rules), character_coverage=0.98, minloglevel=2)
        model = sentencepiece_model_pb2.ModelProto()
        model.ParseFromString(pathlib.Path(folder, "spiece.model").read_bytes())
    tokenizer = Tokenizer(models.Unigram([(piece.piece, piece.score) for piece in model.pieces], unk_id=2))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Precompiled(model.normalizer_spec.precompiled_charsmap), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", add_prefix_space=True)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    tokenizer.decoder = decoders.Metaspace(replacement="▁", add_prefix_space=True)
    tokenizer.add_special_tokens(["<pad>", "</s>", "<unk>"])
    return tokenizer


def bytelevel(lines):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator(lines, trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def main():
    fixture = pathlib.Path(sys.argv[1])
    lines = json.loads((fixture / "lines.json").read_text())
    for name, tokenizer in (("unigram", unigram(lines)), ("bytelevel", bytelevel(lines))):
        folder = fixture / name
        folder.mkdir(exist_ok=True)
        tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
        golden = {
            "vocab_size": tokenizer.get_vocab_size(),
            "single": [tokenizer.encode(line).ids for line in lines],
            "pairs": [tokenizer.encode(lines[i], lines[i - 1]).ids for i in range(len(lines))],
        }
        (fixture / f"{name}.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
        print(name, tokenizer.get_vocab_size(), (folder / "tokenizer.json").stat().st_size)


main()
