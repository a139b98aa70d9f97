#!/usr/bin/env bash
# Boots Debian's kernels in qemu, without KVM, with the kernel's own drivers of power chips on i2c-stub, and runs
# tests/kernel/ there with this machine's layerwatt. This machine's files are the guest's, to be read alone.
# Usage: test_kernel.sh [BUILD_DIR [WORD...]], default build/ci; with words those tests whose names hold one
# KERNEL_RELEASES: of Debian, whose kernels to boot; default "bullseye bookworm trixie"
set -euo pipefail
cd "$(dirname "$0")/.."

build=$(realpath "${1:-build/ci}")
shift || true
read -r -a releases <<<"${KERNEL_RELEASES:-bullseye bookworm trixie}"
work=$PWD/build/kernel
mkdir -p "$work"
# An emulated second is a few of ours.
limit=${KERNEL_TIMEOUT:-1800}

# initramfs_of FOLDER: what the guest begins with: busybox, the modules and tests/kernel/init.
initramfs_of() {
  local first
  first=$(mktemp -d)
  cp "$1"/first/*.ko "$first/"
  mkdir "$first/bin"
  cp "$(command -v busybox)" "$first/bin/busybox"
  install -m 0755 tests/kernel/init "$first/init"
  (cd "$first" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -n)
  rm -rf "$first"
}

readonly count='^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$'
passed=0
failed=0
skipped=0
: >"$work/left-out"
for release in "${releases[@]}"; do
  status=0
  kernel=$(scripts/make_kernel.sh "$release" "$work") || status=$?
  if [ $status -eq 77 ]; then
    skipped=$((skipped + 1))
    echo "$release: its kernel's packages cannot be fetched" | tee -a "$work/left-out"
    continue
  fi
  if [ $status -ne 0 ]; then
    failed=$((failed + 1))
    continue
  fi
  echo "--- $release: Linux $(cat "$kernel/version"), package $(cat "$kernel/package-version")"
  log=$work/$release.log
  cat >"$kernel/run.sh" <<RUN
cd '$PWD/tests/kernel'
export LAYERWATT='$kernel/layerwatt' LAYERWATT_KERNEL='$kernel' XDG_CACHE_HOME='${XDG_CACHE_HOME:-$HOME/.cache}'
export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
python3 run_tests.py $(printf ' %q' "$@") 2>&1
RUN
  initramfs_of "$kernel" >"$kernel/initramfs.gz"
  # A copy, as who builds meanwhile would change what the guest has mapped.
  rm -f "$kernel/layerwatt"
  cp "$build/layerwatt" "$kernel/layerwatt"
  timeout "$limit" qemu-system-x86_64 -accel tcg,thread=multi -smp 2 -m 1024 -machine q35 -cpu max -nodefaults -no-reboot \
    -display none -serial stdio -kernel "$kernel/vmlinuz" -initrd "$kernel/initramfs.gz" \
    -append "console=ttyS0 quiet panic=-1 layerwatt.run=$kernel/run.sh" \
    -virtfs local,path=/,mount_tag=machine,security_model=none,readonly=on,multidevs=remap </dev/null 2>&1 |
    sed -u 's/\r//g' | tee "$log" | grep --line-buffered -v -E "$count" || true
  counts=$(grep -E "$count" "$log" | tail -n 1 || true)
  if [ -z "$counts" ]; then
    echo "test_kernel: the guest of $release ended without a count; $log has what it said" >&2
    counts="0 passed, 1 failed, 0 skipped"
  fi
  sed -n "s/^skipped: /$release: /p" "$log" >>"$work/left-out"
  read -r p _ f _ s _ <<<"$counts"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  echo "of $release: $counts"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
