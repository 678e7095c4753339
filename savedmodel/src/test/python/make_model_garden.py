#!/usr/bin/env python3
"""Writes ../fixtures/model_garden: checkpoints of the TensorFlow Model Garden, and the same weights as safetensors: make_model_garden.py FOLDER

functional is a BertEncoder with the slots of one step of Adam, classifier a BertClassifier of the same encoder, layers a BertEncoderV2, and pretrained
a BertPretrainerV2. The states of Hugging Face's BertModel with these weights must be those of the Model Garden. With tensorflow-cpu 2.10.1,
transformers 4.26.1, safetensors, tf-models-official 2.10.1 (--no-deps) and gin-config.
"""
import json
import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf
import transformers
from official.nlp.modeling import layers, models, networks
from safetensors.numpy import save_file

SIZES = dict(vocab_size=12, hidden_size=8, num_layers=2, num_attention_heads=2, max_sequence_length=10, type_vocab_size=2)
INPUTS = dict(input_word_ids=tf.constant([[2, 5, 7, 3], [4, 6, 0, 0]]), input_mask=tf.constant([[1, 1, 1, 1], [1, 1, 0, 0]]),
              input_type_ids=tf.constant([[0, 0, 1, 1], [0, 0, 0, 0]]))
SLOT = np.arange(1, 9).astype("float32")  # what the gradient of an attention's bias is made to be


def pytorch(table, norm, blocks, pooler):
    """The weights under PyTorch's names; blocks are the Model Garden's layers, the others pairs or lists of arrays."""
    weights = {f"bert.embeddings.{name}_embeddings.weight": value for name, value in table.items()}

    def pair(name, scale, shift):
        weights[name + ".weight"], weights[name + ".bias"] = scale, shift

    def dense(name, layer):
        width = int(np.prod(layer.bias.shape))
        pair(name, np.ascontiguousarray(layer.kernel.numpy().reshape(-1, width).T), layer.bias.numpy().reshape(width))
    pair("bert.embeddings.LayerNorm", *norm)
    for number, block in enumerate(blocks):
        at, attention = f"bert.encoder.layer.{number}.", block._attention_layer
        for name in ("query", "key", "value"):
            dense(f"{at}attention.self.{name}", getattr(attention, f"_{name}_dense"))
        dense(at + "attention.output.dense", attention._output_dense)
        pair(at + "attention.output.LayerNorm", block._attention_layer_norm.gamma.numpy(), block._attention_layer_norm.beta.numpy())
        dense(at + "intermediate.dense", block._intermediate_dense)
        dense(at + "output.dense", block._output_dense)
        pair(at + "output.LayerNorm", block._output_layer_norm.gamma.numpy(), block._output_layer_norm.beta.numpy())
    dense("bert.pooler.dense", pooler)
    return weights


def of(encoder):
    layer = encoder.get_layer if hasattr(encoder, "get_layer") else None
    table = dict(word=encoder.get_embedding_table().numpy())
    if isinstance(encoder, networks.BertEncoder):
        table.update(position=layer("position_embedding").weights[0].numpy(), token_type=layer("type_embeddings").weights[0].numpy())
        norm = layer("embeddings/layer_norm")
    else:
        table.update(position=encoder._position_embedding_layer.weights[0].numpy(), token_type=encoder._type_embedding_layer.weights[0].numpy())
        norm = encoder._embedding_norm_layer
    return pytorch(table, [norm.gamma.numpy(), norm.beta.numpy()], encoder.transformer_layers, encoder.pooler_layer)


def randomize(model, seed):
    random = np.random.RandomState(seed)
    for weight in model.weights:
        weight.assign(random.normal(0, 0.3, weight.shape))


def require_the_same_states(encoder, weights):
    """By Hugging Face's TensorFlow class: the names and the orders of axes above are right."""
    config = transformers.BertConfig(**CONFIG)
    model = transformers.TFBertModel(config, name="bert")
    fed = dict(input_ids=INPUTS["input_word_ids"], attention_mask=INPUTS["input_mask"], token_type_ids=INPUTS["input_type_ids"])
    model(fed)
    for variable in model.weights:
        name, transposed = transformers.modeling_tf_pytorch_utils.convert_tf_weight_name_to_pt_weight_name(variable.name, "bert", tuple(variable.shape))
        value = weights["bert." + name.lstrip(".").removeprefix("bert.")]
        variable.assign(value.T if getattr(transposed, "value", None) == "simple" else value)
    found, right = model(fed), encoder(INPUTS)
    states, pooled = (right["sequence_output"], right["pooled_output"]) if isinstance(right, dict) else right
    assert np.allclose(found.pooler_output, pooled, atol=1e-5)
    assert np.allclose(found.last_hidden_state, states, atol=1e-5)


CONFIG = dict(vocab_size=12, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16, max_position_embeddings=10,
              type_vocab_size=2, hidden_act="gelu_new", layer_norm_eps=1e-12)  # the Model Garden's gelu is that of tanh


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bert_config.json").write_text(json.dumps(CONFIG) + "\n")
    functional = networks.BertEncoder(intermediate_size=16, **SIZES)
    classifier = models.BertClassifier(network=functional, num_classes=3)
    randomize(classifier, 1)
    weights = of(functional)
    require_the_same_states(functional, weights)
    save_file(weights, folder / "functional.safetensors")
    head = classifier.layers[-1].out_proj if hasattr(classifier.layers[-1], "out_proj") else classifier.classifier.out_proj
    save_file({**weights, "classifier.weight": np.ascontiguousarray(head.kernel.numpy().T), "classifier.bias": head.bias.numpy()},
              folder / "classifier.safetensors")
    tf.train.Checkpoint(model=classifier).write(str(folder / "classifier"))
    optimizer = tf.keras.optimizers.legacy.Adam(0.0)
    bias = functional.transformer_layers[0]._attention_layer._query_dense.bias
    kernel = functional.transformer_layers[0]._attention_layer._output_dense.kernel
    optimizer.apply_gradients([(tf.reshape(tf.constant(SLOT), bias.shape), bias), (tf.reshape(tf.range(64.0), kernel.shape), kernel)])
    tf.train.Checkpoint(model=functional, optimizer=optimizer).write(str(folder / "functional"))

    encoder = networks.BertEncoderV2(inner_dim=16, **{key: value for key, value in SIZES.items()})
    encoder(INPUTS)
    randomize(encoder, 2)
    weights = of(encoder)
    require_the_same_states(encoder, weights)
    save_file(weights, folder / "layers.safetensors")
    tf.train.Checkpoint(encoder=encoder).write(str(folder / "layers"))

    pretrainer = models.BertPretrainerV2(encoder_network=encoder, mlm_activation="gelu",
                                         classification_heads=[layers.ClassificationHead(inner_dim=8, num_classes=2, name="next_sentence")])
    pretrainer(dict(INPUTS, masked_lm_positions=tf.constant([[1], [1]])))
    masked = pretrainer.masked_lm
    random = np.random.RandomState(3)
    for weight in masked.dense.weights + masked.layer_norm.weights + [masked.bias]:
        weight.assign(random.normal(0, 0.3, weight.shape))
    weights.update({
        "cls.predictions.transform.dense.weight": np.ascontiguousarray(masked.dense.kernel.numpy().T),
        "cls.predictions.transform.dense.bias": masked.dense.bias.numpy(),
        "cls.predictions.transform.LayerNorm.weight": masked.layer_norm.gamma.numpy(),
        "cls.predictions.transform.LayerNorm.bias": masked.layer_norm.beta.numpy(), "cls.predictions.bias": masked.bias.numpy()})
    save_file(weights, folder / "pretrained.safetensors")
    tf.train.Checkpoint(model=pretrainer).write(str(folder / "pretrained"))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
