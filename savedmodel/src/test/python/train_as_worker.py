"""Takes part in a training as its second worker: the graph, first values and feeds are those that Belay wrote.

Prints the weights after the last step as JSON, each a list of hexadecimal float32 values.
"""
import json
import sys
import time
from pathlib import Path

import numpy as np
import tensorflow as tf

hosts, folder = sys.argv[1].split(","), Path(sys.argv[2])

config = tf.compat.v1.ConfigProto(device_filters=["/job:worker/task:1"], device_count={"GPU": 0})
config.graph_options.rewrite_options.common_subgraph_elimination = 2  # off, as Belay's: it sorts the terms of sums
config.experimental.collective_group_leader = "/job:worker/replica:0/task:0"
server = tf.distribute.Server(
    tf.train.ClusterSpec({"worker": hosts}), job_name="worker", task_index=1, config=config, protocol="grpc")

while not (folder / "ready").exists():
    time.sleep(0.05)
about = json.loads((folder / "worker.json").read_text())
graph = tf.Graph()
with graph.as_default():
    tf.import_graph_def(tf.compat.v1.GraphDef.FromString((folder / "graph.pb").read_bytes()), name="")


def tensors(feeds):
    values = {}
    for name, feed in feeds.items():
        tensor = graph.get_tensor_by_name(name)
        values[tensor] = np.array(feed["values"], tensor.dtype.as_numpy_dtype).reshape(feed["shape"])
    return values


with tf.compat.v1.Session(server.target, graph=graph, config=config) as session:
    session.run([graph.get_operation_by_name(name) for name in about["initializers"]])
    session.run([graph.get_operation_by_name(name) for name in about["assigns"]], tensors(about["weights"]))
    for feeds in about["steps"]:
        session.run(graph.get_operation_by_name(about["apply"]), tensors(feeds))
    names = list(about["values"])
    values = session.run([about["values"][name] for name in names])
    weights = {name: value.astype("<f4").tobytes().hex() for name, value in zip(names, values)}
    (folder / "done").touch()
    while not (folder / "over").exists():
        time.sleep(0.05)
    print(json.dumps(weights))
    sys.stdout.flush()
