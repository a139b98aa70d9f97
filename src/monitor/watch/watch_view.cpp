#include "monitor/watch/watch_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/numbers.h"

#include "core/utf8.h"
#include "monitor/watch/sparkline.h"

namespace layerwatt {
namespace {

constexpr std::size_t kNameColumns = 18;
constexpr std::size_t kNumbersColumns = kNameColumns + 4 * 9 + 2;
constexpr std::string_view kKeys =
    "q quit   r set energy back   p pause   + - faster, slower   a only ASCII";

/// Names from device trees may hold anything: what is no plain character is a '?'.
std::string shown_name(std::string_view name) {
  std::string shown = valid_utf8(name);
  std::ranges::replace_if(
      shown, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return shown;
}

template <class Quantity>
std::string number(const std::optional<Quantity>& value, int digits) {
  return value ? format_fixed(value->value(), digits) : std::string("-");
}

std::string clock_text(Duration elapsed) {
  const std::int64_t s = elapsed / std::chrono::seconds(1);
  return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

std::string energy_text(Joules energy) {
  return format_fixed(energy.value(), energy.value() < 10'000.0 ? 1 : 0);
}

class View {
 public:
  View(const WatchFrame& frame, ViewSize size, bool ascii)
      : frame_(frame), size_(size), ascii_(ascii) {}

  std::vector<ViewLine> lines() {
    title();
    total();
    rails();
    machine();
    measurement();
    troubles();
    if (size_.lines == 0) return {};
    if (lines_.size() > size_.lines - 1) lines_.resize(size_.lines - 1);
    while (lines_.size() + 1 < size_.lines) add("");
    add(frame_.is_paused ? "PAUSED   " + std::string(kKeys) : std::string(kKeys), ViewStyle::kDim);
    return std::move(lines_);
  }

 private:
  void add(std::string_view text, ViewStyle style = ViewStyle::kPlain) {
    lines_.push_back({cut(text, size_.columns), style});
  }

  /// Spread to both ends of the line.
  void add_apart(const std::string& left, const std::string& right, ViewStyle style) {
    const std::size_t used = columns_of(left) + columns_of(right);
    const std::size_t gap = used < size_.columns ? size_.columns - used : 1;
    add(left + std::string(gap, ' ') + right, style);
  }

  void title() {
    std::string left = "layerwatt watch: " + shown_name(frame_.board);
    if (frame_.is_virtual) left += " (virtual: nothing is measured)";
    add_apart(left, clock_text(frame_.elapsed), ViewStyle::kStrong);
  }

  void total() {
    if (!frame_.total) {
      add("No total: " + shown_name(frame_.no_total_reason), ViewStyle::kDim);
      return;
    }
    const WatchedPower& total = *frame_.total;
    double most = 0.0;
    for (const auto& watts : total.history) most = std::max(most, watts.value_or(0.0));
    const double seconds = to_seconds(frame_.elapsed);
    const std::string mean = seconds > 0 ? format_fixed(total.energy.value() / seconds, 2) : "-";
    add(fmt::format("Total {} W   mean {} W   {} J   most {} W   = {}", number(total.power, 2),
                    mean, energy_text(total.energy), format_fixed(most, 2), shown_name(total.name)),
        ViewStyle::kStrong);
    // A screen of 24 lines has room for four lines of plot.
    const std::size_t height = std::clamp<std::size_t>(size_.lines / 6, 1, 8);
    for (const std::string& line : plot(total.history, size_.columns, height, 0.0, ascii_)) {
      add(line, ViewStyle::kPlot);
    }
  }

  void rails() {
    add(fmt::format("{:<{}}{:>9}{:>9}{:>9}{:>9}", "Rail (* in the total)", kNameColumns + 4, "W",
                    "V", "A", "J"),
        ViewStyle::kDim);
    for (const WatchedPower& rail : frame_.rails) {
      const std::string name =
          cut(shown_name(rail.name), kNameColumns) + (rail.in_total ? " *" : "");
      const std::string pad(kNameColumns + 4 - std::min(columns_of(name), kNameColumns + 4), ' ');
      std::string line =
          fmt::format("{}{}{:>9}{:>9}{:>9}{:>9}  ", name, pad, number(rail.power, 2),
                      number(rail.voltage, 3), number(rail.current, 3), energy_text(rail.energy));
      const std::size_t used = kNumbersColumns + 4;
      if (!rail.power) {
        line += "cannot be read now";
      } else if (size_.columns > used + 4) {
        line += plot(rail.history, size_.columns - used, 1, 0.0, ascii_).front();
      }
      add(line, rail.power ? ViewStyle::kPlain : ViewStyle::kAlarm);
    }
  }

  /// "Name  a, b, c", over as many lines as are needed, two at most.
  void list(std::string_view title, const std::vector<std::string>& items) {
    if (items.empty()) return;
    std::string line = fmt::format("{:<13}", title);
    std::size_t count = 1;
    bool first = true;
    for (const std::string& item : items) {
      const std::string part = (first ? "" : ", ") + item;
      if (!first && columns_of(line) + columns_of(part) > size_.columns) {
        add(line);
        if (++count > 2) return;
        line = fmt::format("{:<13}{}", "", item);
      } else {
        line += part;
      }
      first = false;
    }
    add(line);
  }

  void machine() {
    std::vector<std::string> temperatures;
    for (const auto& [zone, celsius] : frame_.machine.state.temperatures_celsius) {
      temperatures.push_back(fmt::format("{} {}{}", shown_name(zone), format_fixed(celsius, 1),
                                         ascii_ ? " C" : " °C"));
    }
    list("Temperatures", temperatures);
    std::vector<std::string> clocks;
    for (const auto& [clock, hertz] : frame_.machine.state.clocks_hertz) {
      clocks.push_back(fmt::format("{} {} MHz", shown_name(clock), format_fixed(hertz * 1e-6, 0)));
    }
    list("Clocks", clocks);
    std::vector<std::string> mode;
    if (!frame_.machine.power_mode.empty()) mode.push_back(shown_name(frame_.machine.power_mode));
    if (frame_.machine.clocks_locked) {
      mode.emplace_back(*frame_.machine.clocks_locked ? "clocks locked" : "clocks not locked");
    }
    list("Mode", mode);
  }

  void measurement() {
    if (!frame_.measurement) return;
    const RunningMeasurement& run = *frame_.measurement;
    std::vector<std::string> items{
        fmt::format("{} ({}, {})", shown_name(run.network), shown_name(run.engine), run.schedule),
        fmt::format("{} passes", run.passes)};
    if (run.passes_per_second) {
      items.push_back(format_significant(*run.passes_per_second, 3) + " passes/s");
    }
    if (run.energy_per_inference) {
      items.push_back(format_si(run.energy_per_inference->value(), "J") + " an inference");
    }
    list("Measuring", items);
  }

  void troubles() {
    Duration unmeasured{0};
    for (const WatchedPower& rail : frame_.rails) {
      unmeasured = std::max(unmeasured, rail.unmeasured);
    }
    if (unmeasured > Duration(0)) {
      add(fmt::format("Not measured: {} s are in no joule",
                      format_fixed(to_seconds(unmeasured), 1)),
          ViewStyle::kAlarm);
    }
    if (frame_.sampler.lost > 0) {
      add(fmt::format("{} readings late, {} left out: the machine is busy", frame_.sampler.late,
                      frame_.sampler.lost),
          ViewStyle::kDim);
    }
  }

  const WatchFrame& frame_;
  ViewSize size_;
  bool ascii_;
  std::vector<ViewLine> lines_;
};

}  // namespace

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string cut(std::string_view text, std::size_t columns) {
  std::string fitting;
  for (std::size_t count = 0; !text.empty() && count < columns; ++count) {
    const std::size_t length = std::max<std::size_t>(utf8_sequence(text), 1);
    fitting.append(text.substr(0, length));
    text.remove_prefix(length);
  }
  return fitting;
}

std::vector<ViewLine> draw(const WatchFrame& frame, ViewSize size, bool ascii) {
  return View(frame, size, ascii).lines();
}

}  // namespace layerwatt
