#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "layerwatt/dataset/power_log.h"

#include "cli/command.h"
#include "core/json.h"
#include "dataset/temporary_folder.h"

namespace layerwatt::cli {
namespace {

using ::testing::HasSubstr;

const std::string kLogs = std::string(LAYERWATT_TEST_DATA) + "/tegrastats/logs/";

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome tegrastats(std::vector<std::string> words) {
  words.insert(words.begin(), {"layerwatt", "tegrastats"});
  std::vector<const char*> arguments;
  for (const std::string& word : words) arguments.push_back(word.c_str());
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{out, err};
  const int code = run(static_cast<int>(arguments.size()), arguments.data(), terminal);
  return {code, out.str(), err.str()};
}

TEST(TegrastatsCommand, TellsRailsRateAndTemperatures) {
  const Outcome told = tegrastats({kLogs + "orinnx_16gb_basic.tegrastats"});
  ASSERT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("91 lines in 1.0"));
  EXPECT_THAT(told.out, HasSubstr("20250625-09:43:11.917512"));
  EXPECT_THAT(told.out, HasSubstr("VDD_IN"));
  EXPECT_THAT(told.out, HasSubstr("5.79 W"));
  EXPECT_THAT(told.out, HasSubstr("tj 55."));
  const Outcome json = tegrastats({kLogs + "orinnx_16gb_basic.tegrastats", "--json"});
  const auto parsed = parse_json(json.out);
  ASSERT_TRUE(parsed);
  EXPECT_EQ((*parsed)["rails"][0]["samples"].GetInt(), 91);
}

TEST(TegrastatsCommand, WritesAPowerLogThatCanBeReadBack) {
  const TemporaryFolder folder;
  const std::string path = (folder / "x_power_log.log").string();
  const Outcome told =
      tegrastats({kLogs + "orinnx_16gb_basic.tegrastats", "--output", path, "--rail", "VDD_SOC"});
  ASSERT_EQ(told.code, 0) << told.err;
  const auto log = read_power_log(path);
  ASSERT_TRUE(log) << log.error().to_string();
  EXPECT_EQ(log->size(), 91U);
  EXPECT_EQ(log->microwatts(0), 1'579'000.0);
  const Outcome wrong =
      tegrastats({kLogs + "orinnx_16gb_basic.tegrastats", "--output", path, "--rail", "VDD_SCO"});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean 'VDD_SOC'"));
}

TEST(TegrastatsCommand, AsksForTheTimesThatALogDoesNotHave) {
  const TemporaryFolder folder;
  const std::string log = folder
                              .write("jp4.log",
                                     "RAM 1/2MB VDD_IN 3056/3056\n"
                                     "RAM 1/2MB VDD_IN 3096/3076\n")
                              .string();
  const std::string output = (folder / "power.log").string();
  EXPECT_THAT(tegrastats({log}).err, HasSubstr("interval"));
  EXPECT_THAT(tegrastats({log, "--interval", "100", "--output", output}).err, HasSubstr("--begin"));
  const Outcome done =
      tegrastats({log, "--interval", "100", "--output", output, "--begin", "20250101-00:00:00"});
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(read_power_log(output)->size(), 2U);
  EXPECT_EQ(tegrastats({log, "--interval", "100", "--begin", "yesterday"}).code, 2);
}

TEST(TegrastatsCommand, NamesAFileThatIsNotThereOrIsNoLog) {
  const TemporaryFolder folder;
  const Outcome missing = tegrastats({(folder / "none.log").string()});
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.err, HasSubstr("none.log"));
  const std::string other = folder.write("other.log", "hello\n").string();
  EXPECT_THAT(tegrastats({other}).err, HasSubstr("other.log"));
}

TEST(TegrastatsCommand, WhatItWritesOfALogWhoseClockWasSetCanBeReadBack) {
  const TemporaryFolder folder;
  std::string text;
  for (const char* second : {"05", "05", "06", "06", "05", "05", "06", "06", "07"}) {
    text += std::string("04-28-2025 08:28:") + second + " RAM 1/2MB VDD_IN 5302mW/1mW\n";
  }
  const std::string path = (folder / "power.log").string();
  const Outcome told = tegrastats({folder.write("board.log", text).string(), "--output", path});
  ASSERT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("9 lines in 4.50 s (2.0 a second)"));
  EXPECT_THAT(told.out, HasSubstr("The clock was set back by 2.0 s before line 5."));
  const auto log = read_power_log(path);
  ASSERT_TRUE(log) << log.error().to_string();
  EXPECT_EQ(log->milliamperes[0], 5302.0);
  const auto json = parse_json(tegrastats({(folder / "board.log").string(), "--json"}).out);
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["notes"].Size(), 2U);
}

}  // namespace
}  // namespace layerwatt::cli
