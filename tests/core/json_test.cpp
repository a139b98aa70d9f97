#include "core/json.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <locale>
#include <sstream>

#include "layerwatt/core/file_text.h"

#include "core/control_characters.h"
#include "core/json_writer.h"
#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

std::string fault_of(std::string_view text) {
  const auto parsed = parse_json(text);
  if (parsed) return "";
  EXPECT_EQ(parsed.error().code(), ErrorCode::kParse);
  return parsed.error().message();
}

TEST(ParseJson, ReadsWhatTheInspectorWrites) {
  const auto document = parse_json(R"({"Layers": [{"Name": "conv", "Groups": 1}], "p": 2.37e6})");
  ASSERT_TRUE(document);
  EXPECT_STREQ((*document)["Layers"][0]["Name"].GetString(), "conv");
  EXPECT_EQ((*document)["Layers"][0]["Groups"].GetInt(), 1);
  EXPECT_EQ((*document)["p"].GetDouble(), 2.37e6);
}

TEST(ParseJson, KeepsEveryBitOfANumber) {
  const auto document = parse_json("[0.1, 123456789.12345679, 9223372036854775807, 5e-324]");
  ASSERT_TRUE(document);
  EXPECT_EQ((*document)[0].GetDouble(), 0.1);
  EXPECT_EQ((*document)[1].GetDouble(), 123456789.12345679);
  EXPECT_EQ((*document)[2].GetInt64(), INT64_MAX);
  EXPECT_EQ((*document)[3].GetDouble(), 5e-324);
}

TEST(ParseJson, KeepsWholeNumbersApartFromReals) {
  auto document = parse_json("[-9223372036854775808, 18446744073709551615, 3, 3.0, 1e3, -0]");
  ASSERT_TRUE(document);
  const auto& list = document->GetArray();
  EXPECT_EQ(list[0].GetInt64(), INT64_MIN);
  EXPECT_EQ(list[1].GetUint64(), UINT64_MAX);
  EXPECT_FALSE(list[1].IsInt64());
  EXPECT_EQ(list[2].GetInt(), 3);
  EXPECT_FALSE(list[3].IsInt64());
  EXPECT_EQ(list[3].GetDouble(), 3.0);
  EXPECT_EQ(list[4].GetDouble(), 1000.0);
  EXPECT_EQ(list[5].GetInt(), 0);
}

TEST(ParseJson, ReadsZeroWithAnExponent) {
  const auto document = parse_json("[0e-260, 0.000e-400, -0e20]");
  ASSERT_TRUE(document) << document.error().message();
  for (const auto& value : document->GetArray()) EXPECT_EQ(value.GetDouble(), 0.0);
}

TEST(ParseJson, NamesANumberThatNoDoubleHolds) {
  EXPECT_EQ(fault_of("{\n  \"power\": 1e-999\n}"),
            "line 2: the number 1e-999 is outside what a double can hold");
  EXPECT_NE(fault_of("{\n  \"power\": 1e999\n}").find("line 2: not valid JSON: Number too big"),
            std::string::npos);
}

TEST(ParseJson, RefusesWhatIsNotJson) {
  for (const char* text : {"", " ", "NaN", "[NaN]", "[Infinity]", "[1,]", "{\"a\":1,}", "// x\n1",
                           "{'a': 1}", "[1] [2]", "\"\xff\"", "[01]", "[+1]", "[1e999]", "nul"}) {
    EXPECT_NE(fault_of(text), "") << text;
  }
}

TEST(ParseJson, NamesTheLine) {
  EXPECT_EQ(fault_of("{\n\"a\": 1,\n\"b\": oops\n}").rfind("line 3: ", 0), 0U);
}

TEST(ParseJson, SaysThatAFileMayHaveBeenCutOff) {
  const std::string whole = R"({"Layers": [{"Name": "conv", "Stride": [1, 1]}]})";
  for (std::size_t length = 1; length < whole.size(); ++length) {
    EXPECT_NE(fault_of(std::string_view(whole).substr(0, length)), "") << length;
  }
  EXPECT_NE(fault_of(whole.substr(0, 30)).find("cut off"), std::string::npos);
}

TEST(ParseJson, RefusesNestingThatWouldOverflowAStack) {
  const auto nested = [](int depth) {
    const auto count = static_cast<std::size_t>(depth);
    return std::string(count, '[') + std::string(count, ']');
  };
  EXPECT_EQ(fault_of(nested(200)), "");
  EXPECT_EQ(fault_of(nested(201)), "JSON nested deeper than 200 levels");
  EXPECT_NE(fault_of(std::string(1'000'000, '[')), "");
  EXPECT_NE(fault_of(std::string(1'000'000, '{')), "");
}

TEST(ParseJson, DoesNotCountBracketsWithinStrings) {
  EXPECT_EQ(fault_of("[\"" + std::string(500, '[') + "\\\"[\"]"), "");
}

TEST(LineOfOffset, CountsFromOne) {
  EXPECT_EQ(line_of_offset("a\nb\nc", 0), 1);
  EXPECT_EQ(line_of_offset("a\nb\nc", 2), 2);
  EXPECT_EQ(line_of_offset("a\nb\nc", 999), 3);
}

TEST(ReadJson, NamesTheFile) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "cut.json";
  ASSERT_TRUE(write_file_atomically(path, "{\"a\": "));
  const auto parsed = read_json(path);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().file(), path);
  EXPECT_EQ(read_json(folder.path() / "none.json").error().code(), ErrorCode::kNotFound);
}

std::string written(const std::function<void(JsonWriter&)>& fill,
                    JsonWriter::Style style = JsonWriter::Style::kCompact) {
  std::ostringstream out;
  JsonWriter writer(out, style);
  fill(writer);
  return out.str();
}

TEST(JsonWriter, LaysOutAsPythonDoes) {
  // json.dumps({"timestamp": "20241121-051743", "latencies": [0.0175, 1e-05], "empty": [], "none":
  // None}, indent=4)
  const std::string text = written(
      [](JsonWriter& json) {
        json.begin_object();
        json.member("timestamp", "20241121-051743");
        json.key("latencies").begin_array().value(0.0175).value(1e-5).end_array();
        json.key("empty").begin_array().end_array();
        json.key("none").null();
        json.end_object();
      },
      JsonWriter::Style::kIndented);
  EXPECT_EQ(text,
            "{\n"
            "    \"timestamp\": \"20241121-051743\",\n"
            "    \"latencies\": [\n"
            "        0.0175,\n"
            "        1e-05\n"
            "    ],\n"
            "    \"empty\": [],\n"
            "    \"none\": null\n"
            "}");
}

TEST(JsonWriter, WritesEachKindOfValue) {
  EXPECT_EQ(written([](JsonWriter& json) {
              json.begin_array().value(true).value(-5).value(std::uint64_t{UINT64_MAX});
              json.value(std::int64_t{INT64_MIN}).value(2.0).value("text");
              json.value(std::optional<double>()).value(std::optional<int>(3));
              json.begin_object().end_object().end_array();
            }),
            "[true,-5,18446744073709551615,-9223372036854775808,2.0,\"text\",null,3,{}]");
}

TEST(JsonWriter, WritesNullForWhatJsonCannotHold) {
  EXPECT_EQ(written([](JsonWriter& json) {
              json.begin_array().value(std::numeric_limits<double>::quiet_NaN());
              json.value(-std::numeric_limits<double>::infinity()).end_array();
            }),
            "[null,null]");
}

TEST(JsonWriter, EscapesWhatMustBeEscaped) {
  EXPECT_EQ(written([](JsonWriter& json) { json.value(std::string("a\"\\\n\t\r\x01\0/µ", 11)); }),
            "\"a\\\"\\\\\\n\\t\\r\\u0001\\u0000/µ\"");
}

TEST(JsonWriter, ReplacesInvalidUtf8) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  const auto replaced = [&](std::string_view bytes, std::size_t count) {
    std::string expected = "\"";
    for (std::size_t i = 0; i < count; ++i) expected += kReplacement;
    EXPECT_EQ(written([&](JsonWriter& json) { json.value(bytes); }), expected + '"');
  };
  replaced("\xff", 1);
  replaced("\x80", 1);
  replaced("\xc3", 1);              // cut off
  replaced("\xc0\xaf", 2);          // overlong
  replaced("\xe0\x80\xaf", 3);      // overlong
  replaced("\xed\xa0\x80", 3);      // half of a surrogate pair
  replaced("\xf4\x90\x80\x80", 4);  // beyond U+10FFFF
  replaced("\xf0\x9f\x98", 3);      // cut off
}

TEST(JsonWriter, KeepsValidUtf8) {
  for (const char* text : {"µ", "→", "深", "😀", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF", "\x7f"}) {
    EXPECT_EQ(written([&](JsonWriter& json) { json.value(text); }), '"' + std::string(text) + '"');
  }
}

TEST(JsonWriter, WhatItWritesReadsBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  const std::string text =
      written([&](JsonWriter& json) { json.begin_object().member(bytes, bytes).end_object(); });
  EXPECT_EQ(fault_of(text), "");
}

TEST(JsonWriter, IgnoresTheStreamsLocale) {
  struct Commas : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  std::ostringstream out;
  out.imbue(std::locale(std::locale::classic(), new Commas));
  JsonWriter(out, JsonWriter::Style::kCompact)
      .begin_array()
      .value(1234.5)
      .value(1234567)
      .end_array();
  EXPECT_EQ(out.str(), "[1234.5,1234567]");
}

TEST(JsonWriter, MisuseAborts) {
  EXPECT_DEATH(written([](JsonWriter& json) { json.begin_object().value(1); }), "");
  EXPECT_DEATH(written([](JsonWriter& json) { json.begin_array().key("a"); }), "");
  EXPECT_DEATH(written([](JsonWriter& json) { json.begin_object().key("a").end_object(); }), "");
  EXPECT_DEATH(written([](JsonWriter& json) { json.begin_object().key("a").key("b"); }), "");
  EXPECT_DEATH(written([](JsonWriter& json) { json.begin_array().end_object(); }), "");
  EXPECT_DEATH(written([](JsonWriter& json) { json.end_array(); }), "");
}

TEST(Json, ControlCharactersInsideStringsAreSpelledOut) {
  const std::string text = "{\"a\": \"x\x1ey\\\"\x1f\",\n\t\"b\": 1}";
  EXPECT_FALSE(parse_json(text));
  const std::string escaped = escape_control_characters(text);
  EXPECT_EQ(escaped, "{\"a\": \"x\\u001ey\\\"\\u001f\",\n\t\"b\": 1}");
  const auto document = parse_json(escaped);
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_STREQ((*document)["a"].GetString(), "x\x1ey\"\x1f");
}

}  // namespace
}  // namespace layerwatt
