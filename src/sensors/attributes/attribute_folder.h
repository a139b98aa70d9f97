#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/sensors/sensor.h"

#include "sensors/attributes/attribute_file.h"

namespace layerwatt {

/// A folder of attributes below the system's root, looked at while probing. Entries that cannot be
/// read are absent; read() says why.
class AttributeFolder {
 public:
  AttributeFolder(SystemRoot root, std::filesystem::path path);

  /// "hwmon3".
  std::string name() const { return path_.filename().string(); }
  const std::filesystem::path& path() const { return path_; }
  /// As a person would type it: below the root.
  std::filesystem::path whole_path(std::string_view attribute) const;

  bool has(std::string_view attribute) const;
  /// Trimmed; the whole attribute, up to a page.
  Result<std::string> read(std::string_view attribute) const;
  std::optional<std::string> text(std::string_view attribute) const;
  std::optional<std::int64_t> number(std::string_view attribute) const;
  Result<AttributeFile> open(std::string_view attribute) const;
  /// The last part of the path that a symbolic link names ("1-0040"); it need not lead anywhere.
  std::optional<std::string> link_name(std::string_view attribute) const;

  AttributeFolder sub(std::string_view folder) const;
  /// Folders (or links to them) in this one whose names begin with `prefix`, in natural order:
  /// hwmon2 before hwmon10. Empty where there is no such folder.
  std::vector<AttributeFolder> folders(std::string_view prefix = {}) const;
  /// Names of all entries, in natural order.
  std::vector<std::string> entries() const;

 private:
  SystemRoot root_;
  std::filesystem::path path_;
};

/// Order of names in which numbers count as numbers.
bool natural_less(std::string_view a, std::string_view b);

}  // namespace layerwatt
