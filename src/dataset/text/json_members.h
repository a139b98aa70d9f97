#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// Reads members of JSON objects into typed values and keeps the first thing that is wrong, with
/// the path of the member ("rails[0].name"), so that a reader of a file is a list of members and
/// one check at its end. Null counts as absent; unknown members are ignored.
class JsonErrors {
 public:
  void fail(const std::string& path, std::string_view expected);
  bool failed() const { return error_.has_value(); }
  /// Precondition: failed().
  Error take() { return *std::move(error_); }

 private:
  std::optional<Error> error_;
};

/// One object of a document and where it stands there. Reading members of what is no object (or is
/// absent) reads absent members.
class JsonObject {
 public:
  JsonObject(const rapidjson::Value* value, std::string path, JsonErrors& errors);

  bool has(std::string_view key) const { return find(key) != nullptr; }
  /// An object that is not there is empty.
  JsonObject object(std::string_view key) const;
  /// The elements of a list of objects.
  std::vector<JsonObject> objects(std::string_view key) const;

  /// Sets `out` where the member is there; a member of another type is an error.
  void get(std::string_view key, std::string& out) const;
  void get(std::string_view key, bool& out) const;
  void get(std::string_view key, int& out) const;
  void get(std::string_view key, std::int64_t& out) const;
  void get(std::string_view key, std::uint64_t& out) const;
  void get(std::string_view key, double& out) const;
  void get(std::string_view key, std::vector<std::string>& out) const;
  void get(std::string_view key, std::vector<double>& out) const;
  void get(std::string_view key, std::vector<std::int64_t>& out) const;
  template <class T>
  void get(std::string_view key, std::optional<T>& out) const {
    T value{};
    if (!has(key)) return;
    get(key, value);
    out = value;
  }
  /// A quantity in its SI unit.
  template <class Tag>
  void get(std::string_view key, Quantity<Tag>& out) const {
    double value = out.value();
    get(key, value);
    out = Quantity<Tag>(value);
  }
  /// Seconds.
  void get(std::string_view key, Duration& out) const;
  /// One of `values`, by its word; left alone where there is no such member.
  template <class Enum, class Values>
  void get_word(std::string_view key, const Values& values, Enum& out) const {
    if (find(key) == nullptr) return;
    std::string word;
    get(key, word);
    for (const Enum value : values) {
      if (to_string(value) == word) {
        out = value;
        return;
      }
    }
    errors_.fail(path_of(key), "one of the words of this version");
  }
  /// An error if the member is absent.
  void require(std::string_view key) const;

  /// Every member as text or number, for maps whose keys are data.
  const rapidjson::Value* value() const { return value_; }
  JsonErrors& errors() const { return errors_; }
  std::string path_of(std::string_view key) const;

 private:
  const rapidjson::Value* find(std::string_view key) const;

  const rapidjson::Value* value_;
  std::string path_;
  JsonErrors& errors_;
};

}  // namespace layerwatt
