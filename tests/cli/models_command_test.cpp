#include <gmock/gmock.h>

#include "layerwatt/models/onnx_model.h"

#include "cli/command_run.h"
#include "core/json.h"
#include "dataset/temporary_folder.h"

namespace layerwatt::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ModelsCommand : public ::testing::Test {
 protected:
  Outcome models(std::vector<std::string> options) {
    options.insert(options.begin(), "models");
    return run_command(options);
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
  }
  TemporaryFolder folder_;
};

TEST_F(ModelsCommand, ListsArchitecturesWithTheParametersOfTorchvision) {
  const Outcome outcome = models({});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("alexnet"), HasSubstr("61,100,840"), HasSubstr("lenet"),
                    HasSubstr("132,863,336"), HasSubstr("11,689,512"), HasSubstr("3,504,872")));
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST_F(ModelsCommand, ListsThemAsJson) {
  const Outcome outcome = models({"--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto json = parse_json(outcome.out);
  ASSERT_TRUE(json) << json.error().to_string();
  ASSERT_TRUE(json->IsArray());
  std::map<std::string, std::int64_t> parameters;
  std::map<std::string, unsigned> dimensions;
  for (const auto& row : json->GetArray()) {
    parameters[row["name"].GetString()] = row["parameters"].GetInt64();
    dimensions[row["name"].GetString()] = row["input_shape"].Size();
  }
  EXPECT_EQ(dimensions["alexnet"], 4U);  // batch, channels, height, width
  EXPECT_EQ(dimensions["gpt2"], 2U);     // batch, tokens
  EXPECT_EQ(parameters["alexnet"], 61'100'840);
  EXPECT_EQ(parameters["vgg11"], 132'863'336);
  EXPECT_EQ(parameters["resnet18"], 11'689'512);
  EXPECT_EQ(parameters["mobilenet_v2"], 3'504'872);
}

TEST_F(ModelsCommand, WritesAModelOfTheBatchAskedFor) {
  const std::string path = (folder_ / "lenet.onnx").string();
  const Outcome outcome = models({"lenet", "--output", path, "--batch", "4"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr(path), HasSubstr("99,982 parameters")));
  const auto model = OnnxModel::load(path);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(model->inputs().at(0).dimensions, (std::vector<std::int64_t>{4, 1, 32, 32}));
}

TEST_F(ModelsCommand, WritesTheSameBytesForTheSameSeedAndOthersForAnother) {
  const auto bytes_of = [&](const std::string& name, const std::string& seed) {
    const auto path = folder_ / name;
    EXPECT_EQ(models({"lenet", "--output", path.string(), "--seed", seed}).code, 0);
    return slurp(path);
  };
  const std::string first = bytes_of("a.onnx", "7");
  EXPECT_GT(first.size(), 100'000U);
  EXPECT_EQ(first, bytes_of("b.onnx", "7"));
  EXPECT_NE(first, bytes_of("c.onnx", "8"));
}

TEST_F(ModelsCommand, WritesHalfPrecisionInHalfTheSize) {
  ASSERT_EQ(models({"lenet", "--output", (folder_ / "a").string()}).code, 0);
  ASSERT_EQ(models({"lenet", "--output", (folder_ / "b").string(), "--dtype", "float16"}).code, 0);
  EXPECT_LT(std::filesystem::file_size(folder_ / "b"),
            std::filesystem::file_size(folder_ / "a") * 6 / 10);
}

TEST_F(ModelsCommand, RefusesWrongWordsAndWritesNothing) {
  const std::string path = (folder_ / "x.onnx").string();
  for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{
           {"alexnett", "--output", path},
           {"--output", path},
           {"lenet", "--output", path, "--dtype", "float8"},
           {"lenet", "--output", path, "--batch", "0"},
           {"lenet", "--output", path, "--batch", "many"},
           {"lenet", "--output", path, "--input-shape", "1", "3", "224", "224"},
           {"lenet", "--output", path, "--batch", "2", "--input-shape", "1", "1", "32", "32"}}) {
    const Outcome outcome = models(wrong);
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("layerwatt models: "));
    EXPECT_LT(outcome.err.size(), 250U) << outcome.err;
  }
  EXPECT_EQ(files(), 0U);
}

TEST_F(ModelsCommand, SuggestsTheArchitectureThatAPersonMeant) {
  EXPECT_THAT(models({"alexnett"}).err, HasSubstr("'alexnet'"));
}

TEST_F(ModelsCommand, NamesAPlaceThatCannotBeWritten) {
  const std::string path = (folder_ / "absent/lenet.onnx").string();
  const Outcome outcome = models({"lenet", "--output", path});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr(path));
}

TEST_F(ModelsCommand, AFullDeviceIsAnErrorAndStaysADevice) {
  const Outcome outcome = models({"lenet", "--output", "/dev/full"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("/dev/full"), HasSubstr("No space left")));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));
}

}  // namespace
}  // namespace layerwatt::cli
