#!/usr/bin/env bash
# memory.sh [SAVEDMODEL [STEPS]]    does the resident set of a training run grow?
#
# Trains WARMUP [1000] and STEPS [1000] steps of a small model (default: the fixture savedmodel_keras_bert on its golden batch) through the launcher, notes VmRSS of
# the Java process with the step that metrics.jsonl has reached, and prints the growth per 100 steps after the warm-up: until
# then the Java heap's first pages are touched for the first time.
# Exit code 1 where it is 1 MB or more.  Linux only: it reads /proc/PID/status.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
fixture=$root/savedmodel/src/test/fixtures/savedmodel_keras_bert
model=${1:-$fixture/saved_model}
steps=${2:-1000}
warmup=${WARMUP:-1000}
batch=${BATCH_FILE:-$fixture/batch.jsonl}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$root/belay" train --model "$model" --train-file "$batch" --train-batch-size 4 --max-steps $((warmup + steps)) --logging-steps 1 --learning-rate 1e-5 \
  --device cpu --threads 2 --output-dir "$scratch/run" >"$scratch/log" 2>&1 &
launcher=$!

# The launcher either becomes the JVM or starts it.
java_process() {
  local pid
  for pid in "$launcher" $(pgrep -P "$launcher" || true); do
    [[ $(cat "/proc/$pid/comm" 2>/dev/null) == java ]] && echo "$pid" && return
  done
}

while kill -0 "$launcher" 2>/dev/null; do
  pid=$(java_process || true)
  step=$(grep -c '"event":"train"' "$scratch/run/metrics.jsonl" 2>/dev/null || true)
  resident=$(awk '/^VmRSS/ { print $2 }' "/proc/${pid:-none}/status" 2>/dev/null || true)
  if [[ -n $resident && ${step:-0} -gt 0 ]]; then echo "$step $resident" >>"$scratch/samples"; fi
  sleep 0.1
done
wait "$launcher" || { cat "$scratch/log" >&2; exit 1; }

# Least squares of kB over steps, after the warm-up.
awk -v warmup="$warmup" '
  $1 > warmup { n++; x += $1; y += $2; xx += $1 * $1; xy += $1 * $2; if (!first) first = $2; last = $2 }
  END {
    if (n < 10) { print "only " n " samples after step " warmup ": take more steps" > "/dev/stderr"; exit 1 }
    slope = (n * xy - x * y) / (n * xx - x * x) * 100 / 1024
    printf "resident set: %.1f MB after step %d, %.1f MB at the end; %.3f MB per 100 steps over %d samples\n", first / 1024, warmup, last / 1024, slope, n
    exit slope >= 1
  }' "$scratch/samples"
