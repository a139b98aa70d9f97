#include "engines/onnxruntime/onnxruntime_session.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <numeric>
#include <utility>

#include "engines/onnxruntime/onnxruntime_profile.h"

namespace layerwatt {
namespace {

GraphOptimizationLevel ort_level(GraphRewriting rewriting) {
  switch (rewriting) {
    case GraphRewriting::kNone:
      return ORT_DISABLE_ALL;
    case GraphRewriting::kPortable:
      return ORT_ENABLE_EXTENDED;
    case GraphRewriting::kFull:
      return ORT_ENABLE_ALL;
  }
  return ORT_ENABLE_ALL;
}

bool fits(const std::vector<std::int64_t>& wanted, const std::vector<std::int64_t>& given) {
  return std::equal(wanted.begin(), wanted.end(), given.begin(), given.end(),
                    [](std::int64_t w, std::int64_t g) { return w < 0 || w == g; });
}

std::size_t element_count(std::span<const std::int64_t> dimensions) {
  return static_cast<std::size_t>(
      std::accumulate(dimensions.begin(), dimensions.end(), std::int64_t{1}, std::multiplies<>()));
}

}  // namespace

Result<std::unique_ptr<Session>> OrtCpuSession::load(OrtFunctions functions,
                                                     std::shared_ptr<OrtEnvironment> environment,
                                                     std::span<const std::byte> model,
                                                     std::string_view label,
                                                     const SessionOptions& options) {
  std::unique_ptr<OrtCpuSession> session(
      new OrtCpuSession(functions, std::move(environment), label));
  if (auto r = session->open(model, options); !r) return std::move(r).error();
  if (auto r = session->describe_ends(); !r) return std::move(r).error();
  return std::unique_ptr<Session>(std::move(session));
}

Result<void> OrtCpuSession::set_options(OrtSessionOptions* raw, const SessionOptions& options) {
  const auto check = [&](OrtStatus* status) { return functions_.check(status, label_); };
  if (auto r =
          check(functions_->SetSessionGraphOptimizationLevel(raw, ort_level(options.rewriting)));
      !r) {
    return r;
  }
  if (environment_->shares_threads(options.threads, options.spinning)) {
    if (auto r = check(functions_->DisablePerSessionThreads(raw)); !r) return r;
  } else {
    if (auto r = check(functions_->SetIntraOpNumThreads(raw, options.threads)); !r) return r;
    if (auto r = check(functions_->SetInterOpNumThreads(raw, 1)); !r) return r;
    if (auto r = check(functions_->AddSessionConfigEntry(raw, "session.intra_op.allow_spinning",
                                                         options.spinning ? "1" : "0"));
        !r) {
      return r;
    }
  }
  if (!options.optimized_model.empty()) {
    if (auto r = check(functions_->SetOptimizedModelFilePath(raw, options.optimized_model.c_str()));
        !r) {
      return r;
    }
  }
  if (options.profile_layers) {
    auto folder = ScratchFolder::make();
    if (!folder) return std::move(folder).error();
    profile_folder_ = *std::move(folder);
    const std::string prefix = (profile_folder_->path() / "profile").string();
    if (auto r = check(functions_->EnableProfiling(raw, prefix.c_str())); !r) return r;
    profile_begin_ = read_clock_anchor();
  }
  return {};
}

Result<void> OrtCpuSession::open(std::span<const std::byte> model, const SessionOptions& options) {
  if (model.empty()) {
    return Error(ErrorCode::kParse,
                 fmt::format("{}: the model is empty; export or download it again", label_));
  }
  OrtSessionOptions* raw_options = nullptr;
  if (auto r = functions_.check(functions_->CreateSessionOptions(&raw_options), label_); !r) {
    return r;
  }
  const auto owned_options = functions_.own<OrtSessionOptionsPtr>(raw_options);
  if (auto r = set_options(raw_options, options); !r) return r;
  OrtSession* raw = nullptr;
  if (auto r =
          functions_.check(functions_->CreateSessionFromArray(environment_->get(), model.data(),
                                                              model.size(), raw_options, &raw),
                           label_);
      !r) {
    return r;
  }
  session_ = functions_.own<OrtSessionPtr>(raw);
  OrtMemoryInfo* memory = nullptr;
  if (auto r = functions_.check(
          functions_->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory), label_);
      !r) {
    return r;
  }
  memory_ = functions_.own<OrtMemoryInfoPtr>(memory);
  return {};
}

Result<void> OrtCpuSession::describe_ends() {
  OrtAllocator* allocator = nullptr;
  if (auto r = functions_.check(functions_->GetAllocatorWithDefaultOptions(&allocator), label_);
      !r) {
    return r;
  }
  const auto describe = [&](bool is_input, std::size_t index) -> Result<TensorSpec> {
    char* name = nullptr;
    OrtTypeInfo* raw_type = nullptr;
    const auto& get_name =
        is_input ? functions_->SessionGetInputName : functions_->SessionGetOutputName;
    const auto& get_type =
        is_input ? functions_->SessionGetInputTypeInfo : functions_->SessionGetOutputTypeInfo;
    if (auto r = functions_.check(get_name(session_.get(), index, allocator, &name), label_); !r) {
      return std::move(r).error();
    }
    TensorSpec spec;
    spec.name = name;
    allocator->Free(allocator, name);
    if (auto r = functions_.check(get_type(session_.get(), index, &raw_type), label_); !r) {
      return std::move(r).error();
    }
    const auto type = functions_.own<OrtTypeInfoPtr>(raw_type);
    const OrtTensorTypeAndShapeInfo* tensor = nullptr;
    if (auto r = functions_.check(functions_->CastTypeInfoToTensorInfo(raw_type, &tensor), label_);
        !r) {
      return std::move(r).error();
    }
    ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    std::size_t rank = 0;
    if (tensor != nullptr) {
      if (auto r = functions_.check(functions_->GetTensorElementType(tensor, &element), label_);
          !r) {
        return std::move(r).error();
      }
      if (auto r = functions_.check(functions_->GetDimensionsCount(tensor, &rank), label_); !r) {
        return std::move(r).error();
      }
    }
    const auto known = data_type_of(element);
    if (!known) {
      return Error(
          ErrorCode::kUnsupported,
          fmt::format("{}: {} '{}' is not a tensor of numbers (ONNX element type {}); "
                      "layerwatt runs models whose inputs and outputs are",
                      label_, is_input ? "input" : "output", spec.name, static_cast<int>(element)));
    }
    spec.type = *known;
    spec.dimensions.resize(rank);
    if (auto r = functions_.check(functions_->GetDimensions(tensor, spec.dimensions.data(), rank),
                                  label_);
        !r) {
      return std::move(r).error();
    }
    return spec;
  };
  for (const bool is_input : {true, false}) {
    std::size_t count = 0;
    if (auto r =
            functions_.check(is_input ? functions_->SessionGetInputCount(session_.get(), &count)
                                      : functions_->SessionGetOutputCount(session_.get(), &count),
                             label_);
        !r) {
      return r;
    }
    for (std::size_t i = 0; i < count; ++i) {
      auto spec = describe(is_input, i);
      if (!spec) return std::move(spec).error();
      (is_input ? inputs_ : outputs_).push_back(*std::move(spec));
    }
  }
  return {};
}

Result<void> OrtCpuSession::bind_input(const TensorSpec& spec, const Tensor& tensor) {
  if (tensor.type != spec.type || !fits(spec.dimensions, tensor.dimensions)) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("{}: input '{}' wants {} of shape [{}], but got {} of shape [{}]; "
                    "check '--input-shape' and '--dtype' (-1: any)",
                    label_, spec.name, to_string(spec.type), fmt::join(spec.dimensions, " "),
                    to_string(tensor.type), fmt::join(tensor.dimensions, " ")));
  }
  const std::size_t bytes = element_count(tensor.dimensions) * size_of(tensor.type);
  if (tensor.data.size() != bytes) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("{}: input '{}' of shape [{}] has {} bytes, expected {}", label_, spec.name,
                    fmt::join(tensor.dimensions, " "), tensor.data.size(), bytes));
  }
  // Memory of ONNX Runtime's own allocator, aligned as its kernels like it.
  OrtAllocator* allocator = nullptr;
  if (auto r = functions_.check(functions_->GetAllocatorWithDefaultOptions(&allocator), label_);
      !r) {
    return r;
  }
  OrtValue* raw = nullptr;
  if (auto r = functions_.check(functions_->CreateTensorAsOrtValue(
                                    allocator, tensor.dimensions.data(), tensor.dimensions.size(),
                                    ort_type_of(tensor.type), &raw),
                                label_);
      !r) {
    return r;
  }
  input_values_.push_back(functions_.own<OrtValuePtr>(raw));
  void* data = nullptr;
  if (auto r = functions_.check(functions_->GetTensorMutableData(raw, &data), label_); !r) return r;
  if (bytes > 0) std::memcpy(data, tensor.data.data(), bytes);
  return functions_.check(functions_->BindInput(binding_.get(), spec.name.c_str(), raw), label_);
}

Result<void> OrtCpuSession::bind_output(std::size_t index) {
  const TensorSpec& spec = outputs_[index];
  const bool is_known = std::all_of(spec.dimensions.begin(), spec.dimensions.end(),
                                    [](std::int64_t d) { return d >= 0; });
  output_values_.push_back(functions_.own<OrtValuePtr>(nullptr));
  // A scalar and a tensor of unknown rank both come with no dimensions.
  if (!is_known || spec.dimensions.empty()) {
    return functions_.check(
        functions_->BindOutputToDevice(binding_.get(), spec.name.c_str(), memory_.get()), label_);
  }
  OrtAllocator* allocator = nullptr;
  if (auto r = functions_.check(functions_->GetAllocatorWithDefaultOptions(&allocator), label_);
      !r) {
    return r;
  }
  OrtValue* raw = nullptr;
  if (auto r = functions_.check(
          functions_->CreateTensorAsOrtValue(allocator, spec.dimensions.data(),
                                             spec.dimensions.size(), ort_type_of(spec.type), &raw),
          label_);
      !r) {
    return r;
  }
  output_values_.back() = functions_.own<OrtValuePtr>(raw);
  return functions_.check(functions_->BindOutput(binding_.get(), spec.name.c_str(), raw), label_);
}

Result<void> OrtCpuSession::bind(std::span<const Tensor> inputs) {
  binding_.reset();
  input_values_.clear();
  output_values_.clear();
  OrtIoBinding* raw = nullptr;
  if (auto r = functions_.check(functions_->CreateIoBinding(session_.get(), &raw), label_); !r) {
    return r;
  }
  binding_ = functions_.own<OrtIoBindingPtr>(raw);
  for (const TensorSpec& spec : inputs_) {
    const auto tensor = std::find_if(inputs.begin(), inputs.end(),
                                     [&](const Tensor& t) { return t.name == spec.name; });
    if (tensor == inputs.end()) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("{}: no tensor for input '{}'", label_, spec.name));
    }
    if (auto r = bind_input(spec, *tensor); !r) return r;
  }
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    if (auto r = bind_output(i); !r) return r;
  }
  return {};
}

Result<void> OrtCpuSession::run() {
  if (!binding_) {
    return Error(ErrorCode::kInternal, fmt::format("{}: run before bind", label_));
  }
  ++runs_;
  OrtStatus* const status = functions_->RunWithBinding(session_.get(), nullptr, binding_.get());
  if (status == nullptr) [[likely]] {
    return {};
  }
  return functions_.check(status, label_);
}

Result<Tensor> OrtCpuSession::copy_of(const OrtValue* value, const std::string& name) {
  OrtTensorTypeAndShapeInfo* raw_shape = nullptr;
  if (auto r = functions_.check(functions_->GetTensorTypeAndShape(value, &raw_shape), label_); !r) {
    return std::move(r).error();
  }
  const auto shape = functions_.own<OrtShapePtr>(raw_shape);
  ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  std::size_t rank = 0;
  if (auto r = functions_.check(functions_->GetTensorElementType(raw_shape, &element), label_);
      !r) {
    return std::move(r).error();
  }
  if (auto r = functions_.check(functions_->GetDimensionsCount(raw_shape, &rank), label_); !r) {
    return std::move(r).error();
  }
  Tensor tensor;
  tensor.name = name;
  const auto type = data_type_of(element);
  if (!type) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{}: output '{}' is not a tensor of numbers", label_, name));
  }
  tensor.type = *type;
  tensor.dimensions.resize(rank);
  if (auto r = functions_.check(
          functions_->GetDimensions(raw_shape, tensor.dimensions.data(), rank), label_);
      !r) {
    return std::move(r).error();
  }
  void* data = nullptr;
  // The C interface has no reader of constant values that is as old as our version of it.
  if (auto r = functions_.check(
          functions_->GetTensorMutableData(const_cast<OrtValue*>(value), &data), label_);
      !r) {
    return std::move(r).error();
  }
  tensor.data.resize(element_count(tensor.dimensions) * size_of(*type));
  if (!tensor.data.empty()) std::memcpy(tensor.data.data(), data, tensor.data.size());
  return tensor;
}

Result<std::vector<Tensor>> OrtCpuSession::read_outputs() {
  if (!binding_ || runs_ == 0) {
    return Error(ErrorCode::kInternal, fmt::format("{}: outputs read before a run", label_));
  }
  OrtAllocator* allocator = nullptr;
  if (auto r = functions_.check(functions_->GetAllocatorWithDefaultOptions(&allocator), label_);
      !r) {
    return std::move(r).error();
  }
  OrtValue** values = nullptr;
  std::size_t count = 0;
  if (auto r = functions_.check(
          functions_->GetBoundOutputValues(binding_.get(), allocator, &values, &count), label_);
      !r) {
    return std::move(r).error();
  }
  std::vector<OrtValuePtr> owned;
  for (std::size_t i = 0; i < count; ++i) owned.push_back(functions_.own<OrtValuePtr>(values[i]));
  allocator->Free(allocator, values);
  std::vector<Tensor> tensors;
  for (std::size_t i = 0; i < count; ++i) {
    auto tensor = copy_of(owned[i].get(), outputs_[i].name);
    if (!tensor) return std::move(tensor).error();
    tensors.push_back(*std::move(tensor));
  }
  return tensors;
}

Result<LayerTimes> OrtCpuSession::finish_profile() {
  if (!profile_folder_) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{}: this session does not profile its layers", label_));
  }
  std::uint64_t origin = 0;
  if (auto r = functions_.check(functions_->SessionGetProfilingStartTimeNs(session_.get(), &origin),
                                label_);
      !r) {
    return std::move(r).error();
  }
  OrtAllocator* allocator = nullptr;
  if (auto r = functions_.check(functions_->GetAllocatorWithDefaultOptions(&allocator), label_);
      !r) {
    return std::move(r).error();
  }
  char* raw_name = nullptr;
  if (auto r = functions_.check(
          functions_->SessionEndProfiling(session_.get(), allocator, &raw_name), label_);
      !r) {
    return std::move(r).error();
  }
  const std::filesystem::path path = raw_name;
  allocator->Free(allocator, raw_name);
  const auto folder = std::exchange(profile_folder_, nullptr);

  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             &std::fclose);
  if (!file) {
    return error_from_errno(errno, fmt::format("read ONNX Runtime's profile {}", path.string()));
  }
  auto profile = read_ort_profile(file.get());
  if (!profile) return std::move(profile).error().at(path);

  // The profiler's clock is CLOCK_REALTIME, in ns since 1970 in UTC. Both anchors get the offset of
  // the first, so that a change of summer time in between does no harm.
  ClockAnchor end = read_clock_anchor();
  end.local = end.local - end.utc_offset + profile_begin_.utc_offset;
  const ClockMap map(profile_begin_, end);
  const LocalTime local_origin =
      local_time_from_ns(static_cast<std::int64_t>(origin)) + profile_begin_.utc_offset;
  LayerTimes times;
  times.layers = std::move(profile->layers);
  for (const auto& pass : profile->passes) {
    std::vector<LayerTime>& out = times.passes.emplace_back();
    out.reserve(pass.size());
    for (const OrtNodeTime& node : pass) {
      out.push_back(LayerTime{.layer = node.layer,
                              .start = map.to_monotonic(local_origin + node.start),
                              .end = map.to_monotonic(local_origin + node.end)});
    }
  }
  times.lost_passes =
      std::max<std::int64_t>(0, runs_ - static_cast<std::int64_t>(times.passes.size()));
  return times;
}

}  // namespace layerwatt
