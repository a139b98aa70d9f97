#include <atomic>
#include <thread>
#include <vector>

#include "layerwatt/experiment/switched_load.h"

namespace layerwatt {
namespace {

class ProcessorLoad final : public SwitchedLoad {
 public:
  ~ProcessorLoad() override { off(); }

  void on() override {
    running_.store(true);
    const unsigned cores = std::thread::hardware_concurrency();
    for (unsigned i = 0; i < (cores > 2 ? cores - 1 : 1); ++i) {
      threads_.emplace_back([this] { keep_busy(); });
    }
  }

  void off() override {
    running_.store(false);
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  /// Multiply-adds in registers: the power of the cores, little of the memory.
  void keep_busy() const {
    double x[8] = {1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7};
    while (running_.load(std::memory_order_relaxed)) {
      for (int round = 0; round < 4096; ++round) {
        for (double& value : x) value = value * 0.999999 + 1e-6;
      }
      // What is never used may be left out.
      asm volatile("" : : "r"(x) : "memory");
    }
  }

  std::atomic<bool> running_{false};
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<SwitchedLoad> make_processor_load() { return std::make_unique<ProcessorLoad>(); }

}  // namespace layerwatt
