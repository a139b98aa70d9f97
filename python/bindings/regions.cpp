#include <nanobind/stl/string.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "layerwatt/markers.h"
#include "layerwatt/recording/marker_ring.h"

#include "bindings.h"

namespace layerwatt::python {
namespace {

/// This process's ring, for as long as it lives: that of `layerwatt run --markers` around it, or
/// one of its own, which its children and other libraries find in the environment too.
std::string open_ring() {
  static std::unique_ptr<MarkerRing> own;
  if (!lw_markers_ready()) {
    own = std::make_unique<MarkerRing>(or_raise(MarkerRing::create()));
    ::setenv(LW_MARKERS_VARIABLE, own->path().c_str(), 1);
    __atomic_store_n(&lw_markers_of_process.state, 0U, __ATOMIC_RELEASE);
    if (!lw_markers_ready()) {
      raise(Error(ErrorCode::kInternal, "cannot open the file for marks of regions"));
    }
  }
  const char* path = std::getenv(LW_MARKERS_VARIABLE);
  return path == nullptr ? std::string() : std::string(path);
}

}  // namespace

void bind_regions(nb::module_& m) {
  m.def("open_ring", &open_ring);
  m.def("ring_is_open", [] { return lw_markers_ready() != 0; });
  m.def(
      "region_id", [](const char* name) { return lw_region_id(name); }, nb::arg("name"));
  m.def("new_lane", [] { return lw_new_lane(); });
  m.def(
      "begin", [](std::uint32_t id) { lw_region_begin(id); }, nb::arg("id"));
  m.def(
      "end", [](std::uint32_t id) { lw_region_end(id); }, nb::arg("id"));
  m.def(
      "begin_in", [](std::uint32_t lane, std::uint32_t id) { lw_region_begin_in(lane, id); },
      nb::arg("lane"), nb::arg("id"));
  m.def(
      "end_in", [](std::uint32_t lane, std::uint32_t id) { lw_region_end_in(lane, id); },
      nb::arg("lane"), nb::arg("id"));
}

}  // namespace layerwatt::python
