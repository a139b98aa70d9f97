#include "cli/app.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <sstream>
#include <utility>

namespace layerwatt::cli {

Check one_of(std::vector<std::string> words) {
  const CLI::Validator member = CLI::IsMember(std::move(words));
  return {[member](const std::string& text) { return member(text); }, member.get_description()};
}

Check existing_directory() {
  return {[](const std::string& text) { return CLI::ExistingDirectory(text); },
          CLI::ExistingDirectory.get_description()};
}

Option* Option::check(const Check& check) {
  option_.check(check.refuse, check.shown);
  return this;
}

Option* Option::type_name(const std::string& name) {
  option_.type_name(name);
  return this;
}

Option* Option::description(const std::string& text) {
  option_.description(text);
  return this;
}

Option* Option::capture_default_str() {
  option_.capture_default_str();
  return this;
}

Option* Option::default_str(const std::string& text) {
  option_.default_str(text);
  return this;
}

Option* Option::delimiter(char between) {
  option_.delimiter(between);
  return this;
}

Option* Option::required() {
  option_.required();
  return this;
}

Option* Option::expected(int count) {
  option_.expected(count);
  return this;
}

Option* Option::expected(int least, int most) {
  option_.expected(least, most);
  return this;
}

Option* Option::needs(const Option* other) {
  option_.needs(&other->option_);
  return this;
}

Option* Option::excludes(const Option* other) {
  option_.excludes(&other->option_);
  return this;
}

Option* Option::excludes(const std::string& name) {
  option_.excludes<CLI::App>(name);
  return this;
}

Option* Option::hide() {
  option_.group("");
  return this;
}

bool Option::is_given() const { return option_.count() > 0; }

App::App(const std::string& description, const std::string& name)
    : top_(std::make_unique<CLI::App>(description, name)), app_(*top_) {}

App::App(CLI::App& below) : app_(below) {}

App::~App() = default;

Option* App::keep(CLI::Option* option) {
  options_.push_back(std::make_unique<Option>(*option));
  return options_.back().get();
}

template <class To>
Option* App::add_option(const std::string& names, To& to, const std::string& description) {
  return keep(app_.add_option(names, to, description));
}

template <class Text>
Option* App::add_option_function(const std::string& names, std::function<void(const Text&)> take,
                                 const std::string& description) {
  return keep(app_.add_option_function<Text>(names, std::move(take), description));
}

Option* App::add_flag(const std::string& names, bool& to, const std::string& description) {
  return keep(app_.add_flag(names, to, description));
}

Option* App::add_flag_callback(const std::string& names, std::function<void()> given,
                               const std::string& description) {
  return keep(app_.add_flag_callback(names, std::move(given), description));
}

void App::set_version_flag(const std::string& names, const std::string& version) {
  app_.set_version_flag(names, version);
}

bool App::has_option(const std::string& name) const {
  return app_.get_option_no_throw(name) != nullptr;
}

Option* App::get_option(const std::string& name) { return keep(app_.get_option(name)); }

App* App::add_subcommand(const std::string& name, const std::string& description) {
  commands_.push_back(std::unique_ptr<App>(new App(*app_.add_subcommand(name, description))));
  return commands_.back().get();
}

void App::require_subcommand(std::size_t least, std::size_t most) {
  app_.require_subcommand(least, most);
}

void App::footer(const std::string& text) { app_.footer(text); }

Parsed App::parse(std::span<const std::string> words) {
  Parsed outcome;
  try {
    // CLI11 takes them from the back.
    app_.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    // It throws for --help, --version and wrong arguments alike.
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
      std::ostringstream shown;
      app_.exit(error, shown, shown);
      outcome = {Parsed::Kind::kShown, shown.str(), ""};
    } else {
      outcome = {Parsed::Kind::kRefused, error.what(), ""};
    }
  }
  for (const CLI::App* named : app_.get_subcommands()) outcome.command = named->get_name();
  return outcome;
}

bool App::parsed() const { return app_.parsed(); }

std::string App::name() const { return app_.get_name(); }

void refuse_value(const std::string& names, const std::string& why) {
  throw CLI::ValidationError(names, why);
}

// What options can be read into.
#define LAYERWATT_OPTION_OF(To) \
  template Option* App::add_option<To>(const std::string&, To&, const std::string&)
LAYERWATT_OPTION_OF(std::string);
LAYERWATT_OPTION_OF(std::optional<std::string>);
LAYERWATT_OPTION_OF(std::vector<std::string>);
LAYERWATT_OPTION_OF(double);
LAYERWATT_OPTION_OF(std::optional<double>);
LAYERWATT_OPTION_OF(std::vector<double>);
LAYERWATT_OPTION_OF(int);
LAYERWATT_OPTION_OF(std::optional<int>);
LAYERWATT_OPTION_OF(std::int64_t);
LAYERWATT_OPTION_OF(std::optional<std::int64_t>);
LAYERWATT_OPTION_OF(std::vector<std::int64_t>);
LAYERWATT_OPTION_OF(std::uint64_t);
LAYERWATT_OPTION_OF(std::optional<std::uint64_t>);
LAYERWATT_OPTION_OF(std::filesystem::path);
#undef LAYERWATT_OPTION_OF

template Option* App::add_option_function<std::string>(const std::string&,
                                                       std::function<void(const std::string&)>,
                                                       const std::string&);
template Option* App::add_option_function<std::vector<std::string>>(
    const std::string&, std::function<void(const std::vector<std::string>&)>, const std::string&);

}  // namespace layerwatt::cli
