#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/profile_file.h"

#include "dataset/text/csv.h"

namespace layerwatt {
namespace {

template <class Q>
std::string fields_of(const std::optional<Estimate<Q>>& e) {
  const auto text = [](const std::optional<Q>& q) {
    return q ? format_shortest(q->value()) : std::string();
  };
  if (!e) return ",,";
  return format_shortest(e->value.value()) + ',' + text(e->low) + ',' + text(e->high);
}

template <class T>
std::string integer(const std::optional<T>& value) {
  return value ? std::to_string(*value) : std::string();
}

}  // namespace

void write_profile_csv(std::ostream& out, const LayerProfile& profile) {
  out << "layer_index,layer_name,layer_type,parameter_type,status,group,run_count,"
         "median_run_time_second,mean_run_time_second,p95_run_time_second,power_watt,"
         "power_low_watt,power_high_watt,energy_joule,energy_low_joule,energy_high_joule,share,"
         "sample_count,window_power_watt,isolated_mean_run_time_second,isolated_energy_joule,"
         "virtual,reason\n";
  for (std::size_t i = 0; i < profile.rows.size(); ++i) {
    const LayerProfileRow& row = profile.rows[i];
    out << i << ',' << csv_field(row.layer.name) << ',' << csv_field(row.layer.type) << ','
        << csv_field(row.layer.parameter_type) << ',' << to_string(row.status) << ','
        << (row.group >= 0 ? std::to_string(row.group) : "") << ',' << row.run_time.count << ','
        << format_shortest(to_seconds(row.run_time.median)) << ','
        << format_shortest(to_seconds(row.run_time.mean)) << ','
        << format_shortest(to_seconds(row.run_time.p95)) << ',' << fields_of(row.power) << ','
        << fields_of(row.energy) << ',' << (row.share ? format_shortest(*row.share) : "") << ','
        << integer(row.sample_count) << ','
        << (row.window_power ? format_shortest(row.window_power->value()) : "") << ','
        << (row.isolated_run_time ? format_shortest(to_seconds(row.isolated_run_time->mean)) : "")
        << ',' << (row.isolated_energy ? format_shortest(row.isolated_energy->value.value()) : "")
        << ',' << (profile.is_virtual ? "true" : "false") << ',' << csv_field(row.reason) << '\n';
  }
}

}  // namespace layerwatt
