#include "versioning/workspace/output_files.h"

#include <sys/stat.h>

#include <cerrno>

#include "versioning/workspace/folder_hash.h"

namespace layerwatt::versioning {

Result<PresentOutput> read_present(const Project& project, const std::filesystem::path& path,
                                   HashKind kind, HashMemory& memory, Meter& meter) {
  PresentOutput present;
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return present;
    return error_from_errno(errno, "read").at(path);
  }
  if (S_ISDIR(status.st_mode)) {
    present.kind = PresentOutput::Kind::kFolder;
    const auto scan = scan_folder(project, path);
    if (!scan) return scan.error();
    auto files = hash_folder(path, *scan, kind, memory, meter);
    if (!files) return std::move(files).error();
    present.files = *std::move(files);
    return present;
  }
  // A link to a file is how DVC itself may place a file (cache.type = symlink).
  if (S_ISLNK(status.st_mode) && ::stat(path.c_str(), &status) != 0) return present;
  if (!S_ISREG(status.st_mode)) {
    return Error(ErrorCode::kUnsupported, "neither file nor folder (a pipe, socket or device)")
        .at(path);
  }
  const auto id = hash_remembered(path, kind, memory);
  if (!id) return id.error();
  present.kind = PresentOutput::Kind::kFile;
  present.files.entries.push_back({"", *id});
  present.is_executable = (status.st_mode & S_IXUSR) != 0;
  return present;
}

Result<Manifest> recorded_files(const Cache& cache, const TrackedOutput& output) {
  if (output.id->is_folder()) return cache.load_manifest({*output.id, output.hash});
  return Manifest{{{"", *output.id}}};
}

}  // namespace layerwatt::versioning
