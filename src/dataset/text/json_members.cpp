#include "dataset/text/json_members.h"

#include <fmt/format.h>

#include <cmath>

namespace layerwatt {

void JsonErrors::fail(const std::string& path, std::string_view expected) {
  if (!error_) {
    error_ = Error(ErrorCode::kParse, fmt::format("'{}' is not {}", path, expected));
  }
}

JsonObject::JsonObject(const rapidjson::Value* value, std::string path, JsonErrors& errors)
    : value_(value), path_(std::move(path)), errors_(errors) {
  if (value_ != nullptr && !value_->IsObject()) {
    errors_.fail(path_.empty() ? "the file" : path_, "an object");
    value_ = nullptr;
  }
}

std::string JsonObject::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + '.' + std::string(key);
}

const rapidjson::Value* JsonObject::find(std::string_view key) const {
  if (value_ == nullptr) return nullptr;
  const auto found = value_->FindMember(rapidjson::Value(
      rapidjson::StringRef(key.data(), static_cast<rapidjson::SizeType>(key.size()))));
  return found == value_->MemberEnd() || found->value.IsNull() ? nullptr : &found->value;
}

JsonObject JsonObject::object(std::string_view key) const {
  return JsonObject(find(key), path_of(key), errors_);
}

std::vector<JsonObject> JsonObject::objects(std::string_view key) const {
  std::vector<JsonObject> all;
  const rapidjson::Value* v = find(key);
  if (v == nullptr) return all;
  if (!v->IsArray()) {
    errors_.fail(path_of(key), "a list");
    return all;
  }
  for (rapidjson::SizeType i = 0; i < v->Size(); ++i) {
    all.emplace_back(&(*v)[i], fmt::format("{}[{}]", path_of(key), i), errors_);
  }
  return all;
}

void JsonObject::get(std::string_view key, std::string& out) const {
  const rapidjson::Value* v = find(key);
  if (v == nullptr) return;
  if (!v->IsString()) return errors_.fail(path_of(key), "a text");
  out.assign(v->GetString(), v->GetStringLength());
}

void JsonObject::get(std::string_view key, bool& out) const {
  const rapidjson::Value* v = find(key);
  if (v == nullptr) return;
  if (!v->IsBool()) return errors_.fail(path_of(key), "true or false");
  out = v->GetBool();
}

void JsonObject::get(std::string_view key, int& out) const {
  const rapidjson::Value* v = find(key);
  if (v == nullptr) return;
  if (!v->IsInt()) return errors_.fail(path_of(key), "a whole number");
  out = v->GetInt();
}

void JsonObject::get(std::string_view key, std::int64_t& out) const {
  const rapidjson::Value* v = find(key);
  if (v == nullptr) return;
  if (!v->IsInt64()) return errors_.fail(path_of(key), "a whole number");
  out = v->GetInt64();
}

void JsonObject::get(std::string_view key, std::uint64_t& out) const {
  const rapidjson::Value* v = find(key);
  if (v == nullptr) return;
  if (!v->IsUint64()) return errors_.fail(path_of(key), "a whole number from 0");
  out = v->GetUint64();
}

void JsonObject::get(std::string_view key, double& out) const {
  const rapidjson::Value* v = find(key);
  if (v == nullptr) return;
  if (!v->IsNumber()) return errors_.fail(path_of(key), "a number");
  out = v->GetDouble();
}

void JsonObject::get(std::string_view key, Duration& out) const {
  double seconds = to_seconds(out);
  get(key, seconds);
  // 290 years: what 64 bits of nanoseconds hold, with room.
  if (!(std::fabs(seconds) < 9e9)) return errors_.fail(path_of(key), "a number of seconds");
  out = from_seconds(seconds);
}

namespace {

template <class T, class Is, class Get>
void get_list(const rapidjson::Value* v, std::vector<T>& out, JsonErrors& errors,
              const std::string& path, std::string_view expected, Is is, Get get) {
  if (v == nullptr) return;
  if (!v->IsArray()) return errors.fail(path, expected);
  out.clear();
  for (const auto& element : v->GetArray()) {
    if (!is(element)) return errors.fail(path, expected);
    out.push_back(get(element));
  }
}

}  // namespace

void JsonObject::get(std::string_view key, std::vector<std::string>& out) const {
  get_list(
      find(key), out, errors_, path_of(key), "a list of texts",
      [](const rapidjson::Value& v) { return v.IsString(); },
      [](const rapidjson::Value& v) { return std::string(v.GetString(), v.GetStringLength()); });
}

void JsonObject::get(std::string_view key, std::vector<double>& out) const {
  get_list(
      find(key), out, errors_, path_of(key), "a list of numbers",
      [](const rapidjson::Value& v) { return v.IsNumber(); },
      [](const rapidjson::Value& v) { return v.GetDouble(); });
}

void JsonObject::get(std::string_view key, std::vector<std::int64_t>& out) const {
  get_list(
      find(key), out, errors_, path_of(key), "a list of whole numbers",
      [](const rapidjson::Value& v) { return v.IsInt64(); },
      [](const rapidjson::Value& v) { return v.GetInt64(); });
}

void JsonObject::require(std::string_view key) const {
  if (!has(key)) errors_.fail(path_of(key), "there");
}

}  // namespace layerwatt
