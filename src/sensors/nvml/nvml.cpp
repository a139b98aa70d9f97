#include "sensors/nvml/nvml.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "layerwatt/core/plausible.h"

#include "sensors/nvml/nvml_library.h"
#include "sensors/sensor_kinds.h"

namespace layerwatt {
namespace {

constexpr std::string_view kName = "nvml";
constexpr const char* kLibrary = "libnvidia-ml.so.1";

ReadStatus status_of(int code) noexcept {
  if (code == NvmlLibrary::kSuccess) return ReadStatus::kOk;
  return code == NvmlLibrary::kGpuIsLost ? ReadStatus::kGone : ReadStatus::kTryAgain;
}

Rail describe(const std::string& name, std::size_t index, const std::string& gpu, RailKind kind) {
  Rail rail;
  rail.name = name;
  rail.sensor = kName;
  rail.location = fmt::format("GPU {}{}{}", index, gpu.empty() ? "" : ", ", gpu);
  rail.coverage = "GPU board with its memory; on Jetson Thor the rail VDD_GPU";
  rail.kind = kind;
  rail.model.period = std::chrono::milliseconds(100);
  rail.model.provenance = Provenance::kDatasheet;
  rail.model.source =
      "renewed about every 100 ms; on A100 and H100 it covers about a quarter of the time (arXiv "
      "2312.02741): measure it";
  if (kind == RailKind::kPower) rail.model.lsb = milliwatts(1.0);
  return rail;
}

ProbedSensor look_at(const NvmlLibrary& library, NvmlLibrary::Device device, std::size_t index) {
  ProbedSensor probed;
  probed.kind = kName;
  probed.id = fmt::format("gpu{}", index);
  const std::string gpu = library.name_of(device);
  const std::string power_name = fmt::format("GPU{}", index);
  unsigned power = 0;
  if (const int code = library.power_milliwatts(device, power); code == NvmlLibrary::kSuccess) {
    probed.rails.push_back(describe(power_name, index, gpu, RailKind::kPower));
  } else {
    probed.unusable.push_back(
        {power_name, fmt::format("GPU {}", index),
         fmt::format("NVML tells no power: {}", library.describe(code)),
         code == NvmlLibrary::kNotSupported
             ? "on Jetson Orin and older boards use the rails of the INA3221 instead"
             : ""});
  }
  unsigned long long energy = 0;
  if (library.energy_millijoules(device, energy) == NvmlLibrary::kSuccess) {
    probed.rails.push_back(
        describe(fmt::format("GPU{}_energy", index), index, gpu, RailKind::kEnergyCounter));
  }
  return probed;
}

class NvmlSensor final : public Sensor {
 public:
  NvmlSensor(std::shared_ptr<const NvmlLibrary> library, NvmlLibrary::Device device,
             std::vector<Rail> rails)
      : library_(std::move(library)), device_(device), rails_(std::move(rails)) {}

  std::span<const Rail> rails() const override { return rails_; }

  void read(std::span<Reading> out) noexcept override {
    for (std::size_t i = 0; i < out.size(); ++i) {
      Reading& reading = out[i];
      reading = {MonotonicClock::now(), {}, kNoValue64, kNoValue64, kNoValue32, kNoValue32,
                 ReadStatus::kOk};
      if (rails_[i].kind == RailKind::kPower) {
        unsigned power = 0;
        reading.status = status_of(library_->power_milliwatts(device_, power));
        if (!plausible::is_power(milliwatts(power))) reading.status = ReadStatus::kGarbage;
        if (reading.status == ReadStatus::kOk) reading.power_uw = std::int64_t{power} * 1000;
      } else {
        unsigned long long energy = 0;
        reading.status = status_of(library_->energy_millijoules(device_, energy));
        if (energy > INT64_MAX / 1000) reading.status = ReadStatus::kGarbage;
        if (reading.status == ReadStatus::kOk) {
          reading.energy_uj = static_cast<std::int64_t>(energy) * 1000;
        }
      }
      reading.after = MonotonicClock::now();
    }
  }

 private:
  std::shared_ptr<const NvmlLibrary> library_;
  NvmlLibrary::Device device_;
  std::vector<Rail> rails_;
};

/// Another root is a tree of files, to which this machine's GPU does not belong.
bool is_this_machine(const SystemRoot& root) { return root.path == "/"; }

Result<std::vector<ProbedSensor>> probe(const SystemRoot& root) {
  if (!is_this_machine(root)) return std::vector<ProbedSensor>{};
  return probe_nvml(kLibrary);
}

Result<std::unique_ptr<Sensor>> open(const SystemRoot& root, const ProbedSensor& sensor,
                                     const OpenOptions& options) {
  if (!is_this_machine(root)) {
    return Error(ErrorCode::kInvalidArgument, "a tree of files has no NVML");
  }
  return open_nvml(kLibrary, sensor, options);
}

}  // namespace

Result<std::vector<ProbedSensor>> probe_nvml(const std::string& name) {
  std::vector<ProbedSensor> found;
  const auto library = NvmlLibrary::load(name);
  if (!library) {
    if (library.error().code() == ErrorCode::kNotFound) return found;
    found.push_back({std::string(kName), "nvml", {}, {}});
    found.back().unusable.push_back(
        {"GPU", name, library.error().message(), "check NVIDIA's driver with 'nvidia-smi'"});
    return found;
  }
  const auto devices = (*library)->devices();
  if (!devices) return found;
  for (std::size_t i = 0; i < devices->size(); ++i) {
    found.push_back(look_at(**library, (*devices)[i], i));
  }
  return found;
}

Result<std::unique_ptr<Sensor>> open_nvml(const std::string& name, const ProbedSensor& sensor,
                                          const OpenOptions& options) {
  auto library = NvmlLibrary::load(name);
  if (!library) return std::move(library).error();
  const auto devices = (*library)->devices();
  if (!devices) return devices.error();
  std::vector<Rail> rails;
  for (const Rail& rail : sensor.rails) {
    if (options.rails.empty() ||
        std::find(options.rails.begin(), options.rails.end(), rail.name) != options.rails.end()) {
      rails.push_back(rail);
    }
  }
  if (!options.rails.empty() && rails.size() != options.rails.size()) {
    return Error(ErrorCode::kNotFound, fmt::format("{} does not have all of the rails {}",
                                                   sensor.id, fmt::join(options.rails, ", ")));
  }
  for (std::size_t i = 0; i < devices->size(); ++i) {
    if (sensor.id != fmt::format("gpu{}", i)) continue;
    return std::unique_ptr<Sensor>(
        std::make_unique<NvmlSensor>(*std::move(library), (*devices)[i], std::move(rails)));
  }
  return Error(ErrorCode::kGone, fmt::format("the GPU {} is not there any more", sensor.id));
}

const SensorKind kNvml{kName, "NVIDIA GPUs through NVML, loaded if it is there", probe, open};

}  // namespace layerwatt
