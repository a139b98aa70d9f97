#include "layerwatt/sensors/tegrastats_line.h"

#include <algorithm>
#include <utility>

#include "layerwatt/core/local_time.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/core/plausible.h"

#include "sensors/tegrastats/text_cursor.h"

namespace layerwatt {
namespace {

/// "MB" or "kB" behind a number: kilobytes.
bool take_size(Cursor& c, std::int64_t& kilobytes) {
  std::int64_t value = 0;
  if (!c.take_unsigned(value)) return false;
  if (c.take("MB")) {
    kilobytes = value * 1024;
    return true;
  }
  kilobytes = value;
  return c.take("kB");
}

/// "37.5C", "-256C" in thousandths.
bool take_celsius(Cursor& c, std::int32_t& milli) {
  const bool negative = c.take('-');
  int whole = 0;
  if (!c.take_int(whole) || whole > static_cast<int>(plausible::kMostCelsius)) return false;
  int fraction = 0;
  if (c.take('.')) {
    const char* start = c.position();
    if (!c.take_int(fraction)) return false;
    const auto digits = c.position() - start;
    if (digits > 3) return false;
    for (auto i = digits; i < 3; ++i) fraction *= 10;
  }
  if (!c.take('C')) return false;
  milli = whole * 1000 + fraction;
  if (negative) milli = -milli;
  return true;
}

/// "3056", "5480mW", "125.5mW" in microwatts; digits behind the third of a fraction are dropped.
/// A number beyond all power is damaged.
bool take_power(Cursor& c, TegrastatsLine::Power& power, std::int64_t& microwatts) {
  constexpr auto kMostMilliwatts = static_cast<std::int64_t>(plausible::kMostWatts * 1e3);
  const bool negative = c.take('-');
  std::int64_t whole = 0;
  if (!c.take_unsigned(whole) || whole > kMostMilliwatts) return false;
  microwatts = whole * 1000;
  if (c.take('.')) {
    const char* start = c.position();
    std::int64_t fraction = 0;
    if (!c.take_unsigned(fraction)) return false;
    auto digits = static_cast<int>(c.position() - start);
    power.decimals = std::max(power.decimals, std::min(digits, 3));
    for (; digits > 3; --digits) fraction /= 10;
    for (; digits < 3; ++digits) fraction *= 10;
    microwatts += fraction;
  }
  c.take("mW");
  if (negative) microwatts = -microwatts;
  return true;
}

/// "3056/3056", "5480mW/5480mW", with a third from R39 on.
bool parse_power(std::string_view value, TegrastatsLine::Power& power) {
  Cursor c(value);
  if (!take_power(c, power, power.present_uw)) return false;
  if (!c.take('/') || !take_power(c, power, power.average_uw)) return false;
  if (c.take('/')) {
    std::int64_t peak = 0;
    if (!take_power(c, power, peak)) return false;
    power.peak_uw = peak;
  }
  return c.done();
}

/// "gpu@50C", "gpu@56.9C/66.6C".
bool parse_temperature(std::string_view word, TegrastatsLine::Temperature& temperature) {
  if (word.back() != 'C') return false;
  const std::size_t at = word.find('@');
  if (at == 0 || at == std::string_view::npos) return false;
  temperature.name = word.substr(0, at);
  Cursor c(word.substr(at + 1));
  if (!take_celsius(c, temperature.milli_celsius)) return false;
  if (c.take('/')) {
    std::int32_t second = 0;
    if (!take_celsius(c, second)) return false;
    temperature.second_milli_celsius = second;
  }
  return c.done();
}

/// "@1600", "@[314,314]" behind an engine's load.
bool take_clocks(Cursor& c, TegrastatsLine::Engine& engine) {
  if (!c.take('@')) return false;
  const bool list = c.take('[');
  do {
    int clock = 0;
    if (!c.take_int(clock) || engine.clock_count == TegrastatsLine::Engine::kMaxClocks)
      return false;
    engine.clocks_mhz[static_cast<std::size_t>(engine.clock_count++)] = clock;
  } while (list && c.take(','));
  return !list || c.take(']');
}

/// Behind "[": the mean of "u%,u%]", as some releases print a load for each cluster.
bool take_load_list(Cursor& c, TegrastatsLine::Engine& engine) {
  std::int64_t sum = 0;
  int count = 0;
  do {
    int load = 0;
    if (!c.take_int(load) || !c.take('%')) return false;
    sum += load;
    ++count;
  } while (c.take(','));
  engine.load_percent = static_cast<int>(sum / count);
  return c.take(']');
}

bool parse_engine(std::string_view value, TegrastatsLine::Engine& engine) {
  if (value == "off") {
    engine.is_off = true;
    return true;
  }
  Cursor c(value);
  int number = 0;
  if (c.take('[')) {
    if (!take_load_list(c, engine)) return false;
  } else if (c.take_int(number)) {
    if (!c.take('%')) {
      engine.clocks_mhz[0] = number;
      engine.clock_count = 1;
      return c.done();
    }
    engine.load_percent = number;
  }
  if (c.done()) return engine.load_percent.has_value();
  return take_clocks(c, engine) && c.done();
}

bool take_core(Cursor& c, TegrastatsLine::Core& core) {
  if (c.take("off")) return true;
  int number = 0;
  if (!c.take_int(number) || !c.take('%')) return false;
  core.load_percent = number;
  if (!c.take('@')) return true;
  if (!c.take_int(number)) return false;
  core.clock_mhz = number;
  return true;
}

/// "[1%@345,off,2%@345]", on JetPack 3 "[17%,13%]@408".
bool parse_cores(std::string_view value, TegrastatsLine& line) {
  Cursor c(value);
  if (!c.take('[')) return false;
  do {
    TegrastatsLine::Core core;
    if (!take_core(c, core)) return false;
    line.cpu.push_back(core);
  } while (c.take(','));
  if (!c.take(']')) return false;
  int clock = 0;
  if (c.take('@')) {
    if (!c.take_int(clock)) return false;
    line.cpu_clock_mhz = clock;
  }
  return c.done();
}

/// Splits at blanks; word() is empty at the end.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) { advance(); }

  bool done() const { return word_.empty(); }
  std::string_view word() const { return word_; }
  void advance() {
    std::size_t begin = 0;
    while (begin < rest_.size() && is_blank(rest_[begin])) ++begin;
    std::size_t end = begin;
    while (end < rest_.size() && !is_blank(rest_[end])) ++end;
    word_ = rest_.substr(begin, end - begin);
    rest_.remove_prefix(end);
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
  std::string_view rest_;
  std::string_view word_;
};

/// The two words of "(lfb 98x4MB)" or "(cached 1MB)", without the brackets' opening.
void parse_memory_detail(std::string_view name, std::string_view value,
                         TegrastatsLine::Memory& memory) {
  Cursor c(value);
  std::int64_t size = 0;
  if (name == "cached") {
    if (take_size(c, size)) memory.cached_kb = size;
    return;
  }
  if (name != "lfb") return;
  std::int64_t blocks = 1;
  const char* start = c.position();
  if (!c.take_unsigned(blocks) || !c.take('x')) {
    c.rewind(start);
    blocks = 1;
  }
  if (!take_size(c, size)) return;
  memory.free_blocks = blocks;
  memory.free_block_kb = size;
}

/// At the word behind RAM, SWAP or IRAM; takes the bracketed words too.
std::optional<TegrastatsLine::Memory> take_memory(Words& words) {
  const std::string_view word = words.word();
  Cursor c(word);
  TegrastatsLine::Memory memory;
  if (!c.take_unsigned(memory.used_kb) || !c.take('/')) return std::nullopt;
  const char* total = c.position();
  if (!take_size(c, memory.total_kb)) return std::nullopt;
  // The unit stands behind the total alone and holds for both: "534/3964MB".
  const auto total_word = std::string_view(total, static_cast<std::size_t>(c.position() - total));
  if (total_word.find('M') != std::string_view::npos) memory.used_kb *= 1024;
  words.advance();
  // IRAM prints no blank before its bracket: "0/252kB(lfb 252kB)".
  std::string_view name;
  if (c.take('(')) {
    name = word.substr(static_cast<std::size_t>(c.position() - word.data()));
  } else if (!words.done() && words.word().front() == '(') {
    name = words.word().substr(1);
    words.advance();
  } else {
    return memory;
  }
  if (!words.done() && words.word().back() == ')') {
    parse_memory_detail(name, words.word(), memory);
    words.advance();
  }
  return memory;
}

/// At the word behind "MTS": "fg 0% bg 7%".
std::optional<TegrastatsLine::BackgroundTasks> take_mts(Words& words) {
  TegrastatsLine::BackgroundTasks tasks;
  for (const auto& [name, value] :
       {std::pair{"fg", &tasks.foreground_percent}, std::pair{"bg", &tasks.background_percent}}) {
    if (words.word() != name) return std::nullopt;
    words.advance();
    Cursor c(words.word());
    if (!c.take_int(*value) || !c.take('%') || !c.done()) return std::nullopt;
    words.advance();
  }
  return tasks;
}

/// "06-25-2025" and "09:41:10".
std::optional<LocalTime> parse_stamp(std::string_view date, std::string_view time) {
  if (date.size() != 10 || date[2] != '-' || date[5] != '-' || time.size() != 8)
    return std::nullopt;
  std::array<char, 17> stamp{};
  date.copy(stamp.data(), 4, 6);
  date.copy(stamp.data() + 4, 2, 0);
  date.copy(stamp.data() + 6, 2, 3);
  stamp[8] = '-';
  time.copy(stamp.data() + 9, 8);
  // A board without a battery begins in 1970; other years are damage, and could overflow.
  const std::string_view year(stamp.data(), 4);
  if (year < "1970" || year > "2199") return std::nullopt;
  return parse_local_stamp(std::string_view(stamp.data(), stamp.size()));
}

/// Takes "<seconds>::" off the front.
std::optional<double> take_prefix(std::string_view& text) {
  const std::size_t colons = text.substr(0, 40).find("::");
  if (colons == std::string_view::npos) return std::nullopt;
  const auto seconds = parse_double(text.substr(0, colons));
  // Unix time; anything beyond is some other text before a "::".
  if (!seconds || !(*seconds >= 0.0 && *seconds <= 4e9)) return std::nullopt;
  text.remove_prefix(colons + 2);
  return seconds;
}

std::optional<TegrastatsLine::Memory>* memory_named(std::string_view name, TegrastatsLine& line) {
  if (name == "RAM") return &line.ram;
  if (name == "SWAP") return &line.swap;
  if (name == "IRAM") return &line.iram;
  return nullptr;
}

/// True if `name` and the word behind it are one field. Told by the form of the value, never by the
/// name: CPU and GPU are rails on one board, temperatures and lists on others.
bool take_named_value(std::string_view name, std::string_view value, TegrastatsLine& line) {
  if (value.front() == '[' && (name == "CPU" || name == "cpu")) {
    const std::size_t before = line.cpu.size();
    if (parse_cores(value, line)) return true;
    line.cpu.resize(before);
    return false;
  }
  TegrastatsLine::Power power;
  if (parse_power(value, power)) {
    power.name = name;
    line.power.push_back(power);
    return true;
  }
  TegrastatsLine::Engine engine;
  if (!parse_engine(value, engine)) return false;
  engine.name = name;
  line.engines.push_back(engine);
  return true;
}

/// "62%" or "(lfb", left over from a damaged field, is no name.
bool is_name(std::string_view word) {
  const char lower = static_cast<char>(word.front() | 0x20);
  return lower >= 'a' && lower <= 'z';
}

}  // namespace

void TegrastatsLine::clear() {
  stamp.reset();
  prefix_seconds.reset();
  ram.reset();
  swap.reset();
  iram.reset();
  cpu.clear();
  cpu_clock_mhz.reset();
  mts.reset();
  engines.clear();
  temperatures.clear();
  power.clear();
  unread.clear();
  skipped_words = 0;
  ends_in_a_name = false;
}

bool parse_tegrastats_line(std::string_view text, TegrastatsLine& line) {
  line.clear();
  if (text.find('\0') != std::string_view::npos) return false;
  line.prefix_seconds = take_prefix(text);
  Words words(text);
  while (!words.done()) {
    const std::string_view word = words.word();
    words.advance();
    TegrastatsLine::Temperature temperature;
    bool known = true;
    if (parse_temperature(word, temperature)) {
      line.temperatures.push_back(temperature);
    } else if (words.done()) {
      known = false;
      line.ends_in_a_name = is_name(word);
    } else if (auto* memory = memory_named(word, line)) {
      *memory = take_memory(words);
      known = memory->has_value();
    } else if (word == "MTS") {
      line.mts = take_mts(words);
      known = line.mts.has_value();
    } else {
      // A word, and the one that belongs to it.
      const std::string_view next = words.word();
      known = (!line.stamp && (line.stamp = parse_stamp(word, next))) ||
              (is_name(word) && take_named_value(word, next, line));
      if (known) {
        words.advance();
      } else if (is_name(word) && next.find('/') != std::string_view::npos && !is_name(next)) {
        line.unread.push_back(word);
      }
    }
    if (!known) ++line.skipped_words;
  }
  return line.ram.has_value();
}

}  // namespace layerwatt
