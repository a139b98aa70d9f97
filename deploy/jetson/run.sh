#!/bin/sh
# Runs layerwatt in its container on a Jetson, with what it needs of the board.
#
# Usage: run.sh IMAGE [layerwatt's arguments]
#   run.sh layerwatt:jetpack6 measure resnet50.onnx --engine trtexec --runs 5000
#
# The current folder is /work in the container: models are read from it and results written to it.
# LAYERWATT_SETTINGS=1 lets the container change the sensor's averaging (--sensor-samples): it then
# runs privileged, which is root on the board.
set -eu

if [ $# -lt 1 ]; then
  sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
image=$1
shift

# The kernel's /sys and the device tree are seen in every container, for reading. These files of the
# board's own system are not: they tell L4T's version and the power mode, for run.json.
set -- "$image" "$@"
for file in /etc/nv_tegra_release /etc/nvpmodel.conf /var/lib/nvpmodel /etc/localtime; do
  if [ -e "$file" ]; then set -- -v "$file:$file:ro" "$@"; fi
done
if [ "${LAYERWATT_SETTINGS:-0}" = 1 ]; then
  set -- --privileged -v /sys:/sys "$@"
fi
if [ -t 0 ] && [ -t 1 ]; then set -- -it "$@"; fi

# SYS_NICE for the recorder's real-time priority; the host's network, because nothing else is wanted.
exec docker run --rm --runtime nvidia --network host --cap-add SYS_NICE \
  -v "$PWD:/work" -v layerwatt-engines:/root/.cache/layerwatt/tensorrt "$@"
