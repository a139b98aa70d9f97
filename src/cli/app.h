#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace layerwatt::cli {

/// What an option asks of each text that is typed for it.
struct Check {
  /// What is wrong with a text; empty where nothing is.
  std::function<std::string(const std::string& text)> refuse;
  /// What the help shows behind the type of the value, if anything.
  std::string shown{};
};

/// One of these words, which the help shows.
Check one_of(std::vector<std::string> words);

Check existing_directory();

/// An option that has been declared; each function returns the option itself.
class Option {
 public:
  explicit Option(CLI::Option& option) : option_(option) {}

  /// The last check is made first.
  Option* check(const Check& check);
  /// What the help shows for the value: "FILE".
  Option* type_name(const std::string& name);
  Option* description(const std::string& text);
  /// The help shows the value that the variable has now.
  Option* capture_default_str();
  /// The help shows this for the value that holds where none is given.
  Option* default_str(const std::string& text);
  Option* delimiter(char between);
  Option* required();
  /// How many values it takes.
  Option* expected(int count);
  Option* expected(int least, int most);
  /// It is given together with that one only.
  Option* needs(const Option* other);
  /// It is never given together with that one.
  Option* excludes(const Option* other);
  Option* excludes(const std::string& name);
  /// No help shows it.
  Option* hide();

  bool is_given() const;

 private:
  CLI::Option& option_;
};

/// What became of a command line.
struct Parsed {
  enum class Kind {
    /// Everything was understood, and the variables are set.
    kTaken,
    /// `text` is what --help or --version shows.
    kShown,
    /// `text` is what was wrong.
    kRefused,
  };
  Kind kind = Kind::kTaken;
  std::string text;
  /// The command (of those right below) that was named, if any.
  std::string command;
};

/// The options, arguments and commands that one command takes. They are CLI11's, whose headers are
/// all inline and cost ten seconds of compilation in every source that names them: app.cpp alone
/// does.
///
/// What options write to must outlive the parsing; options and commands live as long as the App at
/// the top.
class App {
 public:
  explicit App(const std::string& description = "", const std::string& name = "");
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  /// Names: "--output", "-o,--output", or "FILE" for an argument that stands by itself. To: a type
  /// that app.cpp instantiates.
  template <class To>
  Option* add_option(const std::string& names, To& to, const std::string& description);
  /// Hands on what is typed: Text is std::string, or std::vector<std::string> for several values.
  template <class Text>
  Option* add_option_function(const std::string& names, std::function<void(const Text&)> take,
                              const std::string& description);
  /// Names: "--json", or "--spin,!--no-spin", whose second name sets false.
  Option* add_flag(const std::string& names, bool& to, const std::string& description);
  Option* add_flag_callback(const std::string& names, std::function<void()> given,
                            const std::string& description);
  void set_version_flag(const std::string& names, const std::string& version);
  bool has_option(const std::string& name) const;
  /// One that has been declared.
  Option* get_option(const std::string& name);

  App* add_subcommand(const std::string& name, const std::string& description = "");
  void require_subcommand(std::size_t least, std::size_t most);

  /// What the help ends with.
  void footer(const std::string& text);

  /// Without the program's name.
  Parsed parse(std::span<const std::string> words);
  /// Whether this command was named.
  bool parsed() const;
  std::string name() const;

  /// The parser itself, for who describes it.
  const CLI::App& parser() const { return app_; }

 private:
  explicit App(CLI::App& below);
  Option* keep(CLI::Option* option);

  std::unique_ptr<CLI::App> top_;
  CLI::App& app_;
  std::vector<std::unique_ptr<Option>> options_;
  std::vector<std::unique_ptr<App>> commands_;
};

/// Ends the parsing from within what an option hands its text to: `names` are the option's.
[[noreturn]] void refuse_value(const std::string& names, const std::string& why);

}  // namespace layerwatt::cli
