#pragma once

#include <cstdint>
#include <span>

#include "layerwatt/core/layer.h"
#include "layerwatt/simulation/virtual_board.h"
#include "layerwatt/simulation/virtual_chip.h"
#include "layerwatt/simulation/virtual_load.h"

namespace layerwatt {

/// Powers that a virtual board gives to the layers of a network, the same for the same layers,
/// board and seed: within the board's range, higher for convolutions and dense layers than for
/// element-wise ones, higher with FLOPs per byte, and a part that depends on the seed and the
/// layer's place alone. Repeats draw up to 8 % less or more than first executions (warm caches).
LayerPowers virtual_layer_powers(std::span<const Layer> layers, const VirtualBoard& board,
                                 std::uint64_t seed);

/// A specimen of the board: oscillator within ±6 %, low-pass within ±40 % of the board's, slow
/// drift of idle power and oscillator.
VirtualSpecimen draw_specimen(const VirtualBoard& board, std::uint64_t seed);

}  // namespace layerwatt
