#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>

#include "layerwatt/dataset/engine_info.h"
#include "layerwatt/dataset/raw_dataset.h"
#include "layerwatt/dataset/run_file.h"

#include "bindings.h"

namespace layerwatt::python {
namespace {

nb::dict rail_of(const Rail& rail) {
  nb::dict out;
  out["name"] = rail.name;
  out["sensor"] = rail.sensor;
  out["coverage"] = rail.coverage;
  out["virtual"] = rail.is_virtual;
  return out;
}

/// Of a recording of layerwatt's own; of others, which have no run.json, the files alone.
nb::dict describe(const RawModel& model) {
  nb::dict out;
  out["name"] = model.name;
  out["folder"] = model.folder.string();
  out["power_npy"] = model.power_npy.string();
  out["timeline_npy"] = model.timeline_npy.string();
  out["power_log"] = model.power_log.string();
  out["notes"] = model.notes;
  nb::list rails;
  nb::list layers;
  out["virtual"] = false;
  out["partial"] = false;
  out["engine"] = "";
  out["schedule"] = "whole";
  out["total"] = nb::make_tuple();
  if (!model.run_file.empty()) {
    const RunFile run = or_raise(read_run_file(model.run_file));
    for (const Rail& rail : run.rails) rails.append(rail_of(rail));
    out["virtual"] = run.is_virtual;
    out["partial"] = run.is_partial;
    out["engine"] = run.engine;
    out["schedule"] = std::string(to_string(run.schedule));
    out["total"] = nb::tuple(nb::cast(run.total_rails));
    out["notes"] = run.notes;
  }
  if (!model.engine_info.empty()) {
    const EngineInfo info = or_raise(read_engine_info(model.engine_info));
    for (const Layer& layer : info.layers) layers.append(layer.name);
  }
  out["rails"] = rails;
  out["layers"] = layers;
  return out;
}

}  // namespace

void bind_recordings(nb::module_& m) {
  m.def(
      "describe",
      [](const std::string& folder) -> Dicts {
        const RawDataset dataset = or_raise(find_raw_dataset(folder));
        nb::list models;
        for (const RawModel& model : dataset.models) models.append(describe(model));
        return models;
      },
      nb::arg("folder"), "The recordings of a raw dataset, or the one whose folder it is.");
}

}  // namespace layerwatt::python
