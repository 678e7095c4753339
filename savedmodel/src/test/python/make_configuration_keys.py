#!/usr/bin/env python3
"""Writes the keys of each family's configuration class: make_configuration_keys.py FOLDER, once with each transformers.

A key is what the class writes, what its constructor takes, what its base class takes out of its arguments, and the other
names that it has for its own. Run with transformers 4.26.1 and with 5.20.2; the file is FOLDER/VERSION.json.
"""
import inspect
import json
import pathlib
import re
import sys

import transformers
from transformers import GenerationConfig

TYPES = {"bert": "Bert", "roberta": "Roberta", "xlm-roberta": "XLMRoberta", "camembert": "Camembert", "distilbert": "DistilBert",
         "electra": "Electra", "albert": "Albert", "mpnet": "MPNet", "modernbert": "ModernBert",
         "deberta": "Deberta", "deberta-v2": "DebertaV2", "gpt2": "GPT2", "t5": "T5", "mt5": "MT5",
         "llama": "Llama", "mistral": "Mistral", "qwen2": "Qwen2", "gpt_neox": "GPTNeoX", "bart": "Bart", "mbart": "MBart"}
# Of constructors, not of files.
NOT_IN_FILES = {"args", "kwargs", "self"}


def source(base):
    """What a configuration's base class does with the arguments that its own class does not take."""
    return inspect.getsource(base.__post_init__ if hasattr(base, "__post_init__") else base.__init__)


def keys(config_class):
    found = set(config_class().to_dict())
    found |= set(inspect.signature(config_class.__init__).parameters)
    found |= set(config_class.attribute_map)
    base = config_class.__mro__[1]
    while base.__name__ not in ("PretrainedConfig", "PreTrainedConfig"):
        base = base.__mro__[1]
    found |= set(re.findall(r'kwargs\.(?:pop|get)\("(\w+)"', source(base)))
    # Files of older versions hold what generate reads; newer classes still take it, and leave it out.
    found |= {key for key in GenerationConfig().to_dict() if key in OLD_GENERATION}
    return sorted(found - NOT_IN_FILES)


OLD_GENERATION = set(re.findall(
    r"\w+",
    """max_length min_length do_sample early_stopping num_beams num_beam_groups diversity_penalty temperature top_k top_p
    typical_p repetition_penalty length_penalty no_repeat_ngram_size encoder_no_repeat_ngram_size bad_words_ids
    num_return_sequences output_scores return_dict_in_generate forced_bos_token_id forced_eos_token_id
    remove_invalid_values exponential_decay_length_penalty suppress_tokens begin_suppress_tokens"""))
version = transformers.__version__
table = {model_type: keys(getattr(transformers, name + "Config")) for model_type, name in TYPES.items()
         if hasattr(transformers, name + "Config")}
common = sorted(set.intersection(*map(set, table.values())))
own = {model_type: sorted(set(found) - set(common)) for model_type, found in table.items()}
out = dict(transformers=version, every=common, own=own)
pathlib.Path(sys.argv[1], version + ".json").write_text(json.dumps(out, indent=1) + "\n")
