#include "sensors/nvml/nvml_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>
#include <string_view>

namespace layerwatt {
namespace {

template <class Function>
bool find_function(void* handle, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(handle, name));
  return function != nullptr;
}

}  // namespace

Result<std::shared_ptr<const NvmlLibrary>> NvmlLibrary::load(const std::string& name) {
  std::shared_ptr<NvmlLibrary> library(new NvmlLibrary);
  library->handle_ = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library->handle_ == nullptr) {
    const char* why = ::dlerror();
    const std::string_view reason = why == nullptr ? "" : why;
    // The loader has the same words for a file that is absent and for one that is and lacks
    // another; they begin with the name of the file that is absent.
    const bool is_absent = reason.starts_with(name + ": cannot open shared object file");
    if (!is_absent) {
      return Error(ErrorCode::kUnsupported, fmt::format("{} cannot be loaded ({})", name, reason));
    }
    return Error(ErrorCode::kNotFound,
                 fmt::format("{} is not there (it comes with NVIDIA's driver)", name));
  }
  void* handle = library->handle_;
  const bool complete =
      find_function(handle, "nvmlInit_v2", library->init_) &&
      find_function(handle, "nvmlShutdown", library->shutdown_) &&
      find_function(handle, "nvmlDeviceGetCount_v2", library->count_) &&
      find_function(handle, "nvmlDeviceGetHandleByIndex_v2", library->by_index_) &&
      find_function(handle, "nvmlDeviceGetPowerUsage", library->power_);
  if (!complete) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{} lacks functions that every NVML since 2012 has", name));
  }
  find_function(handle, "nvmlDeviceGetName", library->name_);
  find_function(handle, "nvmlDeviceGetTotalEnergyConsumption", library->energy_);
  find_function(handle, "nvmlErrorString", library->error_string_);
  if (const int code = library->init_(); code != kSuccess) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{} does not start: {}", name, library->describe(code)));
  }
  library->started_ = true;
  return std::shared_ptr<const NvmlLibrary>(std::move(library));
}

NvmlLibrary::~NvmlLibrary() {
  if (started_) shutdown_();
  if (handle_ != nullptr) ::dlclose(handle_);
}

Result<std::vector<NvmlLibrary::Device>> NvmlLibrary::devices() const {
  unsigned count = 0;
  if (const int code = count_(&count); code != kSuccess) {
    return Error(ErrorCode::kUnsupported, fmt::format("NVML counts no GPUs: {}", describe(code)));
  }
  std::vector<Device> found;
  for (unsigned i = 0; i < count; ++i) {
    Device device = nullptr;
    // A GPU of another user's container is counted and refused.
    if (by_index_(i, &device) == kSuccess) found.push_back(device);
  }
  return found;
}

std::string NvmlLibrary::name_of(Device device) const {
  std::array<char, 96> name{};
  if (name_ == nullptr || name_(device, name.data(), name.size()) != kSuccess) return {};
  name.back() = '\0';
  return name.data();
}

int NvmlLibrary::power_milliwatts(Device device, unsigned& power) const noexcept {
  return power_(device, &power);
}

int NvmlLibrary::energy_millijoules(Device device, unsigned long long& energy) const noexcept {
  return energy_ == nullptr ? kNotSupported : energy_(device, &energy);
}

std::string NvmlLibrary::describe(int code) const {
  if (code == kNotSupported) return "not supported by this GPU or driver";
  const char* text = error_string_ == nullptr ? nullptr : error_string_(code);
  return text == nullptr ? fmt::format("error {}", code) : fmt::format("{}", text);
}

}  // namespace layerwatt
