#!/usr/bin/env bash
# epoch.sh [ROUNDS]                                        seconds of one epoch, Belay and Hugging Face's Trainer (PyTorch), both grouped by length
# epoch.sh [ROUNDS] MODEL TRAIN.tsv DEV.tsv                the same on a model and texts of your own, with the accuracy on dev
#
# Without a model, it makes a BERT of random weights and TEXTS texts of log-normal length (hf_epoch.py). Each round runs one after the other, and the
# next round in the other order; the last lines have the medians and their ratios (Belay / Trainer). train_s of Trainer is from the texts to the end of
# the epoch; that of Belay is the sum of its steps, without the reading of texts. whole_s is the time of either program. Run it on an idle machine.
#
# Environment, defaults in brackets: BELAY_PYTORCH [python3, with torch, transformers and accelerate], BELAY [belay], LAYERS [4], HIDDEN [256],
# TEXTS [2000], MEAN [40] tokens, BATCH [16], THREADS [2], RATE [5e-5].
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
rounds=${1:-5}
python=${BELAY_PYTORCH:-python3} belay=${BELAY:-$root/belay}
batch=${BATCH:-16} threads=${THREADS:-2} rate=${RATE:-5e-5}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if [[ $# -ge 4 ]]; then
  model=$2 train=$3 dev=$4
else
  model=$scratch/model train=$scratch/model/train.tsv dev=
  "$python" "$here/hf_epoch.py" make "$model" --layers "${LAYERS:-4}" --hidden "${HIDDEN:-256}" --texts "${TEXTS:-2000}" --mean "${MEAN:-40}"
fi

whole() { # COMMAND...: its seconds, in the variable seconds
  local begin
  begin=$(date +%s.%N)
  "$@" || { tail -20 "$scratch/log" >&2; exit 1; }
  seconds=$(awk -v a="$begin" -v b="$(date +%s.%N)" 'BEGIN { printf "%.2f", b - a }')
}

trainer() {
  OMP_NUM_THREADS=$threads "$python" "$here/hf_epoch.py" train "$model" "$train" ${dev:+"$dev"} --batch "$batch" --threads "$threads" \
    --learning-rate "$rate" >"$scratch/trainer.json" 2>"$scratch/log"
}

belays() {
  rm -rf "$scratch/run"
  "$belay" train --model "$model" --head classification --train-file "$train" ${dev:+--validation-file "$dev"} --num-train-epochs 1 --group-by-length \
    --train-batch-size "$batch" --max-seq-length 256 --optimizer adamw_torch --weight-decay 0.01 --learning-rate "$rate" --lr-scheduler linear \
    --warmup-ratio 0 --max-grad-norm 1 --seed 1 --threads "$threads" --device cpu --logging-steps 1 --report none --output-dir "$scratch/run" \
    >"$scratch/log" 2>&1
}

one() { # NAME
  local line
  whole "$1"
  if [[ $1 == trainer ]]; then
    line=$(tail -1 "$scratch/trainer.json" | sed 's/}$//')
  else
    line=$("$python" "$here/epoch_times.py" belay "$scratch/run/metrics.jsonl" | sed 's/}$//')
  fi
  echo "$line, \"whole_s\": $seconds}" | tee -a "$scratch/results"
}

"$belay" --version >/dev/null # built before anything is timed
grep -m1 'model name' /proc/cpuinfo || true
echo "load before: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) processors"
for ((round = 1; round <= rounds; round++)); do
  if ((round % 2)); then one trainer && one belays; else one belays && one trainer; fi
done
"$python" "$here/epoch_times.py" median "$scratch/results"
