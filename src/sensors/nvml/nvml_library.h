#pragma once

#include <memory>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// NVIDIA's management library, loaded at run time: the handful of its functions that tell power.
/// Declared here from the public API reference; no header of NVIDIA's is needed to build.
class NvmlLibrary {
 public:
  /// nvmlDevice_t: a handle that only the library understands.
  using Device = struct NvmlDeviceTag*;

  /// nvmlReturn_t, as far as callers switch on it.
  static constexpr int kSuccess = 0;
  static constexpr int kNotSupported = 3;
  static constexpr int kNoPermission = 4;
  static constexpr int kGpuIsLost = 15;

  /// Loads and starts it. kNotFound where there is no such library (no NVIDIA driver).
  static Result<std::shared_ptr<const NvmlLibrary>> load(const std::string& name);
  ~NvmlLibrary();
  NvmlLibrary(const NvmlLibrary&) = delete;
  NvmlLibrary& operator=(const NvmlLibrary&) = delete;

  Result<std::vector<Device>> devices() const;
  /// "NVIDIA H100 PCIe"; empty where the library does not say.
  std::string name_of(Device device) const;
  /// These return a code of the library's.
  int power_milliwatts(Device device, unsigned& power) const noexcept;
  int energy_millijoules(Device device, unsigned long long& energy) const noexcept;
  std::string describe(int code) const;

 private:
  NvmlLibrary() = default;

  void* handle_ = nullptr;
  bool started_ = false;
  int (*init_)() = nullptr;
  int (*shutdown_)() = nullptr;
  int (*count_)(unsigned*) = nullptr;
  int (*by_index_)(unsigned, Device*) = nullptr;
  int (*name_)(Device, char*, unsigned) = nullptr;
  int (*power_)(Device, unsigned*) = nullptr;
  int (*energy_)(Device, unsigned long long*) = nullptr;
  const char* (*error_string_)(int) = nullptr;
};

}  // namespace layerwatt
