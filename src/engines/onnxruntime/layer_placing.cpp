#include "engines/onnxruntime/layer_placing.h"

#include <algorithm>
#include <cmath>

namespace layerwatt::trt {

void LayerCollector::layer(const char* name, float milliseconds) noexcept {
  const std::size_t place = durations_.size();
  if (first_) {
    names_.emplace_back(name);
  } else if (place >= names_.size() || names_[place] != name) {
    consistent_ = false;
  }
  const bool sane = std::isfinite(milliseconds) && milliseconds >= 0.0F;
  consistent_ = consistent_ && sane;
  durations_.push_back(sane ? from_seconds(1e-3 * static_cast<double>(milliseconds)) : Duration(0));
}

bool LayerCollector::finish_pass(Instant start, Instant end, std::vector<LayerTime>& out) {
  const bool whole = consistent_ && !durations_.empty() && durations_.size() == names_.size();
  if (whole) {
    Duration sum{0};
    for (const Duration d : durations_) sum += d;
    const Duration pass = std::max(end - start, Duration(0));
    residual_ += pass - sum;
    computed_ += pass;
    const double scale = sum > pass ? to_seconds(pass) / to_seconds(sum) : 1.0;
    // From the end back: what is before the first layer is not theirs.
    out.resize(durations_.size());
    Duration after{0};
    for (std::size_t i = durations_.size(); i-- > 0;) {
      out[i].layer = static_cast<std::int32_t>(i);
      out[i].end = end - from_seconds(to_seconds(after) * scale);
      after += durations_[i];
      out[i].start = end - from_seconds(to_seconds(after) * scale);
    }
    first_ = false;
  } else if (first_) {
    names_.clear();
  }
  durations_.clear();
  consistent_ = true;
  return whole;
}

}  // namespace layerwatt::trt
