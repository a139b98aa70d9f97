#include "engines/tensorrt/tensorrt_log.h"

#include <fmt/format.h>

#include "layerwatt/engines/tensorrt.h"

namespace layerwatt::trt {

void KeptLog::line(std::string_view text) noexcept {
  constexpr std::size_t kLongest = std::size_t{64} << 10;
  if (text.size() > kLongest / 2) text = text.substr(0, kLongest / 2);
  if (text_.size() + text.size() > kLongest) text_.erase(0, kLongest / 2);
  text_ += text;
  text_ += '\n';
}

Error KeptLog::failure(ErrorCode code, std::string_view what, std::string_view more) const {
  std::string message = fmt::format("TensorRT cannot {}", what);
  if (!more.empty()) message += fmt::format(": {}", more);
  const std::string said = tensorrt_errors(text_);
  if (!said.empty()) message += "\n  " + said;
  const std::string advice = tensorrt_advice(text_ + std::string(more));
  if (!advice.empty()) message += "\n" + advice;
  return Error(code, std::move(message));
}

}  // namespace layerwatt::trt
