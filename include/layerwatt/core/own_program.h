#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace layerwatt {

/// The file that holds this program's code. /proc/self/exe names another one, the loader, where the
/// loader was started with the program as its argument, as the launcher of the portable bundle
/// does. Empty where /proc is not mounted.
std::filesystem::path own_program();

/// What to execute to start this command once more: "/proc/self/exe", which also finds a program
/// that was replaced while it runs; in the portable bundle its launcher.
std::filesystem::path own_command();

/// The path of the mapping that holds `address`, of the text of /proc/<pid>/maps. Absent where no
/// file is mapped there. A newline in a path stands there as "\012", and is put back.
std::optional<std::filesystem::path> mapped_file(std::string_view maps, std::uintptr_t address);

/// The launcher of a portable bundle whose program is `program`: <bundle>/bin/<name> for
/// <bundle>/lib/layerwatt/<name>.
std::filesystem::path launcher_of(const std::filesystem::path& program);

}  // namespace layerwatt
