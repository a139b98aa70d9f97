#include "layerwatt/simulation/virtual_chip.h"

#include <algorithm>
#include <cmath>

#include "layerwatt/core/power_chips.h"

namespace layerwatt {
namespace {

constexpr double kMicroohmsPerOhm = 1e6;

/// Noise of one conversion relative to that of 140 µs: ±20 µV there, ±10 µV at 332 µs, small at
/// 1.1 ms (SBOS576B, read off its figure), which (140 µs / t)^0.75 follows.
double noise_factor(Duration conversion_time) {
  const double ratio = 140.0 / to_microseconds(conversion_time);
  return std::sqrt(ratio * std::sqrt(ratio));
}

std::int64_t nearest(double x) { return static_cast<std::int64_t>(std::floor(x + 0.5)); }

/// As the kernel's DIV_ROUND_CLOSEST: halves away from zero.
std::int64_t divide_to_nearest(std::int64_t numerator, std::int64_t denominator) {
  const std::int64_t half = denominator / 2;
  return numerator >= 0 ? (numerator + half) / denominator : (numerator - half) / denominator;
}

}  // namespace

FilteredLoad::FilteredLoad(Duration time_constant, double now_ns)
    : tau_(static_cast<double>(time_constant.count())), now_(now_ns) {}

void FilteredLoad::advance(double t_ns) {
  const double dt = t_ns - now_;
  if (dt <= 0.0) return;
  now_ = t_ns;
  raw_energy_ += level_ * dt;
  filtered_ = tau_ > 0.0 ? level_ + (filtered_ - level_) * std::exp(-dt / tau_) : level_;
}

double FilteredLoad::take_energy() {
  const double energy = raw_energy_ - tau_ * (filtered_ - filtered_at_take_);
  raw_energy_ = 0.0;
  filtered_at_take_ = filtered_;
  return energy;
}

VirtualChip::VirtualChip(const VirtualChipSetup& setup, const VirtualSpecimen& specimen,
                         std::uint64_t seed, Instant start)
    : setup_(setup),
      specimen_(specimen),
      noise_(seed, "noise"),
      oscillator_(seed, "oscillator"),
      // The drift belongs to the board, not to the chip: all chips get the same seed for it.
      drift_(specimen.drift, specimen.drift_seed, start),
      load_(specimen.board_low_pass, 0.0),
      start_(start),
      rate_error_(specimen.oscillator_error),
      phases_(setup.kind == PowerChipKind::kIna238
                  ? ina238::kConversionsPerCycle
                  : ina3221::kConversionsPerChannel * static_cast<int>(setup.rails.size())) {
  const bool block = setup.kind == PowerChipKind::kIna238;
  const double factor = noise_factor(setup.conversion_time) * specimen.noise_scale;
  shunt_noise_ = (block ? 5e-6 : 20e-6) * factor;
  bus_noise_ = (block ? 1e-3 : 2e-3) * factor;
  const int done =
      block ? static_cast<int>(oscillator_.below(static_cast<std::uint64_t>(setup.average_count)))
            : 0;
  for (const VirtualRail& rail : setup.rails) {
    Channel channel;
    channel.shunt_volts =
        rail.idle.value() / rail.bus.value() * rail.shunt.value() + specimen.shunt_offset.value();
    channel.bus_volts = rail.bus.value();
    channel.single_shunt_volts = channel.shunt_volts;
    channel.shunt_sum = channel.shunt_volts * done;
    channel.bus_sum = channel.bus_volts * done;
    channels_.push_back(channel);
  }
  block_count_ = done;
  add_up();
  cycle_start_ = -oscillator_.uniform() * cycle_ns();
  load_ = FilteredLoad(specimen.board_low_pass, cycle_start_);
  phase_length_ = cycle_ns() / phases_;
  phase_end_ = cycle_start_ + phase_length_;
}

double VirtualChip::cycle_ns() const {
  return static_cast<double>(conversion_cycle(setup_).count()) * (1.0 + rate_error_);
}

Instant VirtualChip::cycle_start() const { return start_ + Duration(nearest(cycle_start_)); }

Instant VirtualChip::next_shunt_end(std::size_t index) const {
  const int phase = 2 * static_cast<int>(index);
  const int ahead = phase >= phase_ ? phase - phase_ : phase - phase_ + phases_;
  return start_ + Duration(nearest(std::ceil(phase_end_ + ahead * phase_length_)));
}

void VirtualChip::run_until(Instant t, std::span<const LoadStep> steps) {
  const double until = static_cast<double>((t - start_).count());
  auto step = steps.begin();
  const auto take_steps = [&](double limit) {
    for (; step != steps.end(); ++step) {
      const double at = static_cast<double>((step->at - start_).count());
      if (at > limit) return;
      load_.advance(at);
      load_.set_level(step->watts);
    }
  };
  while (phase_end_ <= until) {
    take_steps(phase_end_);
    load_.advance(phase_end_);
    finish_phase();
  }
  take_steps(until);
  load_.advance(until);
}

void VirtualChip::finish_phase() {
  const double mean_load = load_.take_energy() / phase_length_;
  const auto channel = static_cast<std::size_t>(phase_ / 2);
  if (channel < channels_.size()) {
    if (phase_ % 2 == 0) {
      convert_shunt(channel, mean_load);
    } else {
      convert_bus(channel);
    }
  }
  if (++phase_ == phases_) begin_cycle();
  phase_end_ += phase_length_;
}

void VirtualChip::begin_cycle() {
  phase_ = 0;
  ++cycles_;
  cycle_start_ = phase_end_;
  const double seconds = phase_length_ * phases_ * 1e-9;
  rate_error_ += specimen_.oscillator_drift_per_second * seconds;
  if (specimen_.oscillator_walk > 0.0) {
    rate_error_ += specimen_.oscillator_walk * std::sqrt(seconds) * oscillator_.gaussian();
  }
  phase_length_ = cycle_ns() / phases_;
  if (setup_.kind != PowerChipKind::kIna238 || ++block_count_ < setup_.average_count) return;
  // The INA238 shows new values only when all averages of all quantities are done.
  for (Channel& channel : channels_) {
    channel.shunt_volts = channel.shunt_sum / setup_.average_count;
    channel.bus_volts = channel.bus_sum / setup_.average_count;
    channel.shunt_sum = 0.0;
    channel.bus_sum = 0.0;
  }
  block_count_ = 0;
}

void VirtualChip::convert_shunt(std::size_t index, double mean_load) {
  const VirtualRail& rail = setup_.rails[index];
  const Instant middle = start_ + Duration(nearest(phase_end_ - 0.5 * phase_length_));
  const double above_idle = mean_load + drift_.watts_at(middle);
  const double watts = rail.idle.value() + rail.load_share * above_idle;
  const double volts = watts / rail.bus.value() * rail.shunt.value() +
                       specimen_.shunt_offset.value() + shunt_noise_ * noise_.gaussian();
  channels_[index].single_shunt_volts = volts;
  average(channels_[index].shunt_volts, channels_[index].shunt_sum, volts);
  if (index + 1 == setup_.summed_rails) add_up();
}

void VirtualChip::add_up() {
  summed_steps_ = 0;
  for (std::size_t i = 0; i < setup_.summed_rails; ++i) {
    summed_steps_ += nearest(channels_[i].single_shunt_volts / ina3221::kShuntStep.value());
  }
}

VirtualSum VirtualChip::sum() const {
  constexpr std::int64_t kMicrovoltsPerStep = 40;
  const auto microohms = nearest(setup_.rails.front().shunt.value() * kMicroohmsPerOhm);
  return {summed_steps_ * kMicrovoltsPerStep,
          static_cast<std::int32_t>(divide_to_nearest(summed_steps_ * 40'000, microohms))};
}

void VirtualChip::convert_bus(std::size_t index) {
  const double volts = setup_.rails[index].bus.value() + bus_noise_ * noise_.gaussian();
  average(channels_[index].bus_volts, channels_[index].bus_sum, volts);
}

void VirtualChip::average(double& shown, double& sum, double value) const {
  if (setup_.kind == PowerChipKind::kIna238) {
    sum += value;
  } else {
    shown += (value - shown) / setup_.average_count;
  }
}

VirtualRegisters VirtualChip::registers(std::size_t index) const {
  const Channel& channel = channels_[index];
  const auto microohms = nearest(setup_.rails[index].shunt.value() * kMicroohmsPerOhm);
  VirtualRegisters shown;
  if (setup_.kind == PowerChipKind::kIna238) {
    const std::int64_t shunt = nearest(channel.shunt_volts / ina238::kShuntStep.value());
    const std::int64_t bus = nearest(channel.bus_volts / ina238::kBusStep.value());
    shown.millivolts = static_cast<std::int32_t>(divide_to_nearest(bus * 3125, 1000));
    shown.milliamperes =
        static_cast<std::int32_t>(divide_to_nearest(shunt * 5'000'000, microohms) / 1000);
    // Volts in steps of 3125 µV times amperes in steps of 5 µV / R; clamped to 0 by the driver.
    const double watts = static_cast<double>(bus) * ina238::kBusStep.value() *
                         static_cast<double>(shunt) * ina238::kShuntStep.value() /
                         setup_.rails[index].shunt.value();
    shown.microwatts = std::max<std::int64_t>(0, nearest(watts * 1e6));
    return shown;
  }
  const std::int64_t shunt = nearest(channel.shunt_volts / ina3221::kShuntStep.value());
  const std::int64_t bus = nearest(channel.bus_volts / ina3221::kBusStep.value());
  shown.millivolts = static_cast<std::int32_t>(bus * 8);
  shown.milliamperes = static_cast<std::int32_t>(divide_to_nearest(shunt * 40'000, microohms));
  // JetPack 4 multiplies what it shows and drops the rest.
  shown.microwatts = static_cast<std::int64_t>(shown.millivolts) * shown.milliamperes / 1000 * 1000;
  return shown;
}

}  // namespace layerwatt
