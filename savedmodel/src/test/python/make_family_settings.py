#!/usr/bin/env python3
"""Writes small models whose configuration says something unusual, and what PyTorch makes of them: make_family_settings.py FOLDER [NAME ...]

Each is a case of the differential test, whose areas build and compute it. Also activations.json: each activation on some
numbers. With torch and transformers 5.20.2.
"""
import json
import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT / "tools/src/differential/areas"))
import family_torch  # noqa: E402
import torch  # noqa: E402
from transformers.activations import ACT2FN  # noqa: E402

BERT = dict(vocab_size=16, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=6, max_position_embeddings=12,
            type_vocab_size=2)
ROBERTA = dict(BERT, type_vocab_size=1)
DISTILBERT = dict(vocab_size=16, dim=8, n_layers=1, n_heads=2, hidden_dim=6, max_position_embeddings=12)
GPT2 = dict(vocab_size=16, n_embd=8, n_layer=2, n_head=2, n_positions=12, n_inner=6, bos_token_id=1, eos_token_id=2)
LLAMA = dict(vocab_size=16, hidden_size=8, intermediate_size=6, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             max_position_embeddings=16, bos_token_id=1, eos_token_id=2)
NEOX = dict(vocab_size=16, hidden_size=16, intermediate_size=6, num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=16,
            bos_token_id=1, eos_token_id=2)
T5 = dict(vocab_size=16, d_model=8, d_kv=3, d_ff=6, num_layers=1, num_heads=2, decoder_start_token_id=0)
PLAIN = dict(half=None, shards=False, gamma=False, buffers=False, tied_copies=False, outside=False, keys=[], version=None, dtype_key="dtype")
CASES = {
    "bert_relative_key": ("bert", "classes", dict(BERT, position_embedding_type="relative_key")),
    "bert_relative_key_query_causal": ("bert", "tokens", dict(BERT, position_embedding_type="relative_key_query", is_decoder=True)),
    "albert_relative_key_query": ("albert", "classes", dict(BERT, embedding_size=5, num_hidden_layers=2, position_embedding_type="relative_key_query")),
    "bert_causal": ("bert", "classes", dict(BERT, is_decoder=True, num_hidden_layers=2)),
    "roberta_own_output": ("roberta", "masked", dict(ROBERTA, tie_word_embeddings=False)),
    "electra_own_output": ("electra", "masked", dict(BERT, embedding_size=5, tie_word_embeddings=False)),
    "xlm_roberta": ("xlm-roberta", "classes", dict(ROBERTA, pad_token_id=3)),
    "camembert": ("camembert", "tokens", dict(ROBERTA, hidden_act="quick_gelu")),
    "distilbert_sinusoids": ("distilbert", "tokens", dict(DISTILBERT, sinusoidal_pos_embds=True, activation="mish")),
    "gpt2_classes": ("gpt2", "classes", dict(GPT2, pad_token_id=5)),
    "gpt2_tokens": ("gpt2", "tokens", dict(GPT2, activation_function="relu2")),
    "gpt2_own_output": ("gpt2", "causal", dict(GPT2, tie_word_embeddings=False, scale_attn_by_inverse_layer_idx=True)),
    "t5_gated_silu": ("t5", "seq2seq", dict(T5, feed_forward_proj="gated-silu")),
    "t5_unscaled": ("t5", "seq2seq", dict(T5, feed_forward_proj="gated-gelu", tie_word_embeddings=False)),
    "mt5": ("mt5", "seq2seq", dict(T5, num_decoder_layers=2)),
    "llama_classes": ("llama", "classes", dict(LLAMA, pad_token_id=5, attention_bias=True)),
    "mistral_labels": ("mistral", "labels", dict(LLAMA, sliding_window=2)),
    "qwen2_regression": ("qwen2", "regression", dict(LLAMA, pad_token_id=3, rope_parameters=dict(rope_type="linear", factor=2.0))),
    "llama_old_keys": ("llama", "causal", dict(LLAMA, tie_word_embeddings=True, rope_parameters=dict(
        rope_type="yarn", factor=4.0, original_max_position_embeddings=8, rope_theta=100.0))),
    "gpt_neox_classes": ("gpt_neox", "classes", dict(NEOX, pad_token_id=5, use_parallel_residual=False)),
    "gpt_neox_tokens": ("gpt_neox", "tokens", dict(NEOX, attention_bias=False, hidden_act="gelu_fast")),
    "gpt_neox_old_keys": ("gpt_neox", "causal", dict(NEOX, rope_parameters=dict(rope_type="default", rope_theta=100.0, partial_rotary_factor=0.5))),
}


def main(folder, names):
    for number, (name, (model_type, task, config)) in enumerate(CASES.items()):
        if names and name not in names:
            continue
        folder_of = dict(PLAIN, old_rope=name.endswith("old_keys"))
        recipe = dict(model_type=model_type, task=task, config=config, classes=1 if task == "regression" else 3, weights=number, folder=folder_of, wrong=None, trains=False,
                      new_head=False, rows=dict(lengths=[5, 3], padded={"gpt2_classes": "left", "llama_classes": "left", "gpt_neox_classes": "left", "gpt2_own_output": ""}.get(name, "right"),
                                types=True, seed=number))
        here = folder / name
        shutil.rmtree(here, ignore_errors=True)
        here.mkdir(parents=True)
        case = family_torch.make(recipe, here)
        (here / "case.json").write_text(json.dumps(dict(runs=case["runs"])))
        (here / "model/generation_config.json").unlink(missing_ok=True)
    numbers = [-12.0, -4.0, -3.0, -1.5, -0.5, 0.0, 0.25, 1.0, 2.5, 4.0, 7.0, 11.0]
    values = {name: ACT2FN[name](torch.tensor(numbers)).tolist() for name in family_torch.ACTIVATIONS}
    (folder / "activations.json").write_text(json.dumps(dict(numbers=numbers, values=values)))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
