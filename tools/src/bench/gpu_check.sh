#!/usr/bin/env bash
# gpu_check.sh [RESULTS]    everything that is to be known of a GPU, in eight minutes: one line for each part, written to RESULTS as it comes
#
# Parts, each under a time limit of its own: doctor; 20 steps on the CPU and on the GPU, with TF32 off, whose losses must agree to 1e-4; the time of a
# step at 4 x 256, 6 x 384 and 12 x 768 in fp32, TF32 and fp16, and the memory of the GPU; the README's job. Without a GPU (or with DEVICE=cpu) all parts
# run on the CPU in fp32, fewer steps, and each line says so. A part that fails or takes too long is a line too.
#
# Environment, defaults in brackets: DEVICE [gpu:0 if nvidia-smi lists one, else cpu], BELAY [belay], PYTHON [python3].
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
results=${1:-gpu_check.txt}
belay=${BELAY:-$root/belay} python=${PYTHON:-python3}
device=${DEVICE:-$(nvidia-smi -L >/dev/null 2>&1 && echo gpu:0 || echo cpu)}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
begin=$SECONDS
: >"$results"

say() { printf '%4d s  %-4s  %s\n' $((SECONDS - begin)) "${device%%:*}" "$*" | tee -a "$results"; }

part() { # NAME LIMIT COMMAND...: the last line it prints, or why there is none
  local name=$1 limit=$2 status
  shift 2
  timeout "$limit" "$@" >"$scratch/out" 2>&1
  status=$?
  if ((status == 124)); then
    say "$name: took more than $limit s"
  elif ((status)); then
    say "$name: exit code $status: $(tail -1 "$scratch/out")"
  else
    say "$name: $(tail -1 "$scratch/out")"
  fi
  return $status
}

weights() { # LAYERS HIDDEN: a folder of random weights, made once
  local folder=$scratch/$1x$2
  [[ -d $folder/weights ]] && return
  mkdir -p "$folder/begin"
  cat >"$folder/begin/config.json" <<JSON
{"model_type": "bert", "architectures": ["BertForSequenceClassification"], "num_labels": 2, "vocab_size": 30522, "hidden_size": $2,
 "num_hidden_layers": $1, "num_attention_heads": $(($2 / 64)), "intermediate_size": $((4 * $2)), "max_position_embeddings": 512, "type_vocab_size": 2}
JSON
  "$belay" train --model "$folder/begin" --from-scratch --head classification --num-labels 2 --max-steps 1 --device cpu --report none \
    --train-file "$scratch/texts.jsonl" --output-dir "$folder/run" &&
    "$belay" export "$folder/run" --format huggingface --output-dir "$folder/weights"
}

train() { # LAYERS HIDDEN RUN DEVICE STEPS ...
  "$belay" train --model "$scratch/$1x$2/weights" --train-file "$scratch/texts.jsonl" --train-batch-size "${BATCH:-16}" --max-seq-length 128 \
    --shuffle off --optimizer adamw --learning-rate 5e-5 --lr-scheduler constant --report none --trust-model --logging-steps 1 \
    --max-steps "$5" --device "$4" --output-dir "$scratch/$3" "${@:6}"
}

steps_of() { # RUN...: median milliseconds of the steps of one run, or the largest difference of the losses of two
  "$python" - "$@" <<'PY'
import json, statistics, sys
runs = [[line for line in map(json.loads, open(path + "/metrics.jsonl")) if line["event"] == "train"] for path in sys.argv[1:]]
if len(runs) == 1:
    times = [line["step_ms"] for line in runs[0]][3:]
    print("%.1f ms a step (median of %d)" % (statistics.median(times), len(times)))
else:
    worst = max(abs(a["loss"] - b["loss"]) / abs(a["loss"]) for a, b in zip(*runs))
    print("losses of %d steps differ by at most %.1e: %s" % (len(runs[0]), worst, "right" if worst <= 1e-4 else "WRONG"))
    sys.exit(worst > 1e-4)
PY
}

parity() {
  NVIDIA_TF32_OVERRIDE=0 train 4 256 parity-cpu cpu 20 --dropout off && NVIDIA_TF32_OVERRIDE=0 train 4 256 parity "$device" 20 --dropout off &&
    steps_of "$scratch/parity-cpu" "$scratch/parity"
}

speed() { # LAYERS HIDDEN PRECISION
  local tf32=off precision=fp32 steps=40
  [[ $3 == tf32 ]] && tf32=on
  [[ $3 == fp16 ]] && precision=fp16
  [[ $device == cpu ]] && steps=8
  [[ $tf32 == off ]] && export NVIDIA_TF32_OVERRIDE=0
  local extra=()
  [[ $device == cpu ]] || extra=(--tf32 "$tf32")
  train "$1" "$2" "speed-$1-$3" "$device" "$steps" --precision "$precision" "${extra[@]}" && steps_of "$scratch/speed-$1-$3"
}

job() { (cd "$root" && "$belay" train --config examples/sentiment/train.yaml --device "$device" --output-dir "$scratch/job"); }

"$python" - "$scratch/texts.jsonl" <<'PY'
import json, random, sys
rng = random.Random(7)
with open(sys.argv[1], "w") as file:
    for i in range(16 * 45):
        ids = [101] + [rng.randrange(999, 30000) for _ in range(126)] + [102]
        file.write(json.dumps({"input_ids": ids, "attention_mask": [1] * 128, "token_type_ids": [0] * 128, "label": i % 2}) + "\n")
PY
export -f train steps_of parity speed job weights
export scratch device belay python root
grep -m1 'model name' /proc/cpuinfo | tee -a "$results"
nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader 2>/dev/null | tee -a "$results"
part doctor 40 "$belay" doctor
part "weights 4 x 256" 60 bash -c 'weights 4 256'
part "20 steps, $device and cpu, TF32 off" 90 bash -c parity
precisions="fp32 tf32 fp16"
[[ $device == cpu ]] && precisions=fp32
for size in "4 256" "6 384" "12 768"; do
  read -r layers hidden <<<"$size"
  part "weights $layers x $hidden" 60 bash -c "weights $layers $hidden"
  for precision in $precisions; do
    part "step $layers x $hidden, 16 x 128, $precision" 60 bash -c "speed $layers $hidden $precision"
    nvidia-smi --query-gpu=memory.used --format=csv,noheader 2>/dev/null | sed 's/^/        memory used: /' | tee -a "$results"
  done
done
part "the README's job" 120 bash -c job
say "done"
