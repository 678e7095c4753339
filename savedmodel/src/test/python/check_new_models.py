"""Loads the two hand-made models of HandMadeModels.java in every way and computes their outputs with numpy.

    check_new_models.py NUMBERS WORDS
"""
import ctypes
import json
import os
import sys
import tempfile

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

EMBEDDINGS = (np.arange(15, dtype=np.float32) / 8).reshape(5, 3)
KERNEL = (np.arange(6, dtype=np.float32) / 8).reshape(3, 2)
BIAS = np.arange(2, dtype=np.float32) / 8
IDS = np.array([[1, 2, 0], [4, 4, 3]], np.int32)
WORDS = np.array([["good", "bad", "unheard-of"], ["plot", "plot", "film"]])


def logits(ids, kernel=KERNEL):
    return EMBEDDINGS[ids].mean(1) @ kernel + BIAS


def near(found, expected):
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-6)


def variables(loaded):
    names = ["embeddings:0", "head/kernel:0", "head/bias:0", "calls:0"]
    assert [v.name for v in loaded.variables] == names, loaded.variables
    assert [v.name for v in loaded.trainable_variables] == names[:2], loaded.trainable_variables
    assert [v.trainable for v in loaded.variables] == [True, True, False, False]
    for found, expected in zip(loaded.variables, (EMBEDDINGS, KERNEL, BIAS)):
        np.testing.assert_array_equal(found.numpy(), expected)


def numbers(path):
    loaded = tf.saved_model.load(path)
    variables(loaded)
    assert sorted(loaded.signatures) == ["embed", "serving_default"]
    serve = loaded.signatures["serving_default"]
    assert serve.structured_input_signature == ((), {"Ids": tf.TensorSpec([None, None], tf.int32, "Ids")})
    assert serve.structured_outputs == {"best": tf.TensorSpec([None, 1], tf.int32, "best"),
                                        "logits": tf.TensorSpec([None, 2], tf.float32, "logits")}
    out = serve(Ids=tf.constant(IDS))
    near(out["logits"], logits(IDS))
    np.testing.assert_array_equal(out["best"], logits(IDS).argmax(1)[:, None])
    near(loaded.signatures["embed"](Ids=tf.constant(IDS))["embeddings"], EMBEDDINGS[IDS])
    assert loaded.variables[3].numpy() == 1, "the update must run with serving_default, and only with it"
    assert {v.name for v in serve.trainable_variables} == {"embeddings:0", "head/kernel:0"}

    # The signature follows its variables, and gradients flow through it.
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(serve(Ids=tf.constant(IDS))["logits"])
    gradient = tape.gradient(loss, loaded.trainable_variables)[1]
    near(gradient, np.repeat(EMBEDDINGS[IDS].mean(1).sum(0)[:, None], 2, 1))
    loaded.variables[1].assign(KERNEL * 2)
    near(serve(Ids=tf.constant(IDS))["logits"], logits(IDS, KERNEL * 2))
    again = os.path.join(tempfile.mkdtemp(), "again")
    tf.saved_model.save(loaded, again, signatures=dict(loaded.signatures))
    near(tf.saved_model.load(again).signatures["serving_default"](Ids=tf.constant(IDS))["logits"], logits(IDS, KERNEL * 2))

    # A part of it as a checkpoint.
    fresh = tf.train.Checkpoint(variables=[tf.Variable(tf.zeros([5, 3])), tf.Variable(tf.zeros([3, 2]))])
    fresh.restore(os.path.join(path, "variables", "variables")).expect_partial()
    np.testing.assert_array_equal(fresh.variables[1].numpy(), KERNEL)


def version_1(path, feed, expected):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta = tf.compat.v1.saved_model.load(session, ["serve"], path)
        signature = meta.signature_def["serving_default"]
        feeds = {signature.inputs[name].name: value for name, value in feed.items()}
        for _ in range(2):
            near(session.run(signature.outputs["logits"].name, feeds), expected)
        return session.run(meta.saver_def.save_tensor_name, {meta.saver_def.filename_tensor_name: tempfile.mkdtemp() + "/c"})


class Buffer(ctypes.Structure):
    """TF_Buffer."""
    _fields_ = [("data", ctypes.c_void_p), ("length", ctypes.c_size_t), ("deallocator", ctypes.c_void_p)]


class Output(ctypes.Structure):
    """TF_Output."""
    _fields_ = [("operation", ctypes.c_void_p), ("index", ctypes.c_int)]


STRING_BYTES = 24  # sizeof(TF_TString)


def c_api():
    library = ctypes.CDLL(os.path.join(os.path.dirname(tf.__file__), "python", "_pywrap_tensorflow_internal.so"))
    for name in ("TF_NewStatus", "TF_NewGraph", "TF_NewSessionOptions", "TF_NewBuffer", "TF_LoadSessionFromSavedModel",
                 "TF_GraphOperationByName", "TF_AllocateTensor", "TF_TensorData"):
        getattr(library, name).restype = ctypes.c_void_p
    library.TF_Message.restype = ctypes.c_char_p
    return library


def native_tensor(library, value):
    strings = value.dtype.kind == "U"
    dtype = tf.string if strings else tf.as_dtype(value.dtype)
    size = STRING_BYTES * value.size if strings else value.nbytes
    dims = (ctypes.c_int64 * value.ndim)(*value.shape)
    tensor = ctypes.c_void_p(library.TF_AllocateTensor(dtype.as_datatype_enum, dims, value.ndim, ctypes.c_size_t(size)))
    data = library.TF_TensorData(tensor)
    if not strings:
        ctypes.memmove(data, value.ctypes.data, size)
        return tensor
    for i, text in enumerate(value.reshape(-1)):
        element = ctypes.c_void_p(data + i * STRING_BYTES)
        library.TF_StringInit(element)
        library.TF_StringCopy(element, text.encode(), ctypes.c_size_t(len(text.encode())))
    return tensor


def native(path, feed, expected):
    """The C++ loader, which TensorFlow Serving uses, by the C API."""
    library, pointer = c_api(), ctypes.c_void_p
    status, graph, meta = pointer(library.TF_NewStatus()), pointer(library.TF_NewGraph()), pointer(library.TF_NewBuffer())
    options = pointer(library.TF_NewSessionOptions())
    tags = (ctypes.c_char_p * 1)(b"serve")
    session = pointer(library.TF_LoadSessionFromSavedModel(options, None, path.encode(), tags, 1, graph, meta, status))
    assert library.TF_GetCode(status) == 0, library.TF_Message(status)
    content = ctypes.cast(meta, ctypes.POINTER(Buffer)).contents
    proto = meta_graph_pb2.MetaGraphDef.FromString(ctypes.string_at(content.data, content.length))
    signature = proto.signature_def["serving_default"]

    def tensor(info):
        node, index = info.name.split(":")
        return Output(library.TF_GraphOperationByName(graph, node.encode()), int(index))
    (name, value), = feed.items()
    given, result = native_tensor(library, value), pointer()
    inputs, outputs = (Output * 1)(tensor(signature.inputs[name])), (Output * 1)(tensor(signature.outputs["logits"]))
    library.TF_SessionRun(session, None, inputs, ctypes.byref(given), 1, outputs, ctypes.byref(result), 1, None, 0, None, status)
    assert library.TF_GetCode(status) == 0, library.TF_Message(status)
    found = np.frombuffer(ctypes.string_at(library.TF_TensorData(result), expected.size * 4), np.float32)
    near(found.reshape(expected.shape), expected)


def words(path):
    for _ in range(2):  # Twice in one process: the tables must not meet.
        loaded = tf.saved_model.load(path)
        variables(loaded)
        out = loaded.signatures["serving_default"](words=tf.constant(WORDS))
        np.testing.assert_array_equal(out["ids"], IDS)
        near(out["logits"], logits(IDS))
    again = os.path.join(tempfile.mkdtemp(), "again")
    tf.saved_model.save(loaded, again, signatures=dict(loaded.signatures))
    near(tf.saved_model.load(again).signatures["serving_default"](words=tf.constant(WORDS))["logits"], logits(IDS))


def main(numbers_path, words_path):
    numbers(numbers_path)
    words(words_path)
    version_1(numbers_path, {"Ids": IDS}, logits(IDS))
    version_1(words_path, {"words": WORDS}, logits(IDS))
    native(numbers_path, {"Ids": IDS}, logits(IDS))
    native(words_path, {"words": WORDS}, logits(IDS))
    print(json.dumps("ok"))


if __name__ == "__main__":
    main(*sys.argv[1:])
