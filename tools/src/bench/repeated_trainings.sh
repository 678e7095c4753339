#!/usr/bin/env bash
# repeated_trainings.sh [COUNT]    does resident memory return to where it was, over COUNT [50] trainings in one JVM?
#
# Trains two tiny models of the fixtures in turn, a SavedModel on token ids and a Hugging Face folder on texts, each with evaluations, checkpoints and an
# export, and prints VmRSS and the number of threads after each (RepeatedTrainings.java). Exit code 1 where the last ten lie more than 50 MB apart.
# The Java heap has its full size from the start, so what grows is native memory.  Linux only: it reads /proc/self/status.
#
# BELAY_CLASS_PATH [tools/target/launcher/program, as `./belay --version` builds it] names other classes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
fixtures=$root/savedmodel/src/test/fixtures
classes=${BELAY_CLASS_PATH:-$root/tools/target/launcher/program/belay.jar:$root/tools/target/launcher/program/lib/*}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for i in 1 2 3 4; do
  printf '{"text": "a fine film, %d", "label": 1}\n{"text": "a sorry mess", "label": 0}\n' "$i"
done >"$scratch/texts.jsonl"

# The environment is that of the launcher.
export TF_ENABLE_ONEDNN_OPTS=1 TF_CPP_MIN_LOG_LEVEL=3 RUST_FLAVOR=cpu LC_ALL=C.UTF-8
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_TOP_PAD_=134217728
java -Xms512m -Xmx512m -XX:+AlwaysPreTouch -XX:+UseSerialGC -Dorg.bytedeco.javacpp.maxBytes=0 -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 \
  -cp "$classes" "$here/RepeatedTrainings.java" "${1:-50}" \
  "$fixtures/savedmodel_hf_bert/saved_model" "$fixtures/savedmodel_hf_bert/batch.jsonl" "$fixtures/safetensors_bert" "$scratch/texts.jsonl"
