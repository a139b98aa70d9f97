#pragma once

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/result.h"
#include "layerwatt/engines/tensorrt.h"
#include "layerwatt/engines/trtexec_program.h"
#include "layerwatt/experiment/measure.h"

namespace layerwatt {

/// measure_network() with TensorRT driven through trtexec, in processes of their own: one builds
/// the engine (unless the cache has it, or `options.network.model` is a serialised engine), one
/// runs it under the layer profiler, and one, alone recorded, runs the timed passes. Before its
/// first pass trtexec holds still, so that the recording shows idle, load and nothing else.
///
/// The timeline is rebuilt from pass times and layer averages, which the notes of the outcome say.
/// Every pass that ran is in it; the first `plan.warmup` of them are in no latency. A person who
/// stops it leaves nothing: trtexec tells its times at its end alone.
///
/// Under `isolated` each layer is an engine of its own (TrtexecSegments), built once and kept in
/// the cache, and runs alone in a process of its own, on what ONNX Runtime computes that it gets in
/// the network. Layers that ran are kept where a person stops.
///
/// `weighing` runs these engines, of ranges of layers and of the whole network too, in blocks of
/// some seconds (engine_blocks.h).
///
/// Errors beside those of measure_network(): kInvalidArgument for pauses and for a precision;
/// kUnsupported with trtexec's own words where it fails, and kParse where its exports
/// are cut short.
Result<Measurement> measure_with_trtexec(const TrtexecProgram& program, const TensorRtBuild& build,
                                         const MeasureOptions& options, Cancellation& cancellation,
                                         MeasureObserver& observer);

}  // namespace layerwatt
