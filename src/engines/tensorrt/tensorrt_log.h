#pragma once

#include <string>
#include <string_view>

#include "layerwatt/core/result.h"

#include "engines/tensorrt/tensorrt_seam.h"

namespace layerwatt::trt {

/// Keeps what TensorRT said last, for errors.
class KeptLog final : public Log {
 public:
  void line(std::string_view text) noexcept override;
  /// Before a call whose failure it is to explain.
  void clear() { text_.clear(); }

  /// "cannot `what`", with TensorRT's errors, what CUDA said, and advice where there is some.
  Error failure(ErrorCode code, std::string_view what, std::string_view more = {}) const;

 private:
  std::string text_;
};

}  // namespace layerwatt::trt
