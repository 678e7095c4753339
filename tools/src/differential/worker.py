"""Makes the cases of one area, and looks at what Belay left of them. Started by differential.py with the Python that the area asks.

    worker.py make AREA SEED FIRST COUNT FOLDER
    worker.py back FOLDER [FOLDER ...]

Prints a line for each case, so that the driver knows which one ended the process.
"""
import importlib
import json
import os
import pathlib
import random
import shutil
import sys
import traceback

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its remapper fails on half precision that Keras itself computes
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "areas"))


def case_name(area, seed, number):
    return f"{area}-{seed}-{number:05d}"


def make(area, seed, first, count, folder):
    module = importlib.import_module(area)
    for number in range(first, first + count):
        here = pathlib.Path(folder) / case_name(area, seed, number)
        if here.exists():
            continue
        here.mkdir(parents=True)
        recipe = module.draw(random.Random(f"{seed}/{area}/{number}"))
        (here / "recipe.json").write_text(json.dumps(recipe, ensure_ascii=True))
        try:
            case = module.make(recipe, here)
        except Exception:  # Python itself does not take what was drawn: no case
            (here / "not_made.txt").write_text(traceback.format_exc())
            print("not made", here.name, flush=True)
            continue
        case.update(area=area, recipe=recipe)
        (here / "case.json").write_text(json.dumps(case, ensure_ascii=True))
        print("made", here.name, flush=True)


def back(folders):
    for folder in folders:
        here = pathlib.Path(folder)
        case = json.loads((here / "case.json").read_text())
        module = importlib.import_module(case["area"])
        if not hasattr(module, "check_back"):
            continue
        try:
            difference = module.check_back(case, here)
        except Exception as error:
            difference = f"Python cannot read what Belay wrote: {type(error).__name__}: {error}"
        if difference:
            (here / "found.json").write_text(json.dumps({"verdict": "different", "reason": "back: " + difference}))
        print("looked", here.name, flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]), sys.argv[6])
    else:
        back(sys.argv[2:])
