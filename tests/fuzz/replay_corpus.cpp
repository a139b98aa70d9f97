// Drives a fuzz target without libFuzzer: runs it once on every file of the folders and files named
// as arguments, in order of their names.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_below(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool replay(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::vector<char> bytes(std::istreambuf_iterator<char>(in), {});
  if (!in) {
    std::cerr << file.string() << ": cannot read the seed\n";
    return false;
  }
  // Named before it runs, so that the last line of a crash names the seed at fault.
  std::cout << file.filename().string() << std::endl;
  const std::vector<std::uint8_t> data(bytes.begin(), bytes.end());
  return LLVMFuzzerTestOneInput(data.data(), data.size()) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  int count = 0;
  for (int i = 1; i < argc; ++i) {
    for (const fs::path& file : files_below(argv[i])) {
      if (!replay(file)) return 1;
      ++count;
    }
  }
  if (count == 0) {
    std::cerr << "no seed to run: name files or folders of them\n";
    return 1;
  }
  std::cout << count << " seeds replayed\n";
  return 0;
}
