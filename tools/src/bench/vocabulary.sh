#!/usr/bin/env bash
# vocabulary.sh [ROUNDS]    what a training saves that holds only the words of its texts: time of a step, processor time and peak memory, over --full-vocabulary
#
# Makes a BERT of that size with random weights, and a file of random ids, of which USED words occur. Each round starts both trainings and lets them
# work in turn, SLICE seconds each (in_turn.py). Processor time and memory are those of the whole program, its start included. The last line is the
# median ratio of the times of a step (rows in use / whole table). Run it on an idle machine; processor time may be compared on a busy one too.
#
# Environment, defaults in brackets: LAYERS [4], HIDDEN [384], HEADS [12], VOCABULARY [120000], USED [8000], BATCH [16], LENGTH [64] of the longest
# text, THREADS [2], STEPS [20] timed after WARMUP [3], SLICE [6], PYTHON [python3].
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
rounds=${1:-3}
python=${PYTHON:-python3}
belay=${BELAY:-$root/belay}
hidden=${HIDDEN:-384} vocabulary=${VOCABULARY:-120000} used=${USED:-8000}
batch=${BATCH:-16} length=${LENGTH:-64} threads=${THREADS:-2} steps=${STEPS:-20} warmup=${WARMUP:-3}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/begin"
cat >"$scratch/begin/config.json" <<JSON
{"model_type": "bert", "architectures": ["BertForSequenceClassification"], "num_labels": 2, "vocab_size": $vocabulary, "hidden_size": $hidden,
 "num_hidden_layers": ${LAYERS:-4}, "num_attention_heads": ${HEADS:-12}, "intermediate_size": $((4 * hidden)), "max_position_embeddings": 512,
 "type_vocab_size": 2}
JSON
awk -v examples=$((batch * (steps + warmup))) -v used="$used" -v apart=$(((vocabulary - 100) / used)) -v longest="$length" 'BEGIN {
  srand(7)
  for (i = 0; i < examples; i++) {
    ids = "101"; ones = "1"; size = longest / 4 + int(rand() * 3 * longest / 4)
    for (j = 1; j < size; j++) { ids = ids ", " (100 + int(rand() * used) * apart); ones = ones ", 1" }
    printf "{\"input_ids\": [%s], \"attention_mask\": [%s], \"label\": %d}\n", ids, ones, i % 2
  }
}' >"$scratch/texts.jsonl"

train() { # DIRECTORY MODEL ...
  local directory=$1 model=$2
  shift 2
  printf '%q ' "$belay" train --model "$model" --train-file "$scratch/texts.jsonl" --train-batch-size "$batch" --max-seq-length "$length" \
    --optimizer adamw --learning-rate 5e-5 --lr-scheduler constant --threads "$threads" --device cpu --report none --trust-model \
    --output-dir "$scratch/$directory" "$@"
}

side() { # NAME ...
  printf '/usr/bin/time -o %q -f "%%U %%S %%M" ' "$scratch/$1.cost"
  train "$1" "$scratch/weights" --max-steps $((steps + warmup)) --logging-steps 1 "${@:2}"
  printf '>%q 2>&1' "$scratch/$1.log"
}

{
  eval "$(train start "$scratch/begin" --from-scratch --head classification --num-labels 2 --max-steps 1)"
  "$belay" export "$scratch/start" --format huggingface --output-dir "$scratch/weights"
} >"$scratch/start.log" 2>&1 || { cat "$scratch/start.log" >&2; exit 1; }
grep -m1 'model name' /proc/cpuinfo || true
echo "load before: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) processors"
for ((round = 1; round <= rounds; round++)); do
  first=$(side used)
  second=$(side full --full-vocabulary)
  ((round % 2)) || { swapped=$first first=$second second=$swapped; }
  "$python" "$here/in_turn.py" "${SLICE:-6}" "$first" "$second" || { cat "$scratch"/*.log >&2; exit 1; }
  grep -ho 'vocabulary: trains .*' "$scratch/used.log" | head -1
  for name in used full; do
    awk -v name="$name" '{ printf "%s: processor %.1f s, peak memory %.0f MB\n", name, $1 + $2, $3 / 1024 }' "$scratch/$name.cost"
  done
  "$python" "$here/compare_steps.py" --runs "$warmup" used "$scratch/used/metrics.jsonl" full "$scratch/full/metrics.jsonl" | tee -a "$scratch/ratios"
  rm -rf "${scratch:?}/used" "${scratch:?}/full"
done
"$python" "$here/compare_steps.py" --median "$scratch/ratios"
