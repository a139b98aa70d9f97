#include "property/bent_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <regex>

#include "layerwatt/core/local_time.h"
#include "layerwatt/dataset/power_log.h"

namespace layerwatt::testing {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
  Lines lines;
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t end = std::min(text.find('\n', from), text.size() - 1);
    lines.push_back(text.substr(from, end - from + 1));
    from = end + 1;
  }
  return lines;
}

std::string joined(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

std::size_t some(const Lines& lines, Random& random) {
  return static_cast<std::size_t>(random.below(lines.size()));
}

void shift(Lines& lines, std::size_t first, Duration by) {
  for (std::size_t k = first; k < lines.size(); ++k) {
    const auto stamp = parse_local_stamp(std::string_view(lines[k]).substr(0, kLocalStampLength));
    if (stamp) lines[k].replace(0, kLocalStampLength, format_local_stamp(*stamp + by));
  }
}

void swap_lines(Lines& lines, Random& random) {
  if (random.uniform() < 0.5) {
    std::swap(lines[some(lines, random)], lines[some(lines, random)]);
    return;
  }
  std::rotate(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(some(lines, random)),
              lines.end());
}

void add_garbage(Lines& lines, Random& random) {
  std::string garbage;
  const std::uint64_t length = 1 + random.below(200);
  for (std::uint64_t i = 0; i < length; ++i) {
    garbage += static_cast<char>(random.below(256));
  }
  lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(some(lines, random)), garbage + "\n");
}

void odd_number(Lines& lines, Random& random) {
  constexpr std::array<std::string_view, 7> kOdd = {"nan", "inf", "1e300", "0x10",
                                                    "",    "-0",  "1e-320"};
  std::string& line = lines[some(lines, random)];
  const std::size_t last = line.rfind(',');
  line = line.substr(0, last + 1) + std::string(kOdd[random.below(kOdd.size())]) + "\n";
}

void coarse(Lines& lines, int digits) {
  for (std::string& line : lines) {
    for (int i = 0; i < digits; ++i)
      line[static_cast<std::size_t>(kLocalStampLength - 1 - i)] = '0';
  }
}

}  // namespace

std::string_view to_string(FileBend bend) {
  switch (bend) {
    case FileBend::kLogCut:
      return "log cut";
    case FileBend::kLogEmpty:
      return "log nearly empty";
    case FileBend::kLogBeginsLate:
      return "log begins late";
    case FileBend::kLogEndsEarly:
      return "log ends early";
    case FileBend::kLinesSwapped:
      return "lines in wrong order";
    case FileBend::kGarbage:
      return "garbage in the log";
    case FileBend::kOddNumbers:
      return "odd numbers";
    case FileBend::kFarAhead:
      return "clock set far ahead";
    case FileBend::kTimeZone:
      return "another time zone";
    case FileBend::kCoarseStamps:
      return "coarse stamps";
    case FileBend::kTwoLogs:
      return "two logs in one";
    case FileBend::kLatencyCut:
      return "latencies cut";
    case FileBend::kLatencyUnits:
      return "latencies of another unit";
  }
  std::abort();
}

std::string log_text(const PowerTrace& trace) {
  const ClockMap clock = ClockMap::identity();
  std::string text;
  for (std::size_t k = 0; k < trace.size(); ++k) {
    text += format_power_log_line(clock.to_local(trace.before[k]), in_millivolts(trace.voltage[k]),
                                  in_milliamperes(trace.current[k]));
  }
  return text;
}

std::string bend_log(std::string log, FileBend bend, Random& random) {
  Lines lines = lines_of(log);
  if (lines.empty()) return log;
  const auto count = static_cast<double>(lines.size());
  switch (bend) {
    case FileBend::kLogCut:
      log.resize(static_cast<std::size_t>(random.uniform() * static_cast<double>(log.size())));
      return log;
    case FileBend::kLogEmpty:
      lines.resize(static_cast<std::size_t>(random.below(12)));
      break;
    case FileBend::kLogBeginsLate:
      lines.erase(lines.begin(),
                  lines.begin() + static_cast<std::ptrdiff_t>(count * random.uniform(0.3, 0.95)));
      break;
    case FileBend::kLogEndsEarly:
      lines.resize(static_cast<std::size_t>(count * random.uniform(0.05, 0.7)));
      break;
    case FileBend::kLinesSwapped:
      swap_lines(lines, random);
      break;
    case FileBend::kGarbage:
      add_garbage(lines, random);
      break;
    case FileBend::kOddNumbers:
      odd_number(lines, random);
      break;
    case FileBend::kFarAhead:
      shift(lines, some(lines, random),
            random.uniform() < 0.5 ? std::chrono::hours(24) : std::chrono::hours(24 * 365));
      break;
    case FileBend::kTimeZone:
      shift(lines, 0, std::chrono::hours(random.uniform() < 0.5 ? -5 : 1));
      break;
    case FileBend::kCoarseStamps:
      coarse(lines, random.uniform() < 0.5 ? 4 : 5);
      break;
    case FileBend::kTwoLogs:
      return log + log;
    case FileBend::kLatencyCut:
    case FileBend::kLatencyUnits:
      return log;
  }
  return joined(lines);
}

std::string bend_latency(std::string json, FileBend bend, Random& random) {
  if (bend == FileBend::kLatencyCut) {
    json.resize(static_cast<std::size_t>(random.uniform() * static_cast<double>(json.size())));
    return json;
  }
  if (bend != FileBend::kLatencyUnits) return json;
  // [milliseconds, "stamp"]: the numbers are what precedes a stamp.
  const double factor = random.uniform() < 0.5 ? 1e3 : 1e-3;
  static const std::regex kNumber(R"(([0-9.eE+-]+)(,\s*"))");
  std::string bent;
  auto from = json.cbegin();
  for (std::sregex_iterator at(json.begin(), json.end(), kNumber), end; at != end; ++at) {
    bent.append(from, (*at)[1].first);
    bent += fmt::format("{:.9g}", factor * std::strtod((*at)[1].str().c_str(), nullptr));
    bent.append((*at)[2].first, (*at)[2].second);
    from = (*at)[0].second;
  }
  bent.append(from, json.cend());
  return bent;
}

}  // namespace layerwatt::testing
