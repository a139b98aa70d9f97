#include "layerwatt/sensors/tegrastats_line.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "layerwatt/core/local_time.h"

#include "core/json.h"

namespace layerwatt {
namespace {

const std::filesystem::path kData = std::filesystem::path(LAYERWATT_TEST_DATA) / "tegrastats";

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(TegrastatsLine, EveryKnownLineGivesTheExpectedRailsMemoryAndLoads) {
  const auto lines = lines_of(kData / "lines.txt");
  const auto expected = read_json(kData / "lines.expected.json");
  ASSERT_TRUE(expected) << expected.error().to_string();
  ASSERT_EQ(expected->Size(), 16U);
  for (const auto& want : expected->GetArray()) {
    const auto number = static_cast<std::size_t>(want["line"].GetInt());
    SCOPED_TRACE(number);
    TegrastatsLine line;
    ASSERT_TRUE(parse_tegrastats_line(lines.at(number - 1), line));
    EXPECT_EQ(line.skipped_words, 0);
    EXPECT_EQ(line.ram->used_kb, want["ram_used_mb"].GetInt64() * 1024);
    ASSERT_EQ(line.power.size(), want["rails"].Size());
    for (rapidjson::SizeType i = 0; i < want["rails"].Size(); ++i) {
      EXPECT_EQ(line.power[i].name, want["rails"][i]["rail"].GetString());
      EXPECT_EQ(line.power[i].present_uw, 1000 * want["rails"][i]["cur_mw"].GetInt64());
      EXPECT_EQ(line.power[i].average_uw, 1000 * want["rails"][i]["avg_mw"].GetInt64());
    }
    ASSERT_EQ(line.cpu.size(), want["cpu"].Size());
    for (rapidjson::SizeType i = 0; i < want["cpu"].Size(); ++i) {
      const auto& load = want["cpu"][i];
      EXPECT_EQ(line.cpu[i].load_percent,
                load.IsNull() ? std::nullopt : std::optional<int>(load.GetInt()));
    }
  }
}

/// tegrastats prints as average the floor of the mean of all its lines so far.
void expect_running_means(const std::filesystem::path& log, std::size_t rail_count) {
  std::map<std::string, std::int64_t> sums;
  std::int64_t count = 0;
  for (const std::string& text : lines_of(log)) {
    TegrastatsLine line;
    ASSERT_TRUE(parse_tegrastats_line(text, line)) << text;
    EXPECT_TRUE(line.prefix_seconds.has_value());
    EXPECT_EQ(line.skipped_words, 0) << text;
    ASSERT_EQ(line.power.size(), rail_count) << text;
    ++count;
    for (const auto& power : line.power) {
      std::int64_t& sum = sums[std::string(power.name)];
      sum += power.present_uw / 1000;
      EXPECT_EQ(power.average_uw, sum / count * 1000) << text;
    }
  }
  EXPECT_GT(count, 40);
}

TEST(TegrastatsLine, AveragesOfARealOrinNxLogAreTheRunningMeans) {
  expect_running_means(kData / "logs/orinnx_16gb_basic.tegrastats", 3);
}

TEST(TegrastatsLine, AveragesOfARealAgxXavierLogAreTheRunningMeans) {
  expect_running_means(kData / "logs/xavieragx_16gb_all.tegrastats", 6);
}

TEST(TegrastatsLine, DateAndTimeAreReadWherePrinted) {
  TegrastatsLine line;
  ASSERT_TRUE(parse_tegrastats_line("06-25-2025 09:41:10 RAM 1/2MB", line));
  EXPECT_EQ(line.stamp, parse_local_stamp("20250625-09:41:10"));
  ASSERT_TRUE(parse_tegrastats_line("RAM 1/2MB", line));
  EXPECT_FALSE(line.stamp);
}

TEST(TegrastatsLine, MemoryIsInKilobytesWithItsDetails) {
  TegrastatsLine line;
  ASSERT_TRUE(parse_tegrastats_line(
      "RAM 534/3964MB (lfb 98x4MB) SWAP 5/1982MB (cached 1MB) IRAM 0/252kB(lfb 252kB)", line));
  EXPECT_EQ(line.ram->total_kb, 3964 * 1024);
  EXPECT_EQ(line.ram->free_blocks, 98);
  EXPECT_EQ(line.ram->free_block_kb, 4096);
  EXPECT_EQ(line.swap->cached_kb, 1024);
  EXPECT_EQ(line.iram->total_kb, 252);
  EXPECT_EQ(line.iram->free_block_kb, 252);
  EXPECT_EQ(line.skipped_words, 0);
}

TEST(TegrastatsLine, EnginesComeInEveryForm) {
  TegrastatsLine line;
  ASSERT_TRUE(parse_tegrastats_line(
      "RAM 1/2MB EMC_FREQ 4%@1600 GR3D_FREQ 0%@[1300,1310] VIC off APE 150 NVENC0_FREQ @314 "
      "OFA_FREQ @[1,2,3] GR3D 7% EMC_FREQ [3%,5%]@2133",
      line));
  ASSERT_EQ(line.engines.size(), 8U);
  EXPECT_EQ(line.engines[0].load_percent, 4);
  EXPECT_EQ(line.engines[0].clocks_mhz[0], 1600);
  EXPECT_EQ(line.engines[1].clock_count, 2);
  EXPECT_EQ(line.engines[1].clocks_mhz[1], 1310);
  EXPECT_TRUE(line.engines[2].is_off);
  EXPECT_EQ(line.engines[3].clocks_mhz[0], 150);
  EXPECT_FALSE(line.engines[3].load_percent);
  EXPECT_EQ(line.engines[4].clocks_mhz[0], 314);
  EXPECT_EQ(line.engines[5].clock_count, 3);
  EXPECT_EQ(line.engines[6].load_percent, 7);
  EXPECT_EQ(line.engines[6].clock_count, 0);
  EXPECT_EQ(line.engines[7].load_percent, 4);
}

TEST(TegrastatsLine, JetPack3PrintsOneClockForAllCores) {
  TegrastatsLine line;
  ASSERT_TRUE(parse_tegrastats_line("RAM 1/2MB cpu [17%,13%,29%,5%]@408 EMC 1%@408", line));
  ASSERT_EQ(line.cpu.size(), 4U);
  EXPECT_EQ(line.cpu[2].load_percent, 29);
  EXPECT_EQ(line.cpu_clock_mhz, 408);
}

TEST(TegrastatsLine, CpuIsAListATemperatureAndARailAtOnce) {
  TegrastatsLine line;
  ASSERT_TRUE(parse_tegrastats_line("RAM 1/2MB CPU [2%@1190,off] CPU@37.5C CPU 311/312", line));
  EXPECT_EQ(line.cpu.size(), 2U);
  ASSERT_EQ(line.temperatures.size(), 1U);
  EXPECT_EQ(line.temperatures[0].milli_celsius, 37500);
  ASSERT_EQ(line.power.size(), 1U);
  EXPECT_EQ(line.power[0].average_uw, 312'000);
}

TEST(TegrastatsLine, NegativeValuesPairsAndTriplesAreRead) {
  TegrastatsLine line;
  ASSERT_TRUE(parse_tegrastats_line(
      "RAM 1/2MB CV0@-256C tj@66.625C/70.5C VDD_GPU -392mW/5mW VIN 7mW/3mW/9mW", line));
  EXPECT_EQ(line.temperatures[0].milli_celsius, -256000);
  EXPECT_EQ(line.temperatures[1].second_milli_celsius, 70500);
  EXPECT_EQ(line.power[0].present_uw, -392'000);
  EXPECT_FALSE(line.power[0].peak_uw);
  EXPECT_EQ(line.power[1].peak_uw, 9'000);
}

TEST(TegrastatsLine, MilliwattsMayHaveDecimals) {
  TegrastatsLine line;
  ASSERT_TRUE(parse_tegrastats_line(
      "RAM 1/2MB VIN 125.5mW/500mW A -0.25mW/1.2345mW B 3.5/4.25 C 1e5/3 D 7000000000/1", line));
  ASSERT_EQ(line.power.size(), 3U);
  EXPECT_EQ(line.power[0].present_uw, 125'500);
  EXPECT_EQ(line.power[0].average_uw, 500'000);
  EXPECT_EQ(line.power[1].present_uw, -250);
  EXPECT_EQ(line.power[1].average_uw, 1'234);
  EXPECT_EQ(line.power[1].decimals, 3);
  EXPECT_EQ(line.power[2].present_uw, 3'500);
  // What is no number of milliwatts is named, not passed over.
  ASSERT_EQ(line.unread.size(), 2U);
  EXPECT_EQ(line.unread[0], "C");
  EXPECT_EQ(line.unread[1], "D");
}

TEST(TegrastatsLine, RailsWithTheSameNameAreAllKept) {
  TegrastatsLine line;
  ASSERT_TRUE(parse_tegrastats_line("RAM 1/2MB NC 0mW/0mW VDDQ 1mW/1mW NC 2mW/2mW", line));
  ASSERT_EQ(line.power.size(), 3U);
  EXPECT_EQ(line.power[2].name, "NC");
  EXPECT_EQ(line.power[2].present_uw, 2'000);
}

TEST(TegrastatsLine, UnknownWordsAreSkippedAndCounted) {
  TegrastatsLine line;
  ASSERT_TRUE(parse_tegrastats_line("RAM 1/2MB NEW_FIELD <3|4> VDD_IN 5mW/6mW", line));
  EXPECT_EQ(line.skipped_words, 2);
  ASSERT_EQ(line.power.size(), 1U);
  EXPECT_EQ(line.power[0].present_uw, 5'000);
}

TEST(TegrastatsLine, ALineWithNulBytesOrWithoutMemoryIsRefused) {
  TegrastatsLine line;
  EXPECT_FALSE(parse_tegrastats_line(std::string_view("RAM 1/2MB \0 VDD_IN 5/6", 22), line));
  EXPECT_FALSE(parse_tegrastats_line("VDD_IN 5/6", line));
  EXPECT_FALSE(parse_tegrastats_line("", line));
  EXPECT_FALSE(parse_tegrastats_line("tegrastats: command not found", line));
}

TEST(TegrastatsLine, AnyFieldMayBeMissingAndBlanksMayBeAny) {
  std::mt19937 random(7);
  for (const std::string& text : lines_of(kData / "lines.txt")) {
    if (text.front() == '#') continue;
    TegrastatsLine whole;
    ASSERT_TRUE(parse_tegrastats_line(text, whole));
    std::string spaced;
    for (const char c : text) {
      spaced += c;
      if (c == ' ') spaced.append(random() % 3, ' ');
    }
    TegrastatsLine line;
    ASSERT_TRUE(parse_tegrastats_line(spaced, line));
    EXPECT_EQ(line.power.size(), whole.power.size());
    EXPECT_EQ(line.engines.size(), whole.engines.size());
    EXPECT_EQ(line.temperatures.size(), whole.temperatures.size());
    // Without one rail the others are still there, with their own values.
    if (whole.power.size() < 2) continue;
    const std::string_view second = whole.power[1].name;
    const auto begin = static_cast<std::size_t>(second.data() - text.data());
    std::string without = text;
    const std::size_t end = text.find(' ', begin + second.size() + 1);
    without.erase(begin, end == std::string::npos ? std::string::npos : end - begin);
    ASSERT_TRUE(parse_tegrastats_line(without, line));
    EXPECT_EQ(line.power.size(), whole.power.size() - 1);
    EXPECT_EQ(line.power[0].present_uw, whole.power[0].present_uw);
  }
}

}  // namespace
}  // namespace layerwatt
