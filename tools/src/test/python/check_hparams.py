#!/usr/bin/env python3
"""What TensorBoard's HParams page shows of a log directory, as JSON.

    python check_hparams.py tensorboard/

{"hparams": [...], "metrics": [[group, tag], ...], "groups": {name: [{"hparams": {...}, "status": ..., "metrics": {"group/tag": value}}, ...]}}
"""
import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard import context
from tensorboard.plugins import base_plugin
from tensorboard.plugins.hparams import api_pb2, backend_context, get_experiment, list_session_groups


def main(directory):
    multiplexer = plugin_event_multiplexer.EventMultiplexer(tensor_size_guidance={"hparams": 0, "scalars": 0})
    multiplexer.AddRunsFromDirectory(directory)
    multiplexer.Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, directory)
    hparams = backend_context.Context(base_plugin.TBContext(logdir=directory, multiplexer=multiplexer, data_provider=provider))
    request = context.RequestContext()
    experiment = get_experiment.Handler(request, hparams, "").run()
    wanted = api_pb2.ListSessionGroupsRequest(
        start_index=0, slice_size=1000,
        allowed_statuses=[api_pb2.STATUS_SUCCESS, api_pb2.STATUS_FAILURE, api_pb2.STATUS_RUNNING, api_pb2.STATUS_UNKNOWN],
        col_params=[api_pb2.ColParams(metric=m.name) for m in experiment.metric_infos])
    groups = list_session_groups.Handler(request, hparams, "", wanted).run()
    value = lambda v: getattr(v, v.WhichOneof("kind"))
    print(json.dumps({
        "hparams": [h.name for h in experiment.hparam_infos],
        "metrics": [[m.name.group, m.name.tag] for m in experiment.metric_infos],
        "groups": {g.name: [{
            "hparams": {k: value(v) for k, v in g.hparams.items()},
            "status": api_pb2.Status.Name(s.status),
            "metrics": {m.name.group + "/" + m.name.tag: m.value for m in s.metric_values},
        } for s in g.sessions] for g in groups.session_groups},
    }))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
