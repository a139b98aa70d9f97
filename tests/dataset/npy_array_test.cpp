#include "layerwatt/dataset/npy_array.h"

#include <gmock/gmock.h>

#include <cstring>
#include <string>

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// As numpy.save() writes it, version 1.
std::string npy(const std::string& type, const std::string& shape, const std::string& data,
                const std::string& fortran = "False") {
  std::string dict =
      "{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
  dict.resize((dict.size() + 10) / 64 * 64 + 54, ' ');
  dict.back() = '\n';
  std::string text("\x93NUMPY\x01\0", 8);
  text += static_cast<char>(dict.size());
  text += '\0';
  return text + dict + data;
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

template <class T>
std::vector<T> values(const NpyArray& array) {
  std::vector<T> out(array.data.size() / sizeof(T));
  std::memcpy(out.data(), array.data.data(), array.data.size());
  return out;
}

Result<NpyArray> parse(const std::string& text) {
  return parse_npy_array(std::as_bytes(std::span(text)));
}

std::string number(std::size_t value, int size) {
  std::string text;
  for (int i = 0; i < size; ++i, value >>= 8) text += static_cast<char>(value & 0xFF);
  return text;
}

/// A ZIP file of stored files.
std::string zip(const std::vector<std::pair<std::string, std::string>>& files, int method = 0) {
  std::string text;
  std::string directory;
  for (const auto& [name, data] : files) {
    const std::string sizes = number(0, 4) + number(data.size(), 4) + number(data.size(), 4);
    directory += std::string("PK\x01\x02", 4) + number(20, 2) + number(20, 2) + number(0, 2) +
                 number(static_cast<std::size_t>(method), 2) + number(0, 4) + sizes +
                 number(name.size(), 2) + number(0, 12) + number(text.size(), 4) + name;
    text += std::string("PK\x03\x04", 4) + number(20, 2) + number(0, 2) +
            number(static_cast<std::size_t>(method), 2) + number(0, 4) + sizes +
            number(name.size(), 2) + number(0, 2) + name + data;
  }
  return text + directory + std::string("PK\x05\x06", 4) + number(0, 4) + number(files.size(), 2) +
         number(files.size(), 2) + number(directory.size(), 4) + number(text.size(), 4) +
         number(0, 2);
}

Result<std::vector<std::pair<std::string, NpyArray>>> unzip(const std::string& text) {
  return parse_npz(std::as_bytes(std::span(text)));
}

TEST(NpyArray, ReadsTypesShapesAndValues) {
  const auto array = parse(npy("<i8", "(2, 3)", bytes_of<std::int64_t>({1, 2, 3, 4, 5, -6})));
  ASSERT_TRUE(array) << array.error().to_string();
  EXPECT_EQ(array->type, "int64");
  EXPECT_THAT(array->dimensions, ElementsAre(2, 3));
  EXPECT_THAT(values<std::int64_t>(*array), ElementsAre(1, 2, 3, 4, 5, -6));
  const auto scalar = parse(npy("<f4", "()", bytes_of<float>({2.5F})));
  ASSERT_TRUE(scalar);
  EXPECT_THAT(scalar->dimensions, IsEmpty());
  EXPECT_THAT(values<float>(*scalar), ElementsAre(2.5F));
  EXPECT_EQ(parse(npy("|b1", "(1,)", "\x01"))->type, "bool");
}

TEST(NpyArray, TurnsFortransOrderIntoCs) {
  const auto array =
      parse(npy("<i4", "(2, 3)", bytes_of<std::int32_t>({1, 4, 2, 5, 3, 6}), "True"));
  ASSERT_TRUE(array);
  EXPECT_THAT(values<std::int32_t>(*array), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(NpyArray, RefusesWhatIsCutOffOrNoNumbers) {
  EXPECT_THAT(parse(npy("<i8", "(9,)", "1234")).error().message(), HasSubstr("cut off"));
  EXPECT_FALSE(parse(npy("<i8", "(4611686018427387904, 8)", "1234")));
  EXPECT_THAT(parse(npy("|O", "(1,)", "12345678")).error().message(), HasSubstr("'|O'"));
  EXPECT_THAT(parse(npy(">f4", "(1,)", "1234")).error().message(), HasSubstr("byte order"));
  EXPECT_FALSE(parse("NUMPY"));
  EXPECT_FALSE(parse(""));
}

TEST(NpyArray, ReadsTheArraysOfAnNpzByTheirNames) {
  const auto arrays = unzip(zip({{"x.npy", npy("<f4", "(1,)", bytes_of<float>({1.5F}))},
                                 {"sr.npy", npy("<i8", "()", bytes_of<std::int64_t>({16000}))}}));
  ASSERT_TRUE(arrays) << arrays.error().to_string();
  ASSERT_EQ(arrays->size(), 2U);
  EXPECT_EQ(arrays->at(1).first, "sr");
  EXPECT_THAT(values<std::int64_t>(arrays->at(1).second), ElementsAre(16000));
}

TEST(NpyArray, SaysHowToSaveACompressedNpz) {
  const auto arrays = unzip(zip({{"x.npy", "packed"}}, 8));
  ASSERT_FALSE(arrays);
  EXPECT_EQ(arrays.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(arrays.error().message(), HasSubstr("numpy.savez()"));
  EXPECT_FALSE(unzip("PK"));
  std::string damaged = zip({{"x.npy", npy("<f4", "(1,)", "1234")}});
  damaged[damaged.size() - 4] = '\x7f';
  EXPECT_FALSE(unzip(damaged));
}

}  // namespace
}  // namespace layerwatt
