#!/usr/bin/env bash
# Runs clang-tidy on the sources named, else on those changed against TIDY_BASE, else on those where a mistake
# costs most: what parses foreign bytes, has descriptors, processes, threads or signals, as many as CI has time
# for. `tidy.sh --all`: all.
# A file that was clean with the same content, headers and checks is not looked at again.
set -euo pipefail
cd "$(dirname "$0")/.."

jobs=${JOBS:-$(nproc)}
cmake --preset tidy >/dev/null

if [ "${1:-}" = --all ]; then
  mapfile -t files < <(git ls-files 'src/*.cpp')
elif [ $# -gt 0 ]; then
  files=("$@")
elif [ -n "${TIDY_BASE:-}" ]; then
  mapfile -t files < <(git diff --name-only --diff-filter=d "$TIDY_BASE" -- 'src/*.cpp')
else
  mapfile -t files < <(git ls-files \
    'src/core/json.cpp' 'src/core/numbers.cpp' 'src/core/atomic_file.cpp' 'src/core/child_process.cpp' \
    'src/sensors/*line.cpp' 'src/sensors/*attribute_file.cpp' \
    'src/dataset/*npy_*.cpp' 'src/dataset/*power_log.cpp' 'src/dataset/*layer_latency.cpp' 'src/dataset/*json_reader.cpp' \
    'src/models/*onnx_load.cpp' 'src/models/*external_data.cpp' \
    'src/simulation/*activity_ring.cpp' 'src/recording/*recorder*.cpp' 'src/recording/*sampler.cpp')
fi
[ ${#files[@]} -gt 0 ] || {
  echo "no sources changed"
  exit 0
}

# Every header counts for every file: coarse, and never wrong.
settings=$({ clang-tidy --version; cat .clang-tidy; git ls-files '*.h' | xargs cat; } | sha256sum | cut -d ' ' -f 1)
clean=build/tidy/clean/$settings
mkdir -p "$clean"

check_one() {
  local file=$1 clean=$2 stamp log
  stamp=$clean/$(sha256sum "$file" | cut -d ' ' -f 1)
  [ ! -e "$stamp" ] || return 0
  log=$(mktemp)
  if clang-tidy --quiet -p build/tidy "$file" >"$log" 2>/dev/null; then
    touch "$stamp"
  else
    cat "$log"
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}
export -f check_one

printf '%s\0' "${files[@]}" | xargs -0 -P "$jobs" -I '{}' bash -c 'check_one "$@"' _ '{}' "$clean"
echo "${#files[@]} sources are clean"
