#include "layerwatt/analysis/precision_watch.h"

#include <array>
#include <cstring>
#include <utility>

namespace layerwatt {

PrecisionWatch::PrecisionWatch(const Settings& settings)
    : settings_(settings),
      precision_(settings.layers, settings.time_constant),
      stretches_(settings.in_total.size()) {}

void PrecisionWatch::begin_stretch() { stretches_.assign(settings_.in_total.size(), Stretch()); }

void PrecisionWatch::Stretch::add(const Reading& reading) {
  if (reading.energy_uj != kNoValue64) {
    if (!first_energy) first_energy = reading;
    last_energy = reading;
  } else if (const auto power = power_of(reading)) {
    sum += *power;
    ++samples;
  }
}

std::optional<Watts> PrecisionWatch::Stretch::mean() const {
  if (samples > 0) return sum / static_cast<double>(samples);
  if (!first_energy || last_energy->after <= first_energy->after) return std::nullopt;
  const auto rise = static_cast<double>(last_energy->energy_uj - first_energy->energy_uj);
  return microjoules(rise) / (last_energy->after - first_energy->after);
}

std::optional<Watts> PrecisionWatch::total_mean() const {
  Watts sum(0.0);
  for (std::size_t rail = 0; rail < stretches_.size(); ++rail) {
    if (!settings_.in_total[rail]) continue;
    const auto mean = stretches_[rail].mean();
    if (!mean) return std::nullopt;
    sum += *mean;
  }
  return sum;
}

void PrecisionWatch::add_block(std::span<const Execution> executions) {
  if (executions.empty()) return;
  Block block;
  // From the end of the block before: what lies between belongs to it. The newest block stays in
  // the queue until another follows.
  block.begin = blocks_.empty() ? executions.front().start : blocks_.back().end;
  block.end = executions.back().end;
  block.run_time.assign(settings_.layers, Duration(0));
  for (const Execution& e : executions) {
    if (e.segment >= 0) block.run_time[static_cast<std::size_t>(e.segment)] += e.end - e.start;
  }
  blocks_.push_back(std::move(block));
}

void PrecisionWatch::close_block(const Block& block) {
  const auto mean = total_mean();
  if (!mean) return begin_stretch();
  // Without an idle stretch before the run (--idle-lead 0) powers are taken with idle power.
  if (!idle_) idle_ = Watts(0.0);
  precision_.add_block(block.run_time, block.end - block.begin, *mean - *idle_);
  begin_stretch();
}

void PrecisionWatch::take(const PowerRecord& record) {
  const Reading reading = reading_of(record);
  if (reading.status != ReadStatus::kOk || record.rail < 0) return;
  const auto rail = static_cast<std::size_t>(record.rail);
  if (rail >= stretches_.size()) return;
  const Instant when = reading.before + (reading.after - reading.before) / 2;
  while (!blocks_.empty()) {
    if (!in_block_) {
      if (when < blocks_.front().begin) break;
      idle_ = total_mean();
      begin_stretch();
      in_block_ = true;
    }
    if (when < blocks_.front().end) break;
    close_block(blocks_.front());
    blocks_.pop_front();
  }
  stretches_[rail].add(reading);
}

void PrecisionWatch::read_on() {
  if (!file_.is_open()) {
    file_.open(settings_.power_npy, std::ios::binary);
    if (!file_) return;
    std::array<char, kNpyHeaderLimit> head;
    file_.read(head.data(), head.size());
    const auto got = static_cast<std::size_t>(file_.gcount());
    const auto header = parse_npy_header(std::as_bytes(std::span(head.data(), got)));
    // Our own recorder writes it, in this layout.
    if (!header || header->record_size != sizeof(PowerRecord)) {
      file_.close();
      return;
    }
    offset_ = static_cast<std::streamoff>(header->data_offset);
  }
  // Only up to the newest block: what comes after belongs to blocks that are not known yet.
  for (;;) {
    file_.clear();
    file_.seekg(offset_);
    std::array<char, sizeof(PowerRecord) * 512> bytes;
    file_.read(bytes.data(), bytes.size());
    const std::size_t records = static_cast<std::size_t>(file_.gcount()) / sizeof(PowerRecord);
    for (std::size_t i = 0; i < records; ++i) {
      PowerRecord record;
      std::memcpy(&record, bytes.data() + i * sizeof(PowerRecord), sizeof(PowerRecord));
      if (blocks_.empty() || instant_from_ns(record.before_ns) >= blocks_.back().end) return;
      take(record);
      offset_ += static_cast<std::streamoff>(sizeof(PowerRecord));
    }
    if (records < 512) return;
  }
}

bool PrecisionWatch::reached() {
  const std::size_t before = blocks_.size();
  read_on();
  if (blocks_.size() != before) estimate_ = precision_.relative_half_width();
  return estimate_ && *estimate_ <= settings_.target;
}

}  // namespace layerwatt
