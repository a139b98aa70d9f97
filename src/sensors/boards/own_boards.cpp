#include "sensors/boards/own_boards.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "layerwatt/core/file_text.h"
#include "layerwatt/sensors/own_boards.h"

#include "core/json.h"

namespace layerwatt {
namespace {

using rapidjson::Value;

/// Reads members of one object; the first that is wrong is kept as the error.
class Members {
 public:
  Members(const Value& object, std::string where, std::deque<std::string>& texts)
      : object_(object), where_(std::move(where)), texts_(texts) {
    if (!object_.IsObject()) fail("", "an object");
  }

  const std::string& where() const { return where_; }
  std::deque<std::string>& kept() { return texts_; }
  const std::optional<Error>& error() const { return error_; }

  /// `Text`: a string, or a view of one that is kept in `texts`.
  template <class Text>
  void text(const char* key, Text& out) {
    const Value* v = find(key);
    if (v == nullptr) return;
    if (!v->IsString()) return fail(key, "a text");
    out = keep(*v);
  }
  template <class Text>
  void texts(const char* key, std::vector<Text>& out) {
    const Value* v = list(key);
    if (v == nullptr) return;
    for (const Value& element : v->GetArray()) {
      if (!element.IsString()) return fail(key, "a list of texts");
      out.emplace_back(keep(element));
    }
  }
  void number(const char* key, double& out) {
    const Value* v = find(key);
    if (v == nullptr) return;
    if (!v->IsNumber()) return fail(key, "a number");
    out = v->GetDouble();
  }
  const Value* list(const char* key) {
    const Value* v = find(key);
    if (v == nullptr || v->IsArray()) return v;
    fail(key, "a list");
    return nullptr;
  }
  void require(bool is_there, std::string_view key, std::string_view expected) {
    if (!is_there) fail(key, expected);
  }
  void take_error_of(const Members& other) {
    if (!error_ && other.error_) error_ = other.error_;
  }

 private:
  const std::string& keep(const Value& v) {
    return texts_.emplace_back(v.GetString(), v.GetStringLength());
  }
  const Value* find(const char* key) const {
    if (!object_.IsObject()) return nullptr;
    const auto member = object_.FindMember(key);
    return member == object_.MemberEnd() || member->value.IsNull() ? nullptr : &member->value;
  }
  void fail(std::string_view key, std::string_view expected) {
    if (error_) return;
    error_ = Error(ErrorCode::kParse, fmt::format("{}{}{}: expected {}", where_,
                                                  key.empty() ? "" : ".", key, expected));
  }

  const Value& object_;
  std::string where_;
  std::deque<std::string>& texts_;
  std::optional<Error> error_;
};

KnownRail read_rail(Members& members) {
  KnownRail rail;
  members.text("name", rail.name);
  members.text("covers", rail.coverage);
  members.number("milliohm", rail.milliohms);
  members.require(!rail.name.empty(), "name", "the rail's name, as 'layerwatt sensors' lists it");
  members.require(rail.milliohms >= 0.0 && rail.milliohms < 1e6, "milliohm", "0 to 1,000,000");
  return rail;
}

KnownTotal read_total(Members& members) {
  KnownTotal total;
  total.name = "total";
  members.text("name", total.name);
  members.texts("rails", total.rails);
  members.text("why", total.why);
  members.require(!total.rails.empty(), "rails", "the names of one or more rails");
  members.require(!total.why.empty(), "why", "the reason for believing that these make it up");
  return total;
}

/// Each element of `board`'s list `key`, read by `read`.
template <class T>
void read_list(Members& board, const char* key, T (*read)(Members&), std::vector<T>& out) {
  const Value* list = board.list(key);
  if (list == nullptr) return;
  for (rapidjson::SizeType i = 0; i < list->Size(); ++i) {
    Members members((*list)[i], fmt::format("{}.{}[{}]", board.where(), key, i), board.kept());
    out.push_back(read(members));
    board.take_error_of(members);
  }
}

OwnBoard read_board(Members& members) {
  OwnBoard own;
  KnownBoard& board = own.board;
  members.text("title", board.title);
  members.texts("modules", board.parts);
  members.texts("compatible", own.compatible);
  members.text("model", own.model);
  members.text("no_total", board.no_total_reason);
  read_list(members, "rails", read_rail, board.rails);
  read_list(members, "totals", read_total, board.totals);
  members.require(!board.title.empty(), "title", "the board's name");
  members.require(!board.parts.empty() || !own.compatible.empty() || !own.model.empty(), "modules",
                  "one of modules, compatible and model, by which the board is known");
  members.require(!board.totals.empty() || !board.no_total_reason.empty(), "totals",
                  "a total, or no_total with the reason for none");
  return own;
}

/// Each file that was read, with what it said; rails and totals are looked up while the process
/// lives.
Result<const OwnBoards*> boards_of_file(const std::string& path) {
  struct Kept {
    std::string text;
    OwnBoards boards;
  };
  static std::mutex mutex;
  static std::list<Kept> kept;
  auto text = read_file(path);
  if (!text) return std::move(text).error();
  const std::lock_guard lock(mutex);
  for (const Kept& known : kept) {
    if (known.text == *text) return &known.boards;
  }
  auto boards = parse_own_boards(*text);
  if (!boards) return std::move(boards).error().at(path);
  kept.push_back({*std::move(text), *std::move(boards)});
  return &kept.back().boards;
}

/// "p3767" stands for p3767, p3767-0000 and p3767-0000-b00.
bool is_part(std::string_view module, std::string_view part) {
  return module.starts_with(part) && (module.size() == part.size() || module[part.size()] == '-');
}

bool is_of(const OwnBoard& own, const BoardIdentity& identity, std::string_view module) {
  const bool by_part =
      !module.empty() && std::ranges::any_of(own.board.parts, [&](std::string_view part) {
        return is_part(module, part);
      });
  const bool by_tree = std::ranges::any_of(own.compatible, [&](const std::string& entry) {
    return std::ranges::find(identity.compatible, entry) != identity.compatible.end();
  });
  return by_part || by_tree || (!own.model.empty() && own.model == identity.model);
}

}  // namespace

Result<OwnBoards> parse_own_boards(std::string_view text) {
  auto document = parse_json(text);
  if (!document) return std::move(document).error();
  OwnBoards own;
  Members file(*document, "the file", own.texts);
  const Value* list = file.list("boards");
  file.require(list != nullptr, "boards", "a list of boards");
  for (rapidjson::SizeType i = 0; list != nullptr && i < list->Size(); ++i) {
    Members members((*list)[i], fmt::format("boards[{}]", i), own.texts);
    own.boards.push_back(read_board(members));
    file.take_error_of(members);
  }
  if (file.error()) return *file.error();
  return own;
}

Result<const KnownBoard*> find_board_of(const SystemRoot& root, const BoardIdentity& identity) {
  const std::string module = module_of(identity.compatible);
  const auto file = root.options.find(kBoardsOption);
  if (file == root.options.end()) return find_board(module);
  const auto own = boards_of_file(file->second);
  if (!own) return own.error();
  for (const OwnBoard& board : (*own)->boards) {
    if (is_of(board, identity, module)) return &board.board;
  }
  return find_board(module);
}

const KnownBoard* known_board_of(const SystemRoot& root, const BoardIdentity& identity) {
  const auto found = find_board_of(root, identity);
  return found ? *found : nullptr;
}

}  // namespace layerwatt
