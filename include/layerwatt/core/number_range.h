#pragma once

#include <string>
#include <string_view>

namespace layerwatt {

/// What the number of an option may be. `nan` and `inf` are never in a range.
struct NumberRange {
  double least;
  double most;
  bool is_whole = false;
};

/// The one table of ranges, by what is counted or measured; every option that takes a number names
/// a row of it, whatever floor declares it. tests/cli/number_options_test.cpp finds those that do
/// not.
namespace ranges {

/// Passes, runs, samples: a run of a billion passes of 0.1 ms takes a day.
inline constexpr NumberRange kCount{1, 1e9, true};
inline constexpr NumberRange kCountOrNone{0, 1e9, true};
/// Conversions that a chip averages: the INA3221 and the INA238 go up to 1024.
inline constexpr NumberRange kAverages{1, 1024, true};
inline constexpr NumberRange kCpu{0, 65'535, true};
inline constexpr NumberRange kPriority{1, 99, true};
/// 0: the engine's choice.
inline constexpr NumberRange kThreads{0, 4096, true};
inline constexpr NumberRange kJobs{1, 256, true};
inline constexpr NumberRange kLayers{1, 100'000, true};
inline constexpr NumberRange kSimulatedLayers{1, 10'000, true};
/// Of a tensor; a batch is one.
inline constexpr NumberRange kDimension{1, 1e9, true};
inline constexpr NumberRange kRepeats{2, 1000, true};
inline constexpr NumberRange kOptimizationLevel{0, 5, true};
inline constexpr NumberRange kDlaCore{0, 255, true};
inline constexpr NumberRange kMebibytes{1, 16'777'216, true};
inline constexpr NumberRange kDescriptor{0, 1'048'576, true};

/// A board, a rack: no more than 100 kW.
inline constexpr NumberRange kWatts{0, 100'000};
inline constexpr NumberRange kBudgetWatts{0.001, 100'000};
/// Of a layer of a virtual board, whose registers end somewhere.
inline constexpr NumberRange kVirtualWatts{0, 1000};
inline constexpr NumberRange kPercent{0, 1000};
/// Above 0 and below 100.
inline constexpr NumberRange kPrecisionPercent{0.0001, 99.99};
inline constexpr NumberRange kPart{0, 1};
inline constexpr NumberRange kJitter{0, 0.2};
inline constexpr NumberRange kRepeatDifference{0, 0.9};
inline constexpr NumberRange kOscillatorError{-0.3, 0.3};

// Durations, in seconds.
inline constexpr NumberRange kDuration{0, 10.0 * 365 * 86'400};
/// From reading to reading; 0: as fast as the bus allows.
inline constexpr NumberRange kPeriod{0, 3600};
inline constexpr NumberRange kInterval{0.001, 3600};
inline constexpr NumberRange kMonitorPeriod{0.0001, 3600};
inline constexpr NumberRange kWatchInterval{0.1, 3600};
inline constexpr NumberRange kPhase{0.1, 600};
inline constexpr NumberRange kSimulated{0.1, 36'000};
// In milliseconds, and in microseconds.
inline constexpr NumberRange kMilliseconds{0, 3'600'000};
inline constexpr NumberRange kIntervalMilliseconds{1, 3'600'000, true};
inline constexpr NumberRange kReadMilliseconds{0.001, 1000};
inline constexpr NumberRange kConversionMicroseconds{1, 100'000};
inline constexpr NumberRange kLowPassMicroseconds{0, 100'000};

}  // namespace ranges

/// "0.1 to 600".
std::string describe(const NumberRange& range);
/// Empty where `text` is a number in the range, else what is wrong with it, in a sentence.
std::string refuse_number(std::string_view text, const NumberRange& range);
/// The same of a duration as parse_duration() takes it ("1.5s"); the range is in seconds.
std::string refuse_duration(std::string_view text, const NumberRange& range = ranges::kDuration);

/// The same of a seed: any whole number of 64 bits, none below 0.
std::string refuse_seed(std::string_view text);

}  // namespace layerwatt
