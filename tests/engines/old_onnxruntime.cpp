// A library that answers as ONNX Runtime 1.4.0 would, for a test: it has no table of functions of
// the version that layerwatt asks for.
#include <cstdint>
#include <cstdio>

namespace {

struct ApiBase {
  const void* (*get_api)(std::uint32_t) noexcept;
  const char* (*version)() noexcept;
};

const void* get_api(std::uint32_t version) noexcept {
  if (version > 4) std::fputs("The requested API version is not available\n", stderr);
  return nullptr;
}

const char* version() noexcept { return "1.4.0"; }

constexpr ApiBase kBase{get_api, version};

}  // namespace

extern "C" __attribute__((visibility("default"))) const void* OrtGetApiBase() noexcept {
  return &kBase;
}
