#!/usr/bin/env bash
# fuzz.sh [CASES [SEED [CORPUS [FIRST]]]]           do broken files bring Belay down?
# fuzz.sh trials [MODELS [SEED [CORPUS [FIRST]]]]   does the judge stop what Java cannot see?
#
# Breaks the sound files of the fixtures at random, CASES [10000] times from SEED [1], and reads them as the commands do before native code sees
# them: SavedModels, checkpoints, safetensors, h5, record files, tokenizers and data files, with a heap of 256 MB. Prints how many were refused and how many read, the
# slowest and the largest refusal, and every case that ended otherwise, with its number: FIRST [0] begins there, and CASES 1 makes that one again.
# CORPUS [tools/target/fuzz] keeps one case of each kind of outcome. Exit code 1 where a case was neither refused as it should be nor read.
# ONLY=tokenizer reads only those of the cases, counted alike, whose subject's name begins so: model, checkpoint, safetensors, h5, record, tokenizer, data.
# With 'trials', the first MODELS [100] broken models that were read are tried in a process of their own, as every command does, and trained one step in
# this one if they pass. Another exit code than 0 means that a model ended this process.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
program=FuzzProgram
default=10000
if [[ ${1:-} == trials ]]; then
  program=TrialFuzzProgram
  default=100
  shift
fi
cases=${1:-$default}
seed=${2:-1}
corpus=${3:-$root/tools/target/fuzz}
first=${4:-0}

(cd "$root" && ./mvnw -q -B ${BELAY_PROFILE:+-P"$BELAY_PROFILE"} -pl tools -am -DskipTests package)
classes=$root/savedmodel/target/test-classes:$root/tools/target/test-classes
for room in tools train graph savedmodel; do
  classes=$classes:$root/$room/target/classes
done
cd "$root"
export TF_CPP_MIN_LOG_LEVEL=3 RUST_FLAVOR=cpu LC_ALL=C.UTF-8
XDG_CACHE_HOME=$(mktemp -d) # what was judged is of no use to the user's own runs
export XDG_CACHE_HOME
trap 'rm -rf "$XDG_CACHE_HOME"' EXIT
nice -n 15 "${JAVA_HOME:+$JAVA_HOME/bin/}java" -Xmx256m -XX:+UseSerialGC ${ONLY:+-Dbelay.fuzz.only="$ONLY"} -cp "$classes:$root/tools/target/lib/*" \
  "dev.belay.tools.fuzz.$program" "$cases" "$seed" "$corpus" "$first"
