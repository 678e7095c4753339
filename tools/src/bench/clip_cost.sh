#!/usr/bin/env bash
# clip_cost.sh [PAIRS]    what clipping costs: the median step with --clip-mode MODE over the one with none, in pairs on one machine
#
# Makes a BERT of that size with random weights (Hugging Face, saved as a SavedModel) unless MODEL names one, and batches of random ids.
# Each pair runs both, one after the other, and every second pair in the other order; the last line is the median of the ratios.
# Run it on an idle machine. The norm is measured in both; none leaves out the multiplication by the factor.
#
# Environment, defaults in brackets: BELAY_PYTHON [python3.10, with tensorflow 2.10.1 and transformers], MODEL [made], MODE [global_norm],
# LAYERS [12], HIDDEN [768], HEADS [12], VOCABULARY [30522] (a small one: LAYERS=2 HIDDEN=128 HEADS=2 VOCABULARY=1000),
# BATCH [8], LENGTH [64], THREADS [2], STEPS [12] timed after WARMUP [4], OPTIMIZER [adamw].
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
pairs=${1:-5}
python=${BELAY_PYTHON:-python3.10}
mode=${MODE:-global_norm} batch=${BATCH:-8} length=${LENGTH:-64} threads=${THREADS:-2} steps=${STEPS:-12} warmup=${WARMUP:-4}
vocabulary=${VOCABULARY:-30522}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$python" "$here/python_step.py" --write-batches "$scratch/batches.jsonl" --vocabulary "$vocabulary" --batch-size "$batch" --length "$length"
model=${MODEL:-$scratch/bert/saved_model/1}
if [[ -z ${MODEL:-} ]]; then
  HF_HUB_OFFLINE=1 CUDA_VISIBLE_DEVICES='' TF_CPP_MIN_LOG_LEVEL=2 "$python" - "$scratch/bert" "${LAYERS:-12}" "${HIDDEN:-768}" "${HEADS:-12}" "$vocabulary" <<'PYTHON'
import sys
from transformers import BertConfig, TFBertForSequenceClassification
target, layers, hidden, heads, vocabulary = sys.argv[1], *map(int, sys.argv[2:])
config = BertConfig(vocab_size=vocabulary, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=4 * hidden, num_labels=2)
model = TFBertForSequenceClassification(config)
model(model.dummy_inputs)
model.save_pretrained(target, saved_model=True)
print("model: %d layers of %d, %.1f million parameters" % (layers, hidden, model.count_params() / 1e6))
PYTHON
fi

step_ms() { # NAME MODE
  "$root/belay" train --model "$model" --train-file "$scratch/batches.jsonl" --train-batch-size "$batch" --max-seq-length "$length" \
    --max-steps $((steps + warmup)) --shuffle off --dropout off --optimizer "${OPTIMIZER:-adamw}" --learning-rate 5e-5 --lr-scheduler constant \
    --clip-mode "$2" --max-grad-norm 0.01 --threads "$threads" --device cpu --logging-steps 1 --report none --output-dir "$scratch/$1" \
    >"$scratch/belay.log" 2>&1 || { cat "$scratch/belay.log" >&2; return 1; }
  "$python" - "$scratch/$1/metrics.jsonl" "$warmup" <<'PYTHON'
import json, statistics, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
times = [line["step_ms"] - line["data_wait_ms"] for line in lines if line["event"] == "train" and line["step"] > int(sys.argv[2])]
print("%.3f" % statistics.median(times))
PYTHON
  rm -rf "${scratch:?}/$1"
}

grep -m1 'model name' /proc/cpuinfo || true
echo "load before: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) processors"
for ((pair = 1; pair <= pairs; pair++)); do
  if ((pair % 2)); then
    on=$(step_ms on "$mode") off=$(step_ms off none)
  else
    off=$(step_ms off none) on=$(step_ms on "$mode")
  fi
  echo "pair $pair: $mode $on ms, none $off ms" | tee -a "$scratch/pairs"
done
"$python" - "$scratch/pairs" <<'PYTHON'
import re, statistics, sys
ratios = [float(on) / float(off) for on, off in (re.findall(r"([\d.]+) ms", line) for line in open(sys.argv[1]))]
print("clip / none: median %.4f of %s" % (statistics.median(ratios), " ".join("%.4f" % ratio for ratio in ratios)))
PYTHON
