#!/usr/bin/env python3
"""Writes ../fixtures/safetensors_bert/shards: its tf_model.h5 in several files: make_shards.py FOLDER. With tensorflow-cpu 2.10.1 and transformers 4.26.1."""
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import json
import pathlib
import tempfile

import transformers


def main(folder):
    name = json.loads((folder / "config.json").read_text())["architectures"][0]
    with tempfile.TemporaryDirectory() as alone:  # transformers would prefer the folder's safetensors
        for file in ("config.json", "tf_model.h5"):
            (pathlib.Path(alone) / file).write_bytes((folder / file).read_bytes())
        model = getattr(transformers, "TF" + name.removeprefix("TF")).from_pretrained(alone)
    model.save_pretrained(folder / "shards", max_shard_size="40KB")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
