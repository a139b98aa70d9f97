#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/versioning/object_id.h"
#include "layerwatt/versioning/project.h"

#include "versioning/remotes/draft.h"
#include "versioning/workspace/meter.h"

namespace layerwatt::versioning {

/// What is sent.
struct CachedObject {
  ObjectKey key;
  std::filesystem::path file;
  /// Its MD5 was compared, and nobody has touched it since: it need not be compared again.
  bool is_verified = false;
};

/// One way to a remote, used by one thread at a time. Errors name neither object nor remote: the
/// caller does. kNotFound: the remote has no such object; kPermissionDenied and kIo concern the
/// whole remote.
class RemoteConnection {
 public:
  virtual ~RemoteConnection() = default;
  virtual Result<bool> has(const ObjectKey& key) = 0;
  /// Sends the file of an object; a reader of the remote sees the whole of it or nothing. Advances
  /// the meter by the file's size.
  virtual Result<void> put(const CachedObject& object) = 0;
  /// Appends to the draft what it lacks. Advances the meter by what is fetched.
  virtual Result<void> get(Draft& draft) = 0;
};

class Remote {
 public:
  virtual ~Remote() = default;
  virtual Result<std::unique_ptr<RemoteConnection>> connect(Meter& meter) = 0;
  /// How many connections are worth having at once.
  virtual unsigned connections() const = 0;
  /// Whether asking for one object costs so much that a folder's list there is taken, as DVC takes
  /// it, to mean that its files are there too.
  virtual bool trusts_folder_lists() const { return true; }
  /// The paths (ObjectKey::path()) of all that is there, if one can ask and at most `pages` answers
  /// tell; nullopt otherwise.
  virtual Result<std::optional<std::set<std::string>>> list(Meter& meter, std::size_t pages) {
    (void)meter;
    (void)pages;
    return std::optional<std::set<std::string>>();
  }
};

/// Who carries data to and from a remote.
struct RemoteKind {
  std::string_view scheme;
  /// nullptr: a DVC on PATH does, which needs this extra ("ssh" of "dvc[ssh]").
  Result<std::unique_ptr<Remote>> (*open)(const RemoteSettings& settings);
  std::string_view extra;
};

/// The row for a remote's URL; kInvalidArgument for schemes that nobody knows.
Result<const RemoteKind*> remote_kind(const RemoteSettings& settings);

Result<std::unique_ptr<Remote>> open_folder_remote(const RemoteSettings& settings);
Result<std::unique_ptr<Remote>> open_http_remote(const RemoteSettings& settings);
Result<std::unique_ptr<Remote>> open_s3_remote(const RemoteSettings& settings);

}  // namespace layerwatt::versioning
