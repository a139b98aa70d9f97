#!/usr/bin/env bash
# Builds the fuzz targets with libFuzzer and runs each from its seeds and from what earlier runs found.
# Usage: fuzz.sh [TARGET...], default all. FUZZ_BUDGET (default 60) seconds a core are shared among them. The same
# FUZZ_SEED (default 1) tries the same inputs again, so that CI does not fail for what another change left; a search
# takes another seed, or 0 for a random one.
# Inputs that crash are kept in build/fuzz/crashes.
set -euo pipefail
cd "$(dirname "$0")/.."

budget=${FUZZ_BUDGET:-60}
jobs=${JOBS:-$(nproc)}

cmake --preset fuzz >/dev/null
if [ $# -gt 0 ]; then
  # shellcheck disable=SC2046
  cmake --build --preset fuzz --target $(printf 'layerwatt_%s_fuzzer ' "$@")
  programs=("${@/#/build/fuzz/fuzz/layerwatt_}")
  programs=("${programs[@]/%/_fuzzer}")
else
  cmake --build --preset fuzz --target fuzzers
  programs=(build/fuzz/fuzz/layerwatt_*_fuzzer)
fi
crashes=build/fuzz/crashes
mkdir -p $crashes

seconds=$((budget * jobs / ${#programs[@]}))
[ $seconds -gt 0 ] || seconds=1
echo "${#programs[@]} fuzz targets, $seconds s each, $jobs at a time"

run_one() {
  local program=$1 seconds=$2 crashes=$3 name log new
  name=$(basename "$program")
  name=${name#layerwatt_}
  name=${name%_fuzzer}
  log=build/fuzz/$name.log
  new=build/fuzz/found/$name
  mkdir -p "$new"
  if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 -seed="${FUZZ_SEED:-1}" \
    -artifact_prefix="$crashes/$name-" "$new" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
    echo "$name: $(awk '/stat::number_of_executed_units/ {print $2}' "$log") inputs"
  else
    tail -n 60 "$log"
    echo "$name: FAILED; the input is kept in $crashes"
    return 1
  fi
}
export -f run_one

printf '%s\0' "${programs[@]}" |
  xargs -0 -P "$jobs" -I '{}' bash -c 'run_one "$@"' _ '{}' "$seconds" "$crashes"
