"""Reads a checkpoint with TensorFlow; prints dtype, shape and checksum of every tensor as JSON.

    read_checkpoint.py PREFIX
"""
import json
import sys
import zlib

import numpy as np
import tensorflow as tf


def main(prefix):
    reader = tf.train.load_checkpoint(prefix)
    dtypes = reader.get_variable_to_dtype_map()
    found = {}
    for name, shape in reader.get_variable_to_shape_map().items():
        value = reader.get_tensor(name)
        if dtypes[name] == tf.string:
            content = b"\x00".join(np.asarray(value, dtype=object).reshape(-1).tolist())
        else:
            content = np.ascontiguousarray(value).tobytes()
        found[name] = {"dtype": dtypes[name].as_datatype_enum, "shape": shape, "crc32": zlib.crc32(content)}
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
