#include "layerwatt/models/tensor_file.h"

#include <gmock/gmock.h>
#include <onnx/onnx_pb.h>

#include <cstring>

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<FileTensor> parse(const std::string& text) {
  return parse_tensor_file(std::as_bytes(std::span(text)), "input_0.pb");
}

template <class T>
std::vector<T> values(const FileTensor& tensor) {
  std::vector<T> out(tensor.data.size() / sizeof(T));
  std::memcpy(out.data(), tensor.data.data(), tensor.data.size());
  return out;
}

TEST(TensorFile, ReadsTypedAndRawValues) {
  onnx::TensorProto tensor;
  tensor.set_name("ids");
  tensor.set_data_type(onnx::TensorProto::INT64);
  tensor.add_dims(1);
  tensor.add_dims(2);
  for (const std::int64_t id : {101, -7}) tensor.add_int64_data(id);
  const auto typed = parse(tensor.SerializeAsString());
  ASSERT_TRUE(typed) << typed.error().to_string();
  EXPECT_EQ(typed->name, "ids");
  EXPECT_EQ(typed->type, "int64");
  EXPECT_THAT(typed->dimensions, ElementsAre(1, 2));
  EXPECT_THAT(values<std::int64_t>(*typed), ElementsAre(101, -7));

  tensor.clear_int64_data();
  tensor.set_raw_data(std::string("\x05\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0", 16));
  EXPECT_THAT(values<std::int64_t>(*parse(tensor.SerializeAsString())), ElementsAre(5, 6));
}

TEST(TensorFile, SmallTypesStandInWiderFields) {
  onnx::TensorProto tensor;
  tensor.set_data_type(onnx::TensorProto::BOOL);
  tensor.add_dims(3);
  for (const int flag : {1, 0, 1}) tensor.add_int32_data(flag);
  const auto parsed = parse(tensor.SerializeAsString());
  ASSERT_TRUE(parsed) << parsed.error().to_string();
  EXPECT_THAT(values<std::uint8_t>(*parsed), ElementsAre(1, 0, 1));
}

TEST(TensorFile, RefusesWhatIsNoTensor) {
  EXPECT_THAT(parse("something").error().message(), HasSubstr("input_0.pb"));
  EXPECT_FALSE(parse(""));
  onnx::TensorProto tensor;
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  tensor.add_dims(1000);
  tensor.add_float_data(1.0F);
  EXPECT_EQ(parse(tensor.SerializeAsString()).error().code(), ErrorCode::kParse);
}

}  // namespace
}  // namespace layerwatt
