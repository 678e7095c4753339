"""SavedModels with loops, conditionals and arrays in plain TensorFlow, over the pieces of loop_catalogue.py: TF2 functions, and graphs of TF1 with control flow v1
and v2. What is right is computed as in savedmodel_ops.py.
"""
import tensorflow as tf

import loop_catalogue
import savedmodel_ops
from savedmodel_ops import check_back

INTERPRETER = "tensorflow"
SHARE = 0.7

savedmodel_ops.PIECES.update(loop_catalogue.PIECES)


def draw(rng):
    recipe = savedmodel_ops.draw(rng)
    pieces = loop_catalogue.PIECES
    number = rng.choice([1, 1, 2])
    recipe["pieces"] = [
        {"name": name, "arguments": {key: rng.choice(values) for key, values in pieces[name]["choices"].items()}, "precision": "float32"}
        for name in rng.choices(list(pieces), [entry["weight"] for entry in pieces.values()], k=number)
    ]
    recipe.update(
        fixed=rng.random() < 0.4, control_v1=rng.random() < 0.8, custom_gradients=True,
        style=rng.choice(["module", "function", "nested", "tf1", "tf1", "tf1", "tf1_resource", "tf1_resource"]))
    return recipe


def make(recipe, folder):
    old = recipe["style"].startswith("tf1") and recipe["control_v1"]
    try:
        tf.compat.v1.disable_control_flow_v2() if old else tf.compat.v1.enable_control_flow_v2()
        return savedmodel_ops.make(recipe, folder)
    finally:
        tf.compat.v1.enable_control_flow_v2()
