#include "accuracy/published.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "layerwatt/analysis/map_by_solving.h"
#include "layerwatt/dataset/raw_dataset.h"
#include "layerwatt/simulation/simulated_dataset.h"

namespace layerwatt::accuracy {
namespace {

namespace fs = std::filesystem;

/// A folder that goes with it.
class OwnFolder {
 public:
  OwnFolder() {
    std::string name = (fs::temp_directory_path() / "layerwatt-accuracy-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~OwnFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  OwnFolder(const OwnFolder&) = delete;
  OwnFolder& operator=(const OwnFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace

Result<LayerProfile> solve_published(const Simulation& simulation) {
  const OwnFolder folder;
  if (folder.path().empty()) {
    return Error(ErrorCode::kIo, "cannot make a folder for temporary files");
  }
  const fs::path raw = folder.path() / "raw";
  if (auto ok = write_simulated_dataset(simulation, "network", DatasetStyle::kPublished, raw);
      !ok) {
    return std::move(ok).error();
  }
  auto dataset = find_raw_dataset(raw);
  if (!dataset) return std::move(dataset).error();
  return map_model_by_solving(*dataset, dataset->models.front(), {}, folder.path() / "result");
}

}  // namespace layerwatt::accuracy
