#!/usr/bin/env bash
# From a fresh machine to the first table: installs what is missing, builds the command, runs AlexNet on the
# CPU and shows what each of its layers costs. May be run again; the second time it goes straight to the run.
# Usage: quickstart.sh [RESULT_DIR], default quickstart_results
set -euo pipefail
cd "$(dirname "$0")/.."

results=${1:-quickstart_results}
duration=${QUICKSTART_DURATION:-40s}

step() { printf '\n== %s\n' "$*"; }

step "Packages"
scripts/install_dependencies.sh build
onnxruntime=$(scripts/fetch_onnxruntime.sh)
echo "ONNX Runtime: $onnxruntime"

step "Build"
# Precompiled headers halve the time of a build from nothing.
cmake --preset release -DLAYERWATT_PRECOMPILE_HEADERS=ON >/dev/null
cmake --build --preset release --target layerwatt
layerwatt=build/release/layerwatt

step "Sensors of this machine"
"$layerwatt" sensors
has_total=$("$layerwatt" sensors --json | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["totals"]) > 0)')

# A slow sensor tells layers apart when each runs once or several times, at random: `weighing`.
run=(measure alexnet --schedule weighing --runs 1 --duration "$duration" --result-dir "$results" --force)
if [ "$has_total" = True ]; then
  step "AlexNet on the CPU for $duration, power from this machine's own sensor"
  "$layerwatt" "${run[@]}" || has_total=False
fi
if [ "$has_total" != True ]; then
  step "AlexNet on the CPU for $duration, power from a VIRTUAL Jetson Orin Nano"
  cat <<'WORDS'
This machine has no power sensor that may be read. Run times are measured here; power is computed: what the sensor of
an Orin Nano would show if each layer drew a certain power. Real numbers need a board.
WORDS
  "$layerwatt" "${run[@]}" --sensor virtual:orin-nano
fi

step "Next"
cat <<WORDS
The raw dataset is in $results/alexnet.
  $layerwatt --help
  $layerwatt report --help
  docs/measuring-well.md tells how to make numbers that mean something.
WORDS
