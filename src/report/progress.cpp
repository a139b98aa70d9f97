#include "layerwatt/report/progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/numbers.h"
#include "layerwatt/report/text_table.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

constexpr Duration kRedraw = 100ms;
/// Between plain lines; a log of an hour's work stays readable.
constexpr Duration kPlainLine = 10s;

std::string clock_text(Duration d) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(d).count();
  if (seconds >= 3600) {
    return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
  return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

}  // namespace

Progress::Progress(std::ostream& out, std::string label, std::int64_t total, Style style)
    : out_(out),
      label_(printable(label)),
      total_(total),
      style_(std::move(style)),
      begin_(style_.now()),
      last_(begin_ - kRedraw) {
  if (!style_.is_terminal) last_ = begin_;
}

Progress::~Progress() { wipe(); }

void Progress::update(std::int64_t done) {
  done_ = done;
  const Instant now = style_.now();
  if (now - last_ < (style_.is_terminal ? kRedraw : kPlainLine)) return;
  last_ = now;
  draw(now);
}

void Progress::wipe() {
  if (!drawn_) return;
  out_ << "\r\x1b[K" << std::flush;
  drawn_ = false;
  last_ = style_.now() - kRedraw;
}

/// Time left at the pace so far; empty where nothing can be said.
std::string Progress::remaining(Instant now) const {
  if (total_ <= 0 || done_ <= 0 || done_ >= total_) return "";
  const double share = static_cast<double>(done_) / static_cast<double>(total_);
  return clock_text(from_seconds(to_seconds(now - begin_) * (1.0 - share) / share)) + " left";
}

void Progress::draw(Instant now) {
  const auto text = [&](std::int64_t steps) {
    return style_.is_time ? clock_text(std::chrono::milliseconds(steps)) : format_grouped(steps);
  };
  std::string tail = total_ > 0 ? fmt::format("{} of {}", text(done_), text(total_)) : text(done_);
  if (const std::string left = remaining(now); !left.empty()) tail += ", " + left;
  if (!detail_.empty()) tail += "  " + printable(detail_);
  if (!style_.is_terminal) {
    out_ << label_ << ": " << tail << std::endl;
    return;
  }
  std::string bar;
  if (total_ > 0) {
    constexpr std::int64_t kCells = 20;
    const std::int64_t full = std::clamp<std::int64_t>(done_ * kCells / total_, 0, kCells);
    for (std::int64_t i = 0; i < kCells; ++i) bar += i < full ? "█" : "░";
    bar += ' ';
  }
  const auto width = static_cast<std::size_t>(std::max(style_.width - 1, 10));
  out_ << '\r' << shorten_middle(label_ + " " + bar + tail, width) << "\x1b[K" << std::flush;
  drawn_ = true;
}

}  // namespace layerwatt
