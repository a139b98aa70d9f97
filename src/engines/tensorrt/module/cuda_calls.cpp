#include "engines/tensorrt_module/cuda_calls.h"

#include <cuda_runtime_api.h>

namespace layerwatt::trt {
namespace {

cudaStream_t stream_of(Stream stream) { return static_cast<cudaStream_t>(stream); }
cudaEvent_t event_of(Event event) { return static_cast<cudaEvent_t>(event); }

class CudaCalls final : public Cuda {
 public:
  std::optional<std::string> device_name() override {
    int device = 0;
    cudaDeviceProp properties{};
    if (!succeeds(cudaGetDevice(&device))) return std::nullopt;
    if (!succeeds(cudaGetDeviceProperties(&properties, device))) return std::nullopt;
    return std::string(properties.name) + ", compute " + std::to_string(properties.major) + "." +
           std::to_string(properties.minor);
  }
  std::string last_error() override { return cudaGetErrorString(last_); }

  Stream make_stream() override {
    cudaStream_t stream = nullptr;
    return succeeds(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking)) ? stream : nullptr;
  }
  void free_stream(Stream stream) override { (void)cudaStreamDestroy(stream_of(stream)); }
  bool wait_stream(Stream stream) override {
    return succeeds(cudaStreamSynchronize(stream_of(stream)));
  }

  Event make_event(bool blocking) override {
    cudaEvent_t event = nullptr;
    const unsigned flags = blocking ? cudaEventBlockingSync : cudaEventDefault;
    return succeeds(cudaEventCreateWithFlags(&event, flags)) ? event : nullptr;
  }
  void free_event(Event event) override { (void)cudaEventDestroy(event_of(event)); }
  bool record(Event event, Stream stream) override {
    return succeeds(cudaEventRecord(event_of(event), stream_of(stream)));
  }
  bool wait_event(Event event) override { return succeeds(cudaEventSynchronize(event_of(event))); }
  std::optional<float> elapsed_milliseconds(Event from, Event to) override {
    float elapsed = 0.0F;
    if (!succeeds(cudaEventElapsedTime(&elapsed, event_of(from), event_of(to)))) {
      return std::nullopt;
    }
    return elapsed;
  }

  void* allocate_device(std::size_t bytes) override {
    void* memory = nullptr;
    return succeeds(cudaMalloc(&memory, bytes)) ? memory : nullptr;
  }
  void free_device(void* memory) override { (void)cudaFree(memory); }
  void* allocate_host(std::size_t bytes) override {
    void* memory = nullptr;
    return succeeds(cudaHostAlloc(&memory, bytes, cudaHostAllocDefault)) ? memory : nullptr;
  }
  void free_host(void* memory) override { (void)cudaFreeHost(memory); }
  bool copy_to_device(void* to, const void* from, std::size_t bytes, Stream stream) override {
    return succeeds(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_of(stream)));
  }
  bool copy_to_host(void* to, const void* from, std::size_t bytes, Stream stream) override {
    return succeeds(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream_of(stream)));
  }

 private:
  bool succeeds(cudaError_t result) {
    if (result == cudaSuccess) return true;
    last_ = result;
    (void)cudaGetLastError();  // told once; later calls start afresh
    return false;
  }
  cudaError_t last_ = cudaSuccess;
};

}  // namespace

Cuda& cuda_calls() {
  static CudaCalls calls;
  return calls;
}

}  // namespace layerwatt::trt
