#include <gmock/gmock.h>

#include "cli/command_run.h"
#include "cli/made_training_data.h"
#include "core/json.h"
#include "dataset/temporary_folder.h"

namespace layerwatt::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kHeader =
    "kind,layer_name,batch_size,input_channels,input_height,input_width,output_channels,"
    "output_height,output_width,kernel_height,kernel_width,stride_height,stride_width,"
    "run_time_millisecond,power_microwatt\n";

class TrainCommand : public ::testing::Test {
 protected:
  Outcome train(std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"train", "--training-data-dir", folder_.path().string(),
                                   "--model-dir", (folder_ / "model").string()};
    words.insert(words.end(), more.begin(), more.end());
    return run_command(words);
  }
  /// What it says where the table of one network of two is `text`.
  std::string says_of(const std::string& table, const std::string& text,
                      const std::vector<std::string>& more = {}) const {
    folder_.write("b/" + table, text);
    const Outcome outcome = train(more);
    EXPECT_EQ(outcome.code, 1) << outcome.out;
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.err, HasSubstr("b/" + table));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "model"));
    return outcome.err;
  }
  TemporaryFolder folder_;
};

TEST_F(TrainCommand, WritesTheSameModelForTheSameTablesAndSeed) {
  write_training_data(folder_.path(), {"alexnet", "squeezenet1_0"});
  const Outcome outcome = train();
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("Learnt from 2 networks"), HasSubstr("Networks left out"),
                    HasSubstr("roofline"), HasSubstr("forest"), HasSubstr("is not established")));
  const std::string first = slurp(folder_ / "model/model.json");
  const Outcome again = train({"--json"});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_TRUE(parse_json(again.out));
  EXPECT_EQ(slurp(folder_ / "model/model.json"), first);
}

TEST_F(TrainCommand, DrawsPredictedAgainstMeasured) {
  write_training_data(folder_.path(), {"alexnet", "squeezenet1_0"});
  const Outcome outcome = train({"--validation-plot", (folder_ / "plot.svg").string()});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const std::string svg = slurp(folder_ / "plot.svg");
  EXPECT_THAT(svg, AllOf(HasSubstr("Run time, predicted"), HasSubstr("convolution (")));
  const Outcome nowhere = train({"--validation-plot", (folder_ / "no/where/plot.svg").string()});
  EXPECT_EQ(nowhere.code, 1);
  EXPECT_THAT(nowhere.err, HasSubstr("no/where/plot.svg"));
}

TEST_F(TrainCommand, NamesWhatIsWrongWithATable) {
  const std::string header = kHeader;
  folder_.write("a/layers.csv", header + "convolution,a,1,3,8,8,4,8,8,3,3,1,1,0.5,5\n");
  EXPECT_THAT(says_of("layers.csv", header), HasSubstr("no rows"));
  EXPECT_THAT(says_of("layers.csv", ""), HasSubstr("b/layers.csv"));
  EXPECT_THAT(says_of("layers.csv", "kind,layer_name\nconvolution,a\n"),
              HasSubstr("no column 'batch_size'"));
  EXPECT_THAT(says_of("layers.csv", header + "convolution,a,1,3,8,8,4,8,8,3,3,1,1,nan,5\n"),
              AllOf(HasSubstr("line 2"), HasSubstr("'nan' in column 'run_time_millisecond'")));
  EXPECT_THAT(says_of("layers.csv", header + "convolution,a,1,3,8,8,4,8,8,3,3,1,1,0.5,-5\n"),
              AllOf(HasSubstr("line 2"), HasSubstr("'-5' in column 'power_microwatt'")));
  EXPECT_THAT(says_of("layers.csv", header + "convolution,a,1,3,8,8,4,8,8,3,3,1,1,0.5,inf\n"),
              HasSubstr("'inf'"));
  EXPECT_THAT(says_of("layers.csv", header + "convolution,a,1,3,8,8\n"), HasSubstr("line 2"));
}

TEST_F(TrainCommand, NamesWhatIsWrongWithAPublishedTable) {
  const std::string header = "batch_size,input_size,output_size,power,runtime,layer_name\n";
  const std::vector<std::string> published{"--method", "published"};
  EXPECT_THAT(says_of("dense.csv", header, published), HasSubstr("no rows"));
  EXPECT_THAT(says_of("dense.csv", "batch_size,input_size,power,runtime,layer_name\n1,2,3,4,a\n",
                      published),
              HasSubstr("no column 'output_size'"));
  EXPECT_THAT(says_of("dense.csv", header + "1,2,3,nan,0.5,a\n", published),
              AllOf(HasSubstr("line 2"), HasSubstr("'nan' in column 'power'")));
  EXPECT_THAT(says_of("dense.csv", header + "1,2,3,-4.0,0.5,a\n", published),
              AllOf(HasSubstr("line 2"), HasSubstr("'-4.0' in column 'power'")));
  folder_.write("b/dense.csv", header + "1,2,3,4.0,0.5,a\n");
  const Outcome few = train(published);
  EXPECT_EQ(few.code, 1);
  EXPECT_THAT(few.err, HasSubstr("dense: the published pipeline needs"));
}

TEST_F(TrainCommand, TakesColumnsInAnyOrder) {
  write_training_data(folder_.path(), {"alexnet", "squeezenet1_0"});
  ASSERT_EQ(train().code, 0);
  const std::string before = slurp(folder_ / "model/model.json");
  // The last column goes to the front.
  std::string moved;
  std::istringstream lines(slurp(folder_ / "alexnet/layers.csv"));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t comma = line.rfind(',');
    moved += line.substr(comma + 1) + "," + line.substr(0, comma) + "\n";
  }
  folder_.write("alexnet/layers.csv", moved);
  ASSERT_EQ(train().code, 0);
  const std::string after = slurp(folder_ / "model/model.json");
  // The fingerprints of the bytes that it learnt from differ, the numbers do not.
  const auto numbers = [](const std::string& text) { return text.substr(text.find("\"kinds\"")); };
  const auto without_checksum = [](const std::string& text) {
    return text.substr(0, text.find("\"checksum\""));
  };
  EXPECT_EQ(without_checksum(numbers(before)), without_checksum(numbers(after)));
  EXPECT_NE(before, after);
}

TEST_F(TrainCommand, RefusesOneNetworkAloneAndAFolderWithoutTables) {
  const Outcome empty = train();
  EXPECT_EQ(empty.code, 1);
  EXPECT_THAT(empty.err, HasSubstr("no dataset found for training"));
  write_training_data(folder_.path(), {"alexnet"});
  const Outcome alone = train();
  EXPECT_EQ(alone.code, 1);
  EXPECT_THAT(alone.err,
              AllOf(HasSubstr("'alexnet' is the only network"), HasSubstr("--micro-layers")));
  EXPECT_EQ(train({"--method", "guess"}).code, 2);
  EXPECT_EQ(train({"--seed", "minus"}).code, 2);
}

/// The tables of a folder, slower by a factor, as another board's.
void slow_down(const std::filesystem::path& table, double factor) {
  auto rows = *read_layer_table(table);
  for (LayerTableRow& row : rows) {
    row.run_time_milliseconds *= factor;
    row.conditions.board = "another board";
  }
  ASSERT_TRUE(write_layer_table(table, rows));
}

TEST_F(TrainCommand, MovesAModelToAnotherBoardAndGoesBackToWhatItWas) {
  write_training_data(folder_.path(), {"alexnet", "squeezenet1_0"});
  ASSERT_EQ(train().code, 0);
  const std::string trained = slurp(folder_ / "model/model.json");
  const std::filesystem::path run = folder_ / "other/squeezenet1_1";
  write_training_data(folder_ / "other", {"squeezenet1_1"});
  slow_down(run / kLayerTableFileName, 3.0);
  const Outcome moved = train({"--calibrate-with", run.string()});
  ASSERT_EQ(moved.code, 0) << moved.err;
  EXPECT_THAT(moved.out, AllOf(HasSubstr("Moved from a made board to another board"),
                               HasSubstr("×3."), HasSubstr("is not established")));
  EXPECT_EQ(slurp(folder_ / "model/base_model.json"), trained);
  // The same again, and not thrice three.
  ASSERT_EQ(train({"--calibrate-with", run.string()}).out, moved.out);
  const Outcome predicted = run_command(
      {"predict", "squeezenet1_1", "--json", "--model-dir", (folder_ / "model").string()});
  ASSERT_EQ(predicted.code, 0) << predicted.err;
  const auto json = parse_json(predicted.out);
  ASSERT_TRUE(json);
  double measured = 0.0;
  const auto rows = read_layer_table(run / kLayerTableFileName);
  ASSERT_TRUE(rows);
  for (const LayerTableRow& row : *rows) {
    measured += row.run_time_milliseconds * 1e-3;
  }
  EXPECT_NEAR((*json)["run_time_second"].GetDouble(), measured, 0.15 * measured);
  // A model that is trained anew is what later ones start from.
  ASSERT_EQ(train().code, 0);
  EXPECT_EQ(slurp(folder_ / "model/model.json"), trained);
}

TEST_F(TrainCommand, SaysWhatItCannotMoveAModelWith) {
  write_training_data(folder_.path(), {"alexnet", "squeezenet1_0"});
  ASSERT_EQ(train().code, 0);
  const auto says = [&](const std::string& run) {
    const Outcome outcome = train({"--calibrate-with", run});
    EXPECT_NE(outcome.code, 0);
    EXPECT_THAT(outcome.out, IsEmpty());
    return outcome.err;
  };
  EXPECT_THAT(says((folder_ / "none").string()), HasSubstr("none"));
  std::filesystem::create_directories(folder_ / "empty");
  EXPECT_THAT(says((folder_ / "empty").string()), HasSubstr("no measured layers"));
  ASSERT_EQ(run_command({"predict", "alexnet", "--model-dir", (folder_ / "model").string(),
                         "--result-dir", (folder_ / "predicted").string()})
                .code,
            0);
  folder_.write("predicted/trt_engine_info.json", R"({"Layers": []})");
  EXPECT_THAT(says((folder_ / "predicted").string()), HasSubstr("a prediction"));
  EXPECT_EQ(train({"--base-model-dir", "x"}).code, 2);
}

}  // namespace
}  // namespace layerwatt::cli
