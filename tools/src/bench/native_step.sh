#!/usr/bin/env bash
# native_step.sh [ROUNDS]           milliseconds per training step, Belay's own graph over the imported SavedModel of the same weights
# native_step.sh [ROUNDS] pytorch   the same over PyTorch's eager step on a model of that size
#
# Makes a BERT of that size with random weights (Hugging Face: tf_model.h5 and a SavedModel of it), and batches of random ids. Each round starts
# both trainings and lets them work in turn, SLICE seconds each (in_turn.py); the last line is the median ratio (own / other).
# Run it on an idle machine.
#
# Environment, defaults in brackets: BELAY_PYTHON [python3.10, with tensorflow 2.10.1 and transformers], BELAY_PYTORCH [python3.10, with torch and transformers], LAYERS [4], HIDDEN [256], HEADS [4],
# BELAY [belay], VOCABULARY [30522], BATCH [16], LENGTH [128], DROPOUT [on], THREADS [2], STEPS [40] timed after WARMUP [5], SLICE [6].
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
rounds=${1:-3}
other=${2:-imported}
belay=${BELAY:-$root/belay}
python=${BELAY_PYTHON:-python3.10}
batch=${BATCH:-16} length=${LENGTH:-128} threads=${THREADS:-2} steps=${STEPS:-40} warmup=${WARMUP:-5}
vocabulary=${VOCABULARY:-30522}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$python" "$here/python_step.py" --write-batches "$scratch/batches.jsonl" --vocabulary "$vocabulary" --batch-size "$batch" --length "$length"
"$python" "$here/python_bert.py" "$scratch/bert" "${LAYERS:-4}" "${HIDDEN:-256}" "${HEADS:-4}" "$vocabulary"

side() { # NAME MODEL
  printf '%q ' "$belay" train --model "$2" --train-file "$scratch/batches.jsonl" --train-batch-size "$batch" --max-seq-length "$length" \
    --max-steps $((steps + warmup)) --shuffle off --dropout "${DROPOUT:-on}" --optimizer adamw --learning-rate 5e-5 --lr-scheduler constant \
    --threads "$threads" --device cpu --logging-steps 1 --report none --trust-model --output-dir "$scratch/$1"
  printf '>%q 2>&1' "$scratch/$1.log"
}

pytorch_side() {
  printf '%q ' "${BELAY_PYTORCH:-python3.10}" "$here/pytorch_step.py" --config "$scratch/bert/config.json" --batches-file "$scratch/batches.jsonl" \
    --batch-size "$batch" --steps "$steps" --warmup-steps "$warmup" --threads "$threads"
  printf '>%q 2>%q' "$scratch/pytorch.json" "$scratch/pytorch.log"
}

compare() {
  if [[ $other == pytorch ]]; then
    "$python" "$here/compare_steps.py" "$warmup" "$scratch/pytorch.json" "$scratch/own/metrics.jsonl"
  else
    "$python" "$here/compare_steps.py" --runs "$warmup" own "$scratch/own/metrics.jsonl" imported "$scratch/imported/metrics.jsonl"
  fi
}

"$belay" --version >/dev/null # built before anything is timed
grep -m1 'model name' /proc/cpuinfo || true
echo "load before: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) processors"
for ((round = 1; round <= rounds; round++)); do
  first=$(side own "$scratch/bert/tf_model.h5")
  if [[ $other == pytorch ]]; then second=$(pytorch_side); else second=$(side imported "$scratch/bert/saved_model/1"); fi
  ((round % 2)) || { swapped=$first first=$second second=$swapped; }
  "$python" "$here/in_turn.py" "${SLICE:-6}" "$first" "$second" || { cat "$scratch"/*.log >&2; exit 1; }
  compare | tee -a "$scratch/ratios"
  rm -rf "${scratch:?}/own" "${scratch:?}/imported"
done
"$python" "$here/compare_steps.py" --median "$scratch/ratios"
