#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/typing.h>

#include <optional>
#include <utility>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/result.h"
#include "layerwatt/experiment/region_result.h"

namespace layerwatt::python {

namespace nb = nanobind;

/// What is handed over as dict[str, Any], and lists and tuples of anything.
using Dict = nb::typed<nb::dict, nb::str, nb::any>;
using Dicts = nb::typed<nb::list, Dict>;

/// Raises the exception of the error's kind (layerwatt/_errors.py), with its text, file and line.
[[noreturn]] void raise(const Error& error);

/// The value, or the exception.
template <class T>
T or_raise(Result<T>&& result) {
  if (!result) raise(result.error());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// An Arrow stream of one batch, a row a layer, as a capsule "arrow_array_stream".
nb::object arrow_stream_of(const LayerProfile& profile);

/// (value, low, high) in joules, bounds None where there is no interval; None where it is not
/// known.
nb::object estimate_of(const std::optional<Estimate<Joules>>& energy);
/// A region as layerwatt/_measure.py takes it.
nb::dict region_of(const RegionResult& region);

void bind_joining(nb::module_& module);
void bind_profiles(nb::module_& module);
void bind_recordings(nb::module_& module);
void bind_sensors(nb::module_& module);
void bind_regions(nb::module_& module);
void bind_measuring(nb::module_& module);

}  // namespace layerwatt::python
