#include "layerwatt/dataset/power_runtime_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "dataset/temporary_folder.h"
#include "dataset/text/csv.h"

namespace layerwatt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

PowerRuntimeVisitor kept_in(std::vector<PowerRuntimeRow>& rows) {
  return [&rows](const PowerRuntimeRow& row) { rows.push_back(row); };
}

TEST(Csv, QuotesOnlyWhatMustBe) {
  EXPECT_EQ(csv_field("a + b"), "a + b");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(csv_field("two\nlines"), "\"two\nlines\"");
}

TEST(Csv, ReadsQuotesLineBreaksAndBothLineEnds) {
  const auto table = CsvTable::parse("a,b\r\n\"x,\"\"y\nz\",2\r\n\r\n,3\n");
  ASSERT_TRUE(table) << table.error().to_string();
  EXPECT_THAT(table->header(), ElementsAre("a", "b"));
  ASSERT_EQ(table->rows().size(), 2U);
  EXPECT_THAT(table->rows()[0], ElementsAre("x,\"y\nz", "2"));
  EXPECT_THAT(table->rows()[1], ElementsAre("", "3"));
  EXPECT_EQ(table->line(1), 5);
}

TEST(Csv, RefusesWhatIsNoTable) {
  EXPECT_THAT(CsvTable::parse("a,b\n1\n").error().message(), HasSubstr("line 2: 1 fields"));
  EXPECT_THAT(CsvTable::parse("a\n\"x").error().message(), HasSubstr("not closed"));
  EXPECT_THAT(CsvTable::parse("a\n\"x\"y\n").error().message(), HasSubstr("after the closing"));
  EXPECT_THAT(CsvTable::parse("").error().message(), HasSubstr("empty"));
  EXPECT_THAT(CsvTable::parse("a,b\n")->column("c").error().message(),
              HasSubstr("there are: a, b"));
}

TEST(PowerRuntimeCsv, IsLaidOutAsPandasDoes) {
  const TemporaryFolder folder;
  const auto path = folder / "m.csv";
  auto writer =
      PowerRuntimeWriter::create(path, {{"conv, first", "CaskConvolution"}, {"fc", "gemm"}});
  ASSERT_TRUE(writer);
  writer->add(1, 0, 6250000.0, 1250000.0, 400.0);
  writer->add(1, 1, std::nullopt, std::nullopt, 0.03030399978160858);
  ASSERT_TRUE(writer->commit());
  EXPECT_EQ(slurp(path),
            "cycle,layer_name,layer_type,layer_power_including_idle_power_micro_watt,"
            "layer_power_excluding_idle_power_micro_watt,layer_run_time\n"
            "1,\"conv, first\",CaskConvolution,6250000.0,1250000.0,400.0\n"
            "1,fc,gemm,,,0.03030399978160858\n");
  std::vector<PowerRuntimeRow> rows;
  const auto read = read_power_runtime_csv(path, kept_in(rows));
  ASSERT_TRUE(read) << read.error().to_string();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].layer_name, "conv, first");
  EXPECT_EQ(rows[0].excluding_idle_microwatts, 1250000.0);
  EXPECT_EQ(rows[1].including_idle_microwatts, std::nullopt);
  EXPECT_EQ(rows[1].run_time_milliseconds, 0.03030399978160858);
}

TEST(PowerRuntimeCsv, ReadsADatasetOfOthers) {
  std::vector<PowerRuntimeRow> rows;
  const auto read = read_power_runtime_csv(
      std::filesystem::path(LAYERWATT_TEST_DATA) /
          "edgeprofiler/example_preprocessed_data/model1/power_runtime_mapping_layerwise.csv",
      kept_in(rows));
  ASSERT_TRUE(read) << read.error().to_string();
  ASSERT_EQ(rows.size(), 12U);
  EXPECT_EQ(rows[0].including_idle_microwatts, std::nullopt);
  EXPECT_EQ(rows[1].including_idle_microwatts, 9.0);
}

TEST(PowerRuntimeCsv, NamesTheLineThatIsWrong) {
  const std::string header = std::string(kPowerRuntimeHeader) + "\n";
  const auto error = [&](const std::string& row) {
    std::vector<PowerRuntimeRow> before;
    const auto read = parse_power_runtime_csv(header + "7,a,b,,,1.0\n" + row, kept_in(before));
    EXPECT_EQ(before.size(), 1U);
    return read ? "no error" : read.error().message();
  };
  EXPECT_THAT(error("1,a,b,nan,1.0,2.0\n"), HasSubstr("line 3: 'nan'"));
  EXPECT_THAT(error("0,a,b,1.0,1.0,2.0\n"), HasSubstr("cycle '0'"));
  EXPECT_THAT(error("1,a,b,1.0,1.0,-2.0\n"), HasSubstr("run time '-2.0'"));
  EXPECT_THAT(error("1,a,b,1.0,1.0\n"), HasSubstr("5 fields"));
  EXPECT_THAT(parse_power_runtime_csv("cycle,layer\n", {}).error().message(),
              HasSubstr("no column 'layer_name'"));
}

}  // namespace
}  // namespace layerwatt
