#include "monitor/exposition/metric_table.h"

#include <array>
#include <utility>

namespace layerwatt {
namespace {

constexpr MetricKind kGauge = MetricKind::kGauge;
constexpr MetricKind kCounter = MetricKind::kCounter;
constexpr MetricKind kInfo = MetricKind::kInfo;

// Names: prometheus.io/docs/practices/naming. Board and rails are two families, because on most
// boards one rail holds others, and a sum over one family must mean something.
constexpr std::array kTable{
    MetricDescription{"jetson_power_total_watts", kGauge, "watts",
                      "Last reading of the board's total, under the name of a published exporter. "
                      "For energy use layerwatt_board_energy_joules_total"},
    MetricDescription{
        "layerwatt_board_power_watts", kGauge, "watts",
        "Last reading of the board's total; layerwatt_board_info says of which rails. "
        "Absent while one of them cannot be read"},
    MetricDescription{"layerwatt_board_energy_joules", kCounter, "joules",
                      "Energy through the rails of the board's total, integrated at the sensor's "
                      "rate; its rate() is the mean power"},
    MetricDescription{"layerwatt_rail_power_watts", kGauge, "watts",
                      "Last reading of a rail. Some rails hold others: do not add them up"},
    MetricDescription{"layerwatt_rail_energy_joules", kCounter, "joules",
                      "Energy through a rail, integrated at the sensor's rate, or its own counter"},
    MetricDescription{"layerwatt_rail_voltage_volts", kGauge, "volts", "Last voltage of a rail"},
    MetricDescription{"layerwatt_rail_current_amperes", kGauge, "amperes",
                      "Last current of a rail; signed, a step below zero at idle is normal"},
    MetricDescription{"layerwatt_rail_up", kGauge, "",
                      "1 while a rail is read, 0 where it vanished, is switched off or fails"},
    MetricDescription{"layerwatt_rail_readings", kCounter, "", "Readings of a rail that succeeded"},
    MetricDescription{"layerwatt_read_errors", kCounter, "",
                      "Readings of a rail that failed: busy, disabled, garbage (no number), "
                      "implausible (beyond what a board can draw), gone (it vanished)"},
    MetricDescription{"layerwatt_unmeasured_seconds", kCounter, "seconds",
                      "Time that is in no joule: the sensor was lost, the machine asleep, or the "
                      "sampler kept from running"},
    MetricDescription{"layerwatt_last_sample_timestamp_seconds", kGauge, "seconds",
                      "Unix time of a rail's last reading"},
    MetricDescription{"layerwatt_sensor_time_constant_seconds", kGauge, "seconds",
                      "Time constant of the averaging through which a rail's readings come"},
    MetricDescription{"layerwatt_sensor", kInfo, "",
                      "What reads a rail, what draws through it, and whether it is in the total"},
    MetricDescription{"layerwatt_board", kInfo, "",
                      "The board, its software, and the rails of its total"},
    MetricDescription{
        "layerwatt_sampler_period_seconds", kGauge, "seconds",
        "From reading to reading as asked for; absent where the sensor sets the pace"},
    MetricDescription{"layerwatt_sampler_ticks", kCounter, "",
                      "Times at which the rails were read"},
    MetricDescription{"layerwatt_sampler_late_ticks", kCounter, "",
                      "Of them, those over a tenth of a period late"},
    MetricDescription{"layerwatt_sampler_lost_ticks", kCounter, "",
                      "Times at which the rails were to be read and were not"},
    MetricDescription{"layerwatt_temperature_celsius", kGauge, "celsius",
                      "Temperature of a thermal zone"},
    MetricDescription{"layerwatt_clock_hertz", kGauge, "hertz",
                      "Present clock of a processor, the GPU or the memory"},
    MetricDescription{"layerwatt_clocks_locked", kGauge, "",
                      "1 where processors and GPU are held at one clock, as jetson_clocks does"},
    MetricDescription{"layerwatt_power_mode", kInfo, "", "Mode of nvpmodel"},
    MetricDescription{"layerwatt_power_budget_watts", kGauge, "watts",
                      "What the board is to draw at most: --power-budget, or the watts in the name "
                      "of the power mode"},
    MetricDescription{"layerwatt_cooling_state", kGauge, "",
                      "How far a cooling device (a fan, or a clock that is held down) is on"},
    MetricDescription{"layerwatt_cooling_max_state", kGauge, "",
                      "The highest state of a cooling device"},
    MetricDescription{"layerwatt_over_current_events", kCounter, "",
                      "Over-current events since the machine began, as the board counts them"},
    MetricDescription{"layerwatt_measurement", kInfo, "",
                      "A measurement of layerwatt that runs on this machine"},
    MetricDescription{"layerwatt_measurement_passes", kCounter, "",
                      "Passes through the network that this measurement has recorded"},
    MetricDescription{"layerwatt_measurement_passes_per_second", kGauge, "",
                      "Passes through the network in a second, over the last seconds"},
    MetricDescription{"layerwatt_measurement_energy_per_inference_joules", kGauge, "joules",
                      "Energy of the board's total by passes, over the last seconds; idle power "
                      "included. Only where a pass is one inference (schedule whole)"},
    MetricDescription{"layerwatt_build", kInfo, "", "Version of layerwatt"},
    MetricDescription{"process_cpu_seconds", kCounter, "seconds",
                      "Processor time of layerwatt serve"},
    MetricDescription{"process_resident_memory_bytes", kGauge, "bytes",
                      "Memory of layerwatt serve"},
    MetricDescription{"process_start_time_seconds", kGauge, "seconds",
                      "Unix time at which layerwatt serve began"},
    MetricDescription{"process_open_fds", kGauge, "", "Open descriptors of layerwatt serve"},
};
static_assert(kTable.size() == static_cast<std::size_t>(Metric::kProcessOpenFds) + 1);

}  // namespace

std::span<const MetricDescription> metric_table() { return kTable; }

const MetricDescription& describe(Metric metric) {
  return kTable[static_cast<std::size_t>(metric)];
}

MetricSet::MetricSet(bool is_virtual) : is_virtual_(is_virtual), families_(kTable.size()) {
  for (std::size_t i = 0; i < kTable.size(); ++i) families_[i].description = &kTable[i];
}

void MetricSet::add(Metric metric, double value, Labels labels) {
  if (is_virtual_) labels.push_back({"virtual", "true"});
  families_[static_cast<std::size_t>(metric)].samples.push_back({std::move(labels), value});
}

void MetricSet::created(Metric metric, double unix_seconds) {
  families_[static_cast<std::size_t>(metric)].created = unix_seconds;
}

}  // namespace layerwatt
