#include "engines/tensorrt/tensorrt_session.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace layerwatt::trt {
namespace {

/// nullopt for free dimensions and for more than a GPU could hold.
std::optional<std::size_t> bytes_of(const TensorSpec& spec) {
  constexpr std::size_t kMost = std::size_t{1} << 40;
  std::size_t bytes = size_of(spec.type);
  for (const std::int64_t extent : spec.dimensions) {
    if (extent < 0) return std::nullopt;
    bytes *= static_cast<std::size_t>(extent);
    if (bytes > kMost) return std::nullopt;
  }
  return bytes;
}

bool fits(const TensorSpec& spec, const Tensor& tensor) {
  if (spec.type != tensor.type || spec.dimensions.size() != tensor.dimensions.size()) return false;
  for (std::size_t i = 0; i < spec.dimensions.size(); ++i) {
    if (spec.dimensions[i] >= 0 && spec.dimensions[i] != tensor.dimensions[i]) return false;
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<Session>> TensorRtSession::open(Api& api, KeptLog& log,
                                                       std::unique_ptr<EngineHandle> engine,
                                                       std::string_view label,
                                                       const SessionOptions& options) {
  std::unique_ptr<TensorRtSession> session(new TensorRtSession(api, log, std::string(label)));
  session->engine_ = std::move(engine);
  if (auto r = session->take_tensors(); !r) return std::move(r).error();
  if (auto r = session->prepare(options); !r) return std::move(r).error();
  return std::unique_ptr<Session>(std::move(session));
}

Result<void> TensorRtSession::take_tensors() {
  for (IoTensor& tensor : engine_->tensors()) {
    if (!tensor.type) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("{}: tensor '{}' is of a type that layerwatt cannot feed", label_,
                               tensor.name));
    }
    auto& place = tensor.is_input ? inputs_ : outputs_;
    place.push_back({std::move(tensor.name), *tensor.type, std::move(tensor.dimensions)});
  }
  if (!outputs_.empty()) return {};
  return Error(ErrorCode::kUnsupported, fmt::format("{}: the engine has no outputs", label_));
}

Result<void> TensorRtSession::prepare(const SessionOptions& options) {
  log_.clear();
  context_ = engine_->make_context();
  if (!context_) {
    return log_.failure(ErrorCode::kUnsupported, fmt::format("make a context for {}", label_),
                        api_.cuda().last_error());
  }
  context_->quieten();
  profile_layers_ = options.profile_layers;
  Cuda& cuda = api_.cuda();
  stream_ = cuda.make_stream();
  if (stream_ == nullptr) return cuda_failed("make a stream");
  start_ = cuda.make_event(false);
  end_ = cuda.make_event(!options.spinning);
  if (start_ == nullptr || end_ == nullptr) return cuda_failed("make an event");
  return {};
}

TensorRtSession::~TensorRtSession() {
  Cuda& cuda = api_.cuda();
  // The context's events may still be in the stream.
  if (stream_ != nullptr) (void)cuda.wait_stream(stream_);
  context_.reset();
  engine_.reset();
  clock_.reset();
  free_buffers();
  if (start_ != nullptr) cuda.free_event(start_);
  if (end_ != nullptr) cuda.free_event(end_);
  if (stream_ != nullptr) cuda.free_stream(stream_);
}

void TensorRtSession::free_buffers() {
  for (const Buffer& buffer : buffers_) {
    if (buffer.device != nullptr) api_.cuda().free_device(buffer.device);
    if (buffer.host != nullptr) api_.cuda().free_host(buffer.host);
  }
  buffers_.clear();
}

Error TensorRtSession::cuda_failed(std::string_view what) const {
  const std::string why = api_.cuda().last_error();
  const std::string advice = tensorrt_advice(why);
  return Error(ErrorCode::kInternal, fmt::format("{}: CUDA cannot {}: {}{}{}", label_, what, why,
                                                 advice.empty() ? "" : "\n", advice));
}

Result<TensorRtSession::Buffer*> TensorRtSession::add_buffer(TensorSpec spec) {
  const auto bytes = bytes_of(spec);
  if (!bytes) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{}: the size of tensor '{}' ({}) is not known before it runs", label_,
                             spec.name, fmt::join(spec.dimensions, "×")));
  }
  // TensorRT wants an address for empty tensors too.
  const std::size_t room = std::max<std::size_t>(*bytes, 1);
  Buffer& buffer = buffers_.emplace_back();
  buffer.spec = std::move(spec);
  buffer.bytes = *bytes;
  buffer.device = api_.cuda().allocate_device(room);
  if (buffer.device == nullptr) {
    return cuda_failed(fmt::format("allocate {} bytes on the GPU", room));
  }
  buffer.host = api_.cuda().allocate_host(room);
  if (buffer.host == nullptr) {
    return cuda_failed(fmt::format("allocate {} page-locked bytes", room));
  }
  if (!context_->set_address(buffer.spec.name.c_str(), buffer.device)) {
    return log_.failure(ErrorCode::kInternal,
                        fmt::format("take memory for tensor '{}'", buffer.spec.name));
  }
  return &buffer;
}

Result<void> TensorRtSession::bind_input(const TensorSpec& spec, const Tensor& tensor) {
  if (tensor.name != spec.name || !fits(spec, tensor)) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("{}: input '{}' is {} {}, but '{}' of {} {} was given", label_, spec.name,
                    to_string(spec.type), fmt::join(spec.dimensions, "×"), tensor.name,
                    to_string(tensor.type), fmt::join(tensor.dimensions, "×")));
  }
  if (!context_->set_input_shape(spec.name.c_str(), tensor.dimensions)) {
    return log_.failure(ErrorCode::kInvalidArgument,
                        fmt::format("run {} with input '{}' of {}", label_, spec.name,
                                    fmt::join(tensor.dimensions, "×")));
  }
  auto buffer = add_buffer({spec.name, spec.type, tensor.dimensions});
  if (!buffer) return std::move(buffer).error();
  if ((*buffer)->bytes != tensor.data.size()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("{}: input '{}' takes {} bytes, {} were given", label_, spec.name,
                             (*buffer)->bytes, tensor.data.size()));
  }
  if ((*buffer)->bytes == 0) return {};
  std::memcpy((*buffer)->host, tensor.data.data(), tensor.data.size());
  if (!api_.cuda().copy_to_device((*buffer)->device, (*buffer)->host, (*buffer)->bytes, stream_)) {
    return cuda_failed("copy an input to the GPU");
  }
  return {};
}

Result<void> TensorRtSession::bind_output(const TensorSpec& spec) {
  auto buffer = add_buffer({spec.name, spec.type, context_->dimensions(spec.name.c_str())});
  if (!buffer) return std::move(buffer).error();
  return {};
}

Result<void> TensorRtSession::bind(std::span<const Tensor> inputs) {
  if (inputs.size() != inputs_.size()) {
    return Error(ErrorCode::kInvalidArgument, fmt::format("{}: {} inputs given, the engine has {}",
                                                          label_, inputs.size(), inputs_.size()));
  }
  log_.clear();
  bound_ = false;
  free_buffers();
  buffers_.reserve(inputs_.size() + outputs_.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (auto r = bind_input(inputs_[i], inputs[i]); !r) return r;
  }
  for (const TensorSpec& output : outputs_) {
    if (auto r = bind_output(output); !r) return r;
  }
  if (!api_.cuda().wait_stream(stream_)) return cuda_failed("copy the inputs to the GPU");
  if (profile_layers_ && !clock_) {
    if (auto r = begin_profile(); !r) return r;
  }
  bound_ = true;
  return {};
}

Result<void> TensorRtSession::begin_profile() {
  auto clock = GpuClock::start(api_.cuda(), stream_);
  if (!clock) return std::move(clock).error();
  clock_.emplace(*std::move(clock));
  context_->set_profiler(&collector_);
  context_->set_enqueue_emits_profile(false);
  return {};
}

Result<void> TensorRtSession::run() {
  if (!bound_) return Error(ErrorCode::kInvalidArgument, label_ + ": run before bind");
  Cuda& cuda = api_.cuda();
  const bool profiled = clock_.has_value();
  if (profiled && !cuda.record(start_, stream_)) return cuda_failed("record an event");
  if (!context_->enqueue(stream_)) {
    return log_.failure(ErrorCode::kInternal, fmt::format("run {}", label_), cuda.last_error());
  }
  if (!cuda.record(end_, stream_)) return cuda_failed("record an event");
  if (!cuda.wait_event(end_)) return cuda_failed("finish a pass");
  return profiled ? collect_layers() : Result<void>();
}

Result<void> TensorRtSession::collect_layers() {
  if (!context_->report_to_profiler()) {
    return log_.failure(ErrorCode::kInternal, fmt::format("report the layers of {}", label_));
  }
  const auto start = clock_->when(start_);
  if (!start) return start.error();
  const auto end = clock_->when(end_);
  if (!end) return end.error();
  // A pass whose layers are not those of the first keeps its place without them.
  if (!collector_.finish_pass(*start, *end, times_.passes.emplace_back())) ++times_.lost_passes;
  return clock_->renew_if_old(MonotonicClock::now());
}

Result<std::vector<Tensor>> TensorRtSession::read_outputs() {
  if (!bound_) return Error(ErrorCode::kInvalidArgument, label_ + ": no outputs before bind");
  std::vector<Tensor> out;
  for (std::size_t i = inputs_.size(); i < buffers_.size(); ++i) {
    const Buffer& buffer = buffers_[i];
    if (buffer.bytes > 0 &&
        !api_.cuda().copy_to_host(buffer.host, buffer.device, buffer.bytes, stream_)) {
      return cuda_failed("copy an output from the GPU");
    }
  }
  if (!api_.cuda().wait_stream(stream_)) return cuda_failed("copy the outputs from the GPU");
  for (std::size_t i = inputs_.size(); i < buffers_.size(); ++i) {
    const Buffer& buffer = buffers_[i];
    const auto* begin = static_cast<const std::byte*>(buffer.host);
    out.push_back({buffer.spec.name,
                   buffer.spec.type,
                   buffer.spec.dimensions,
                   {begin, begin + buffer.bytes}});
  }
  return out;
}

Result<LayerTimes> TensorRtSession::finish_profile() {
  if (!clock_) {
    return Error(ErrorCode::kUnsupported, label_ + ": this session does not profile its layers");
  }
  context_->set_profiler(nullptr);
  for (const std::string& name : collector_.names()) {
    times_.layers.push_back(ProfiledLayer{.name = name, .type = {}, .inputs = {}, .outputs = {}});
  }
  times_.stamps = StampSource::kPlacedByDuration;
  times_.overlap = engine_->aux_streams() > 0;
  if (collector_.computed() > Duration(0)) {
    times_.notes.push_back(fmt::format(
        "Layers are laid back to back before the end of each pass on the GPU's clock; {:.1f} % of "
        "a pass is none of theirs (gaps, the profiler's own events).",
        100.0 * to_seconds(collector_.residual()) / to_seconds(collector_.computed())));
  }
  times_.notes.push_back(
      fmt::format("The GPU's clock was anchored to the monotonic clock to within {:.1f} µs, and "
                  "had moved by at "
                  "most {:.1f} µs from one anchor to the next.",
                  to_microseconds(clock_->uncertainty()), to_microseconds(clock_->drift())));
  if (times_.lost_passes > 0) {
    times_.notes.push_back(
        fmt::format("{} passes reported other layers than the first, and stand without them.",
                    times_.lost_passes));
    // They are in their places, so none is missing from `passes`.
    times_.lost_passes = 0;
  }
  clock_.reset();
  return std::move(times_);
}

Result<std::string> TensorRtSession::inspect() {
  log_.clear();
  std::string text = engine_->inspect(*context_);
  if (!text.empty()) return text;
  return log_.failure(ErrorCode::kUnsupported, fmt::format("inspect the engine of {}", label_));
}

}  // namespace layerwatt::trt
