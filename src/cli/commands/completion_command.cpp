#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "layerwatt/core/file_text.h"

#include "cli/command.h"
#include "cli/help/command_help.h"

namespace layerwatt::cli {

Action declare_completion(App& app);
Action declare_man_pages(App& app);

namespace {

Result<void> write_pages(const std::filesystem::path& folder, Terminal& terminal) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return Error(ErrorCode::kIo, fmt::format("cannot make the folder: {}", error.message()))
        .at(folder);
  }
  const std::vector<CommandHelp> commands = describe_commands();
  auto written = write_file_atomically(folder / "layerwatt.1", main_man_page(commands));
  for (const CommandHelp& command : commands) {
    if (!written) return written;
    written = write_file_atomically(folder / man_page_name(command), man_page(command));
  }
  if (!written) return written;
  terminal.err << fmt::format("{} pages in {}; 'man -l {}' shows the first\n", commands.size() + 1,
                              folder.string(), (folder / "layerwatt.1").string());
  return {};
}

}  // namespace

Action declare_completion(App& app) {
  const auto shell = std::make_shared<std::string>();
  app.add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(one_of({"bash", "zsh", "fish"}));
  app.footer(
      "Examples: source <(layerwatt completion bash)\n"
      "          layerwatt completion zsh > ~/.zfunc/_layerwatt\n"
      "          layerwatt completion fish > ~/.config/fish/completions/layerwatt.fish");
  return [shell](Terminal& terminal) -> Result<void> {
    const std::vector<CommandHelp> commands = describe_commands();
    terminal.out << (*shell == "bash"  ? bash_completion(commands)
                     : *shell == "zsh" ? zsh_completion(commands)
                                       : fish_completion(commands));
    return {};
  };
}

Action declare_man_pages(App& app) {
  const auto folder = std::make_shared<std::string>();
  app.add_option("--output-dir", *folder, "Where the pages go, one a command")
      ->type_name("DIR")
      ->required();
  app.footer("Example: layerwatt man-pages --output-dir ~/.local/share/man/man1");
  return [folder](Terminal& terminal) { return write_pages(*folder, terminal); };
}

}  // namespace layerwatt::cli
