#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "cli/command.h"
#include "core/json.h"
#include "dataset/temporary_folder.h"

namespace layerwatt::cli {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

class SensorsCommand : public ::testing::Test {
 protected:
  Outcome layerwatt(std::vector<std::string> words) {
    words.insert(words.begin(), {"layerwatt"});
    std::vector<const char*> arguments;
    for (const std::string& word : words) arguments.push_back(word.c_str());
    std::ostringstream out;
    std::ostringstream err;
    Terminal terminal{out, err};
    const int code = run(static_cast<int>(arguments.size()), arguments.data(), terminal);
    return {code, out.str(), err.str()};
  }
  Outcome sensors(std::vector<std::string> options) {
    options.insert(options.begin(), {"sensors", "--sysfs-root", folder_.path().string()});
    return layerwatt(std::move(options));
  }
  /// A chip with one rail; the tree of a virtual board where asked.
  void make_chip(bool is_virtual) {
    const std::string chip = "sys/class/hwmon/hwmon1/";
    for (const auto& [file, text] :
         {std::pair("name", "ina3221\n"), std::pair("in1_label", "VDD_IN\n"),
          std::pair("in1_enable", "1\n"), std::pair("in1_input", "5000\n"),
          std::pair("curr1_input", "800\n"), std::pair("shunt1_resistor", "5000\n"),
          std::pair("in2_label", "VDD_GPU\n"), std::pair("in2_enable", "0\n"),
          std::pair("in2_input", "0\n"), std::pair("curr2_input", "0\n"),
          std::pair("samples", "512\n"), std::pair("update_interval", "1\n")}) {
      folder_.write(chip + file, text);
    }
    if (is_virtual) folder_.write("proc/device-tree/model", "virtual something");
  }
  TemporaryFolder folder_;
};

TEST_F(SensorsCommand, OfAnEmptyTreeSaysThatThereIsNothingAndWhatToDo) {
  const Outcome listed = sensors({});
  EXPECT_EQ(listed.code, 0);
  EXPECT_THAT(listed.out, HasSubstr("unknown machine"));
  EXPECT_THAT(listed.out, HasSubstr("No total: this machine shows no power sensor"));
  const Outcome json = sensors({"--json"});
  EXPECT_EQ(json.code, 0);
  const auto parsed = parse_json(json.out);
  ASSERT_TRUE(parsed);
  EXPECT_EQ((*parsed)["rails"].Size(), 0U);
  EXPECT_EQ(sensors({"--rail", "VDD_IN"}).code, 1);
  const Outcome nothing = sensors({"--characterise"});
  EXPECT_EQ(nothing.code, 1);
  EXPECT_THAT(nothing.err, HasSubstr("no power sensor that can be read"));
}

TEST_F(SensorsCommand, NamesTheChannelThatIsSwitchedOff) {
  make_chip(false);
  const Outcome listed = sensors({});
  EXPECT_EQ(listed.code, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("Total: VDD_IN"));
  EXPECT_THAT(listed.out, HasSubstr("the channel is switched off (in2_enable is 0)"));
  const Outcome off = sensors({"--rail", "VDD_GPU"});
  EXPECT_EQ(off.code, 1);
  EXPECT_THAT(off.err, HasSubstr("switched off"));
}

TEST_F(SensorsCommand, LabelsAVirtualTreeAndAsksForItsActivityFile) {
  make_chip(true);
  const Outcome listed = sensors({});
  EXPECT_THAT(listed.out, HasSubstr("VIRTUAL"));
  EXPECT_THAT(listed.out, HasSubstr("ina3221-hwmon (virtual)"));
  const Outcome without = sensors({"--characterise"});
  EXPECT_EQ(without.code, 2);
  EXPECT_THAT(without.err, HasSubstr("--activity"));
}

TEST_F(SensorsCommand, CharacterisesARailThatDoesNotMove) {
  make_chip(true);
  const Outcome told = sensors({"--characterise", "--phase", "0.1", "--json", "--activity",
                                (folder_ / "activity").string()});
  ASSERT_EQ(told.code, 0) << told.err;
  const auto json = parse_json(told.out);
  ASSERT_TRUE(json) << json.error().to_string();
  const auto& rail = (*json)["rails"][0];
  EXPECT_EQ(rail["name"].GetString(), std::string("VDD_IN"));
  EXPECT_TRUE(rail["virtual"].GetBool());
  EXPECT_NEAR(rail["idle_watt"].GetDouble(), 4.0, 1e-9);
  EXPECT_TRUE(rail["measured"]["period_second"].IsNull());
  EXPECT_TRUE(rail["measured"]["fall_time_constant_second"].IsNull());
  EXPECT_GT(rail["notes"].Size(), 0U);
}

TEST_F(SensorsCommand, RefusesOptionsThatDoNotGoTogether) {
  EXPECT_EQ(sensors({"--phase", "1"}).code, 2);
  EXPECT_EQ(sensors({"--sensor", "no-such-kind"}).code, 1);
  EXPECT_EQ(layerwatt({"isolate"}).code, 2);
  EXPECT_EQ(layerwatt({"isolate", "lenet", "--device", "cuda", "--engine", "onnxruntime"}).code, 2);
  const Outcome nothing =
      layerwatt({"isolate", "--process", "--stats-dir", folder_.path().string()});
  EXPECT_EQ(nothing.code, 1);
  EXPECT_THAT(nothing.err, HasSubstr("--mode"));
}

TEST_F(SensorsCommand, ShowsWhatEachRailReadsNow) {
  make_chip(false);
  const Outcome listed = sensors({});
  EXPECT_EQ(listed.code, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("5.00 V"));
  EXPECT_THAT(listed.out, HasSubstr("800 mA"));
  EXPECT_THAT(listed.out, HasSubstr("4.00 W"));
  const auto json = parse_json(sensors({"--json"}).out);
  ASSERT_TRUE(json);
  EXPECT_NEAR((*json)["rails"][0]["now"]["watt"].GetDouble(), 4.0, 1e-9);
  folder_.write("sys/class/hwmon/hwmon1/curr1_input", "0\n");
  EXPECT_THAT(sensors({}).out, HasSubstr("VDD_IN reads 0 W now"));
}

TEST_F(SensorsCommand, WatchesAsOftenAsAsked) {
  make_chip(false);
  const Outcome watched = sensors({"--watch", "--every", "1ms", "--times", "3", "--json"});
  EXPECT_EQ(watched.code, 0) << watched.err;
  EXPECT_EQ(std::ranges::count(watched.out, '\n'), 3);
  const auto first = parse_json(watched.out.substr(0, watched.out.find('\n')));
  ASSERT_TRUE(first);
  EXPECT_NEAR((*first)["rails"][0]["ampere"].GetDouble(), 0.8, 1e-9);
  EXPECT_EQ(sensors({"--every", "1ms"}).code, 2);
}

TEST_F(SensorsCommand, TakesATableOfBoardsOfOnesOwn) {
  make_chip(false);
  folder_.write("proc/device-tree/compatible", std::string("acme,camera\0acme,soc\0", 22));
  const std::string file =
      folder_
          .write("boards.json", R"({"boards": [{"title": "Camera 3", "compatible": ["acme,camera"],
              "totals": [{"rails": ["VDD_IN"], "why": "the schematic, sheet 4"}]}]})")
          .string();
  const Outcome mine = sensors({"--boards", file});
  EXPECT_EQ(mine.code, 0) << mine.err;
  EXPECT_THAT(mine.out, HasSubstr("Camera 3"));
  EXPECT_THAT(mine.out, HasSubstr("the schematic, sheet 4"));
  const std::string bad = folder_.write("bad.json", R"({"boards": [{}]})").string();
  const Outcome wrong = sensors({"--boards", bad});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("boards[0].title"));
}

TEST_F(SensorsCommand, IdleRefusesABoardThatDrawsNothing) {
  make_chip(false);
  // Without averaging the sensor settles at once, and so does the test.
  folder_.write("sys/class/hwmon/hwmon1/samples", "1\n");
  folder_.write("sys/class/hwmon/hwmon1/curr1_input", "0\n");
  const Outcome idle = layerwatt({"idle", "--sysfs-root", folder_.path().string(), "--duration",
                                  "0.1", "--result-dir", (folder_ / "out").string()});
  EXPECT_EQ(idle.code, 1);
  EXPECT_THAT(idle.err, HasSubstr("readings of VDD_IN are exactly 0 W"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/idling_power.json"));
}

}  // namespace
}  // namespace layerwatt::cli
