#!/usr/bin/env bash
# slowest_tests.sh [N]    the N [10] slowest tests of the last build, in seconds, from the reports of all modules
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
grep -hoE '<testcase name="[^"]*" classname="[^"]*" time="[^"]*"' -- */target/surefire-reports/*.xml \
  | sed -E 's/<testcase name="([^"]*)" classname="([^"]*)" time="([^"]*)"/\3 \2 \1/; s/^([0-9]+),([0-9])/\1\2/' \
  | sort -rn | sed -n "1,${1:-10}p"
