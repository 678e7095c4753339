#!/usr/bin/env bash
# predict_speed.sh ROUNDS MODEL TEXTS.tsv    seconds to classify the texts: Belay, a PyTorch loop over transformers, and ONNX Runtime (fp32)
#
# MODEL is a Hugging Face folder with a classification head; TEXTS.tsv has a header and the column text. All three sort texts by length and use batches
# of BATCH. Each round runs them one after the other; the last lines have the medians of the whole programs (whole_s), and for the other two also of the
# loop alone, without imports and loading (predict_s). Run it on an idle machine.
#
# Environment, defaults in brackets: BELAY_PYTORCH [python3, with torch, transformers, onnx and onnxruntime], BELAY [belay], BATCH [32], THREADS [2],
# SIDES [belay torch onnx].
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
if [[ $# -lt 3 ]]; then
  sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
rounds=$1 model=$2 texts=$3
python=${BELAY_PYTORCH:-python3} belay=${BELAY:-$root/belay}
batch=${BATCH:-32} threads=${THREADS:-2}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cut -f1 "$texts" >"$scratch/texts.tsv"

run() { # SIDE
  if [[ $1 == belay ]]; then
    "$belay" predict --model "$model" --file "$scratch/texts.tsv" --eval-batch-size "$batch" --max-seq-length 256 --threads "$threads" --device cpu \
      --output-file "$scratch/answers.jsonl" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }
    echo '{"side": "belay"}'
  else
    OMP_NUM_THREADS=$threads "$python" "$here/hf_epoch.py" predict "$model" "$scratch/texts.tsv" --with "$1" --batch "$batch" --threads "$threads" \
      --scratch "$scratch" 2>"$scratch/log" | tail -1
  fi
}

"$belay" --version >/dev/null # built before anything is timed
grep -m1 'model name' /proc/cpuinfo || true
echo "load before: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) processors"
for ((round = 1; round <= rounds; round++)); do
  for side in ${SIDES:-belay torch onnx}; do
    begin=$(date +%s.%N)
    line=$(run "$side")
    echo "$line $(date +%s.%N) $begin" | awk '{ end = $(NF - 1); begin = $NF; NF -= 2; sub(/}$/, ""); printf "%s, \"whole_s\": %.2f}\n", $0, end - begin }' |
      tee -a "$scratch/results"
  done
done
"$python" "$here/epoch_times.py" median "$scratch/results"
