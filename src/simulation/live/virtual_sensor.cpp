#include "layerwatt/simulation/virtual_sensor.h"

#include <fmt/format.h>

#include <utility>

#include "layerwatt/core/random.h"
#include "layerwatt/simulation/virtual_chip.h"
#include "layerwatt/simulation/virtual_load.h"
#include "layerwatt/simulation/virtual_recording.h"

namespace layerwatt {
namespace {

constexpr double kLargestOscillatorError = 0.06;

class VirtualSensor final : public Sensor {
 public:
  VirtualSensor(const VirtualBoard& board, const BurstLoad& load, std::uint64_t seed,
                std::function<Instant()> now)
      : load_(load), now_(std::move(now)), start_(now_()), next_burst_(start_) {
    VirtualSpecimen specimen;
    specimen.oscillator_error =
        Random(seed, "live specimen").uniform(-kLargestOscillatorError, kLargestOscillatorError);
    specimen.board_low_pass = board.board_low_pass;
    for (std::size_t c = 0; c < board.chips.size(); ++c) {
      const std::uint64_t chip_seed = Random(seed, fmt::format("chip {}", c)).bits();
      chips_.emplace_back(board.chips[c], specimen, chip_seed, start_);
      for (std::size_t r = 0; r < board.chips[c].rails.size(); ++r) {
        rails_.push_back(virtual_rail(board, board.chips[c], r));
        places_.push_back({c, r});
      }
    }
    steps_.reserve(kStepsAtOnce);
  }

  std::span<const Rail> rails() const override { return rails_; }

  void read(std::span<Reading> out) noexcept override {
    for (std::size_t i = 0; i < out.size(); ++i) {
      const Instant before = now_();
      run_until(before);
      const VirtualChip& chip = chips_[places_[i].chip];
      const VirtualRegisters shown = chip.registers(places_[i].rail);
      const bool both = rails_[i].kind == RailKind::kVoltageCurrent;
      out[i] = {before, now_(), kNoValue64, kNoValue64, kNoValue32, kNoValue32, ReadStatus::kOk};
      if (both) {
        out[i].voltage_uv = shown.millivolts * 1000;
        out[i].current_ua = shown.milliamperes * 1000;
      }
      if (chip.setup().kind != PowerChipKind::kIna3221Hwmon) out[i].power_uw = shown.microwatts;
    }
  }

 private:
  static constexpr std::size_t kStepsAtOnce = 64;
  struct Place {
    std::size_t chip;
    std::size_t rail;
  };

  void run_until(Instant t) noexcept {
    do {
      steps_.clear();
      Instant until = t;
      while (next_burst_ <= t && steps_.size() + 2 <= kStepsAtOnce) {
        // A burst that is running ends at a later read.
        if (burst_runs_) {
          steps_.push_back({next_burst_, 0.0});
          next_burst_ += load_.every - load_.length;
        } else {
          steps_.push_back({next_burst_, load_.above_idle.value()});
          next_burst_ += load_.length;
        }
        burst_runs_ = !burst_runs_;
        until = steps_.back().at;
      }
      if (next_burst_ > t) until = t;
      for (VirtualChip& chip : chips_) chip.run_until(until, steps_);
    } while (next_burst_ <= t);
  }

  BurstLoad load_;
  std::function<Instant()> now_;
  Instant start_;
  /// When the next burst begins, or the present one ends.
  Instant next_burst_;
  bool burst_runs_ = false;
  std::vector<VirtualChip> chips_;
  std::vector<Rail> rails_;
  std::vector<Place> places_;
  std::vector<LoadStep> steps_;
};

}  // namespace

BurstLoad usual_bursts(const VirtualBoard& board) {
  BurstLoad load;
  load.above_idle = board.greatest_layer_power;
  return load;
}

std::optional<Watts> true_mean_power(const VirtualBoard& board, const BurstLoad& load,
                                     std::string_view rail) {
  for (const VirtualChipSetup& chip : board.chips) {
    for (const VirtualRail& of_chip : chip.rails) {
      if (of_chip.name == rail) return of_chip.idle + of_chip.load_share * load.mean();
    }
  }
  return std::nullopt;
}

std::unique_ptr<Sensor> open_virtual_sensor(const VirtualBoard& board, const BurstLoad& load,
                                            std::uint64_t seed, std::function<Instant()> now) {
  return std::make_unique<VirtualSensor>(board, load, seed, std::move(now));
}

Board describe_virtual_board(const VirtualBoard& board) {
  Board described;
  described.name = fmt::format("virtual {}", board.title);
  described.module = board.module;
  described.soc = board.soc;
  described.is_known = true;
  described.is_virtual = true;
  Total total;
  total.name = "total";
  total.rails.assign(board.total.begin(), board.total.end());
  total.why = "the virtual board's total";
  described.totals.push_back(std::move(total));
  return described;
}

}  // namespace layerwatt
