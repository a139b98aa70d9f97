#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "layerwatt/analysis/map_by_solving.h"
#include "layerwatt/analysis/map_dataset.h"
#include "layerwatt/analysis/sensor_by_hand.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/dataset/profile_columns.h"
#include "layerwatt/dataset/profile_file.h"
#include "layerwatt/dataset/raw_dataset.h"
#include "layerwatt/report/comparison.h"
#include "layerwatt/report/comparison_view.h"

#include "bindings.h"

namespace layerwatt::python {
namespace {

using Profiles = std::vector<LayerProfile>;

nb::object object_of(const ProfileValue& value) {
  return std::visit(
      [](const auto& held) -> nb::object {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::monostate>) {
          return nb::none();
        } else {
          return nb::cast(held);
        }
      },
      value);
}

template <class Q>
nb::object object_of(const std::optional<Estimate<Q>>& estimate) {
  if (!estimate) return nb::none();
  const auto bound = [](const std::optional<Q>& q) -> nb::object {
    return q ? nb::cast(q->value()) : nb::none();
  };
  return nb::make_tuple(estimate->value.value(), bound(estimate->low), bound(estimate->high));
}

std::string json_of(const LayerProfile& profile) {
  std::ostringstream out;
  write_profile_json(out, profile);
  return out.str();
}

std::string csv_of(const LayerProfile& profile) {
  std::ostringstream out;
  write_profile_csv(out, profile);
  return out.str();
}

struct Question {
  std::string method;
  SolveOptions solve;
  std::optional<double> idle_watts;
};

Result<Question> question_of(const std::string& method, std::optional<double> idle_power_watt,
                             std::optional<int> sensor_samples, const std::string& sensor_board) {
  if (method != "solve" && method != "window" && method != "nearest") {
    return Error(ErrorCode::kInvalidArgument,
                 "method is to be 'solve', 'window' or 'nearest', not '" + method + "'");
  }
  Question question;
  question.method = method;
  question.idle_watts = idle_power_watt;
  if (idle_power_watt) question.solve.idle_power = watts(*idle_power_watt);
  SensorByHand by_hand;
  by_hand.samples = sensor_samples;
  by_hand.board = sensor_board;
  if (by_hand.is_given()) {
    auto model = sensor_by_hand(by_hand);
    if (!model) return std::move(model).error();
    question.solve.sensor = *std::move(model);
  }
  return question;
}

/// Maps every model, as `layerwatt map` does.
Result<Profiles> map_all(const std::string& folder, const std::string& result_dir,
                         const Question& question) {
  auto dataset = find_raw_dataset(folder);
  if (!dataset) return std::move(dataset).error();
  Profiles profiles;
  for (const RawModel& model : dataset->models) {
    std::optional<double> idle;
    if (question.method != "solve") {
      if (question.idle_watts) {
        idle = *question.idle_watts * 1e6;
      } else {
        auto known = idle_microwatts_of(*dataset, model);
        if (!known) return std::move(known).error();
        idle = *known;
      }
    }
    auto profile =
        idle ? map_model(model,
                         question.method == "nearest" ? MapMethod::kNearest : MapMethod::kWindow,
                         *idle, result_dir)
             : map_model_by_solving(*dataset, model, question.solve, result_dir);
    if (!profile) return std::move(profile).error();
    profiles.push_back(*std::move(profile));
  }
  return profiles;
}

/// Solves every model, and writes nothing beside what is kept (solve_kept()).
Result<Profiles> solve_all(const std::string& folder, const Question& question) {
  auto dataset = find_raw_dataset(folder);
  if (!dataset) return std::move(dataset).error();
  Profiles profiles;
  for (const RawModel& model : dataset->models) {
    auto profile = solve_model(*dataset, model, question.solve);
    if (!profile) return std::move(profile).error();
    profiles.push_back(*std::move(profile));
  }
  return profiles;
}

Profiles map_profiles(const std::string& folder, const std::string& result_dir,
                      const std::string& method, std::optional<double> idle_power_watt,
                      std::optional<int> sensor_samples, const std::string& sensor_board) {
  const Question question =
      or_raise(question_of(method, idle_power_watt, sensor_samples, sensor_board));
  auto mapped = [&] {
    const nb::gil_scoped_release others;
    return map_all(folder, result_dir, question);
  }();
  return or_raise(std::move(mapped));
}

Profiles solve_profiles(const std::string& folder, std::optional<double> idle_power_watt,
                        std::optional<int> sensor_samples, const std::string& sensor_board) {
  const Question question =
      or_raise(question_of("solve", idle_power_watt, sensor_samples, sensor_board));
  auto solved = [&] {
    const nb::gil_scoped_release others;
    return solve_all(folder, question);
  }();
  return or_raise(std::move(solved));
}

ComparisonView view_of(const LayerProfile& before, const LayerProfile& after,
                       const std::string& before_name, const std::string& after_name) {
  return {before_name, after_name, before, after, compare_profiles(before, after)};
}

}  // namespace

void bind_profiles(nb::module_& m) {
  nb::class_<LayerProfile>(m, "Profile", "What each layer of one run costs.")
      .def_ro("model", &LayerProfile::model)
      .def_ro("method", &LayerProfile::method)
      .def_ro("rail", &LayerProfile::rail)
      .def_ro("virtual", &LayerProfile::is_virtual)
      .def_ro("partial", &LayerProfile::is_partial)
      .def_prop_ro("schedule",
                   [](const LayerProfile& p) { return std::string(to_string(p.schedule)); })
      .def_ro("passes", &LayerProfile::passes)
      .def_ro("samples", &LayerProfile::samples)
      .def_ro("confidence", &LayerProfile::confidence)
      .def_ro("notes", &LayerProfile::notes)
      .def_prop_ro("advice",
                   [](const LayerProfile& p) {
                     return p.identifiability ? p.identifiability->advice
                                              : std::vector<std::string>();
                   })
      .def_ro("sum_check", &LayerProfile::sum_check)
      .def_prop_ro("idle_power_watt", [](const LayerProfile& p) { return object_of(p.idle_power); })
      .def_prop_ro("gap_power_watt", [](const LayerProfile& p) { return object_of(p.gap_power); })
      .def_prop_ro("pass_energy_joule",
                   [](const LayerProfile& p) { return object_of(p.pass_energy); })
      .def_prop_ro("pass_time_second",
                   [](const LayerProfile& p) -> std::optional<double> {
                     if (!p.pass_time) return std::nullopt;
                     return to_seconds(*p.pass_time);
                   })
      .def("__len__", [](const LayerProfile& p) { return p.rows.size(); })
      .def(
          "value",
          [](const LayerProfile& p, std::size_t row, const std::string& column) {
            if (row >= p.rows.size()) throw nb::index_error("no such layer");
            for (const ProfileColumn& c : profile_columns()) {
              if (c.name == column) return object_of(c.get(p, row));
            }
            throw nb::key_error(column.c_str());
          },
          nb::arg("row"), nb::arg("column"), "A cell; None where it is not known.")
      .def("to_json", &json_of, "As layer_profile.json has it.")
      .def("to_csv", &csv_of, "As layer_profile.csv has it.")
      .def(
          "write",
          [](const LayerProfile& p, const std::string& folder) {
            or_raise(write_profile_files(folder, p));
          },
          nb::arg("folder"), "Writes layer_profile.json and .csv into a folder.")
      .def(
          "__arrow_c_stream__",
          [](const LayerProfile& p, const nb::object& /*requested_schema*/) {
            return arrow_stream_of(p);
          },
          nb::arg("requested_schema") = nb::none());
  m.def("profile_columns", [] {
    std::vector<std::string> names;
    for (const ProfileColumn& column : profile_columns()) names.emplace_back(column.name);
    return names;
  });
  m.def(
      "read_profile", [](const std::string& path) { return or_raise(read_profile_json(path)); },
      nb::arg("path"));
  m.def("map", &map_profiles, nb::arg("folder"), nb::arg("result_dir"), nb::arg("method"),
        nb::arg("idle_power_watt") = nb::none(), nb::arg("sensor_samples") = nb::none(),
        nb::arg("sensor_board") = "");
  m.def("solve", &solve_profiles, nb::arg("folder"), nb::arg("idle_power_watt") = nb::none(),
        nb::arg("sensor_samples") = nb::none(), nb::arg("sensor_board") = "");
  m.def(
      "comparison_json",
      [](const LayerProfile& before, const LayerProfile& after, const std::string& before_name,
         const std::string& after_name) {
        std::ostringstream out;
        write_comparison_json(out, view_of(before, after, before_name, after_name));
        return out.str();
      },
      nb::arg("before"), nb::arg("after"), nb::arg("before_name"), nb::arg("after_name"));
  m.def(
      "comparison_text",
      [](const LayerProfile& before, const LayerProfile& after, const std::string& before_name,
         const std::string& after_name, int width) {
        std::ostringstream out;
        TableStyle style;
        style.width = width;
        print_comparison(out, view_of(before, after, before_name, after_name), style);
        return out.str();
      },
      nb::arg("before"), nb::arg("after"), nb::arg("before_name"), nb::arg("after_name"),
      nb::arg("width") = 100);
  m.def(
      "is_worse",
      [](const LayerProfile& before, const LayerProfile& after, double limit) {
        return or_raise(is_worse(compare_profiles(before, after), limit));
      },
      nb::arg("before"), nb::arg("after"), nb::arg("limit"));
}

}  // namespace layerwatt::python
