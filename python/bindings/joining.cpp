#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "layerwatt/core/local_time.h"
#include "layerwatt/experiment/join_spans.h"
#include "layerwatt/experiment/power_beside.h"

#include "bindings.h"

namespace layerwatt::python {
namespace {

/// Name, group, and begin and end in nanoseconds since 1970 UTC.
using Span = std::tuple<std::string, std::int64_t, std::int64_t, std::int64_t>;

struct Joining {
  std::string name;
  std::vector<Span> spans;
  std::string power;
  std::string rail;
  double utc_offset_second = 0.0;
  std::optional<std::string> begin;
  std::optional<double> idle_power_watt;
  bool is_all_that_ran = true;
  std::string apart;
  std::string result_dir;
  std::string existing;
};

JoinOptions options_of(const Joining& joining) {
  JoinOptions options;
  options.name = joining.name;
  for (const auto& [name, group, start_ns, end_ns] : joining.spans) {
    options.spans.push_back({name, group, start_ns, end_ns});
  }
  options.power.path = joining.power;
  options.power.rail = joining.rail;
  options.power.utc_offset = from_seconds(joining.utc_offset_second);
  if (joining.begin) {
    options.power.begin = parse_local_stamp(*joining.begin);
    if (!options.power.begin) {
      raise(Error(ErrorCode::kInvalidArgument,
                  "power_begin is to be YYYYMMDD-HH:MM:SS[.ffffff], not '" + *joining.begin + "'"));
    }
  }
  if (joining.idle_power_watt) options.idle_power = watts(*joining.idle_power_watt);
  options.is_all_that_ran = joining.is_all_that_ran;
  options.apart = joining.apart;
  options.result_dir = joining.result_dir;
  options.existing = joining.existing == "replace"  ? ExistingResult::kReplace
                     : joining.existing == "number" ? ExistingResult::kNumber
                                                    : ExistingResult::kRefuse;
  return options;
}

Dict join(const Joining& joining) {
  const JoinOptions options = options_of(joining);
  auto result = [&] {
    const nb::gil_scoped_release others;
    return join_spans(options);
  }();
  const JoinedSpans joined = or_raise(std::move(result));
  nb::dict out;
  out["folder"] = joined.folder.string();
  out["virtual"] = joined.profile.is_virtual;
  out["partial_reason"] = "";
  out["notes"] = joined.notes;
  out["profile"] = nb::cast(joined.profile);
  nb::list regions;
  for (const RegionResult& region : joined.regions) regions.append(region_of(region));
  out["regions"] = regions;
  nb::list busy;
  for (const StretchEnergy& stretch : joined.busy) {
    nb::dict one;
    one["name"] = stretch.name;
    one["time_second"] = to_seconds(stretch.time);
    one["reason"] = stretch.reason;
    one["energy_joule"] = estimate_of(stretch.energy);
    busy.append(one);
  }
  out["busy"] = busy;
  out["groups"] = joined.groups;
  return out;
}

}  // namespace

void bind_joining(nb::module_& m) {
  nb::class_<Joining>(m, "Joining", "What ran, by the wall clock, and the power beside it.")
      .def(nb::init<>())
      .def_rw("name", &Joining::name)
      .def_rw("spans", &Joining::spans)
      .def_rw("power", &Joining::power)
      .def_rw("rail", &Joining::rail)
      .def_rw("utc_offset_second", &Joining::utc_offset_second)
      .def_rw("begin", &Joining::begin)
      .def_rw("idle_power_watt", &Joining::idle_power_watt)
      .def_rw("is_all_that_ran", &Joining::is_all_that_ran)
      .def_rw("apart", &Joining::apart)
      .def_rw("result_dir", &Joining::result_dir)
      .def_rw("existing", &Joining::existing);
  m.def("join_spans", &join, nb::arg("joining"));
}

}  // namespace layerwatt::python
