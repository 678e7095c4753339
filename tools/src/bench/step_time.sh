#!/usr/bin/env bash
# step_time.sh SAVEDMODEL [ROUNDS]    milliseconds per training step, Belay and TensorFlow Python 2.10.1 in turn on one machine
#
# Both read the same file of padded batches, with the same options: batch 32, length 64, dropout on, AdamW, clip 1.0, 2 threads, oneDNN.
# Every round starts both and lets them work in turn, SLICE seconds each (in_turn.py), prints both medians and their ratio (Belay / Python), and how much
# of Belay's step lies outside TensorFlow's session; the last line is the median ratio. Run it on an idle machine.
#
# Environment, defaults in brackets: BELAY_PYTHON [python3.10], BATCH [32], LENGTH [64], THREADS [2], STEPS [45] timed after WARMUP [5], SLICE [6],
# VOCABULARY [30522] ids are drawn below it, LABELS examples | tokens [examples], CLASSES [2], GRADIENTS dense | as-is [dense] what Python does with IndexedSlices (see python_step.py; dense is its faster one),
# TF_ENABLE_ONEDNN_OPTS [1] for both sides: Belay's launcher sets 1; Python by itself has 1 only on CPUs with AVX512 VNNI and the like.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
if [[ $# -lt 1 || ! -e $1/saved_model.pb ]]; then
  sed -n '2,12s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
model=$1
rounds=${2:-3}
python=${BELAY_PYTHON:-python3.10}
batch=${BATCH:-32} length=${LENGTH:-64} threads=${THREADS:-2} steps=${STEPS:-45} warmup=${WARMUP:-5}
export TF_ENABLE_ONEDNN_OPTS=${TF_ENABLE_ONEDNN_OPTS:-1}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$python" "$here/python_step.py" --write-batches "$scratch/batches.jsonl" --vocabulary "${VOCABULARY:-30522}" --batch-size "$batch" --length "$length" \
  --labels "${LABELS:-examples}" --classes "${CLASSES:-2}"

# What a round runs, as the shell reads it.
python_side() { # ROUND
  printf '%q ' "$python" "$here/python_step.py" --model "$model" --batches-file "$scratch/batches.jsonl" --batch-size "$batch" \
    --steps "$steps" --warmup-steps "$warmup" --threads "$threads" --gradients "${GRADIENTS:-dense}"
  printf '>%q 2>%q' "$scratch/python-$1.json" "$scratch/python-$1.log"
}

belay_side() { # ROUND
  printf '%q ' "$root/belay" train --model "$model" --train-file "$scratch/batches.jsonl" --train-batch-size "$batch" --max-seq-length "$length" \
    --max-steps $((steps + warmup)) --shuffle off --dropout on --optimizer adamw --learning-rate 5e-5 --lr-scheduler constant --weight-decay 0.01 \
    --max-grad-norm 1.0 --threads "$threads" --device cpu --logging-steps 1 --output-dir "$scratch/run-$1"
  printf '>%q 2>&1' "$scratch/belay-$1.log"
}

"$root/belay" --version >/dev/null # built before anything is timed
"$python" -c 'import platform; print("machine:", platform.processor() or platform.machine())'
grep -m1 'model name' /proc/cpuinfo || true
echo "load before: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) processors, oneDNN $TF_ENABLE_ONEDNN_OPTS"
for ((round = 1; round <= rounds; round++)); do
  "$python" "$here/in_turn.py" "${SLICE:-6}" "$(python_side "$round")" "$(belay_side "$round")" \
    || { cat "$scratch/python-$round.log" "$scratch/belay-$round.log" >&2; exit 1; }
  "$python" "$here/compare_steps.py" "$warmup" "$scratch/python-$round.json" "$scratch/run-$round/metrics.jsonl" | tee -a "$scratch/ratios"
done
"$python" "$here/compare_steps.py" --median "$scratch/ratios"
