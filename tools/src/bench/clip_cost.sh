#!/usr/bin/env bash
# clip_cost.sh [ROUNDS]    what clipping costs: the median step with --clip-mode MODE over the one with none, in turn on one machine
#
# Makes a BERT of that size with random weights (Hugging Face, saved as a SavedModel) unless MODEL names one, and batches of random ids.
# Every round starts both and lets them work in turn, SLICE seconds each (in_turn.py), so that both see the same minutes of a machine that others
# share; the last line is the median of the ratios. The norm is measured in both; none leaves out the multiplication by the factor.
# Rounds of even number begin with the other one.
#
# Environment, defaults in brackets: BELAY_PYTHON [python3.10, with tensorflow 2.10.1 and transformers], MODEL [made], MODE [global_norm],
# LAYERS [12], HIDDEN [768], HEADS [12], VOCABULARY [30522] (a small one: LAYERS=2 HIDDEN=128 HEADS=2 VOCABULARY=1000),
# BATCH [8], LENGTH [64], THREADS [2], STEPS [24] timed after WARMUP [4], SLICE [10], OPTIMIZER [adamw].
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
rounds=${1:-3}
python=${BELAY_PYTHON:-python3.10}
mode=${MODE:-global_norm} batch=${BATCH:-8} length=${LENGTH:-64} threads=${THREADS:-2} steps=${STEPS:-24} warmup=${WARMUP:-4}
vocabulary=${VOCABULARY:-30522}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$python" "$here/python_step.py" --write-batches "$scratch/batches.jsonl" --vocabulary "$vocabulary" --batch-size "$batch" --length "$length"
model=${MODEL:-$scratch/bert/saved_model/1}
if [[ -z ${MODEL:-} ]]; then
  "$python" "$here/python_bert.py" "$scratch/bert" "${LAYERS:-12}" "${HIDDEN:-768}" "${HEADS:-12}" "$vocabulary"
fi

side() { # NAME MODE    what a round runs, as the shell reads it
  printf '%q ' "$root/belay" train --model "$model" --trust-model --train-file "$scratch/batches.jsonl" --train-batch-size "$batch" --max-seq-length "$length" \
    --max-steps $((steps + warmup)) --shuffle off --dropout off --optimizer "${OPTIMIZER:-adamw}" --learning-rate 5e-5 --lr-scheduler constant \
    --clip-mode "$2" --max-grad-norm 0.01 --threads "$threads" --device cpu --logging-steps 1 --report none --output-dir "$scratch/$1"
  printf '>%q 2>&1' "$scratch/$1.log"
}

"$root/belay" --version >/dev/null # built before anything is timed
grep -m1 'model name' /proc/cpuinfo || true
echo "load before: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) processors"
for ((round = 1; round <= rounds; round++)); do
  first=$(side on "$mode") second=$(side off none)
  ((round % 2)) || { swapped=$first first=$second second=$swapped; }
  "$python" "$here/in_turn.py" "${SLICE:-10}" "$first" "$second" || { cat "$scratch"/*.log >&2; exit 1; }
  "$python" "$here/compare_steps.py" --runs "$warmup" "$mode" "$scratch/on/metrics.jsonl" none "$scratch/off/metrics.jsonl" | tee -a "$scratch/ratios"
  rm -rf "${scratch:?}/on" "${scratch:?}/off"
done
"$python" "$here/compare_steps.py" --median "$scratch/ratios"
