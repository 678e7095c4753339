#!/usr/bin/env bash
# step_profile.sh    operations of one training step of a BERT of Belay's own graph: how many, and the time and memory of each kind (StepProfile.java)
#
# Times of operations, and processor time, may also be compared on a busy machine, with THREADS=1. The weights are random.
#
# Environment, defaults in brackets: LAYERS [4], HIDDEN [256], BATCH [16], LENGTH [128], TOKENS [LENGTH] of each text but the first, the rest is padding,
# VOCABULARY [2000], THREADS [1], STEPS [20], BELAY_CLASS_PATH [tools/target/launcher/program, as `./belay --version` builds it].
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
classes=${BELAY_CLASS_PATH:-$root/tools/target/launcher/program/belay.jar:$root/tools/target/launcher/program/lib/*}

# The environment is that of the launcher.
export TF_ENABLE_ONEDNN_OPTS=${TF_ENABLE_ONEDNN_OPTS:-1} TF_CPP_MIN_LOG_LEVEL=3 RUST_FLAVOR=cpu LC_ALL=C.UTF-8
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_TOP_PAD_=134217728
java -XX:+UseSerialGC -Dorg.bytedeco.javacpp.maxBytes=0 -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 -cp "$classes" "$here/StepProfile.java" \
  "${LAYERS:-4}" "${HIDDEN:-256}" "${BATCH:-16}" "${LENGTH:-128}" "${TOKENS:-${LENGTH:-128}}" "${VOCABULARY:-2000}" "${THREADS:-1}" "${STEPS:-20}"
