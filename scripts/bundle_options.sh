# shellcheck shell=bash
# To be sourced by scripts that pack the portable build: reads --arch and --output, and sets arch and output, the
# CMake preset, and the processor as the kernel calls it. Who sources it defines usage().

fail() {
  echo "$(basename "$0" .sh): $*" >&2
  exit 1
}

# bundle_options OUTPUT WORD...: OUTPUT is the default of --output.
bundle_options() {
  arch=amd64
  output=$1
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --arch | --output)
        [ $# -ge 2 ] || fail "$1 needs a value"
        if [ "$1" = --arch ]; then arch=$2; else output=$2; fi
        shift
        ;;
      -h | --help)
        usage
        exit 0
        ;;
      *)
        usage >&2
        exit 2
        ;;
    esac
    shift
  done
  # shellcheck disable=SC2034  # read by who sources this
  case $arch in
    amd64) preset=bundle processor=x86_64 ;;
    arm64) preset=bundle-aarch64 processor=aarch64 ;;
    *) fail "nothing is made for '$arch'; known are amd64 and arm64" ;;
  esac
}
