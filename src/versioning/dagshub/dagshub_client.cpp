#include "versioning/dagshub/dagshub_client.h"

#include <fmt/format.h>

#include "core/json.h"
#include "versioning/http/url.h"

namespace layerwatt::versioning {
namespace {

std::string text_member(const rapidjson::Value& object, const char* name) {
  if (!object.IsObject()) return "";
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || !member->value.IsString()) return "";
  return std::string(member->value.GetString(), member->value.GetStringLength());
}

DagsHubEntry entry_of(const rapidjson::Value& row) {
  DagsHubEntry entry;
  entry.path = text_member(row, "path");
  entry.is_file = text_member(row, "type") == "file";
  entry.hash = text_member(row, "hash");
  entry.download_url = text_member(row, "download_url");
  const auto size = row.FindMember("size");
  if (size != row.MemberEnd() && size->value.IsUint64()) entry.size = size->value.GetUint64();
  return entry;
}

/// As the client guesses it from the name; the server does not say that it looks.
std::string content_type(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  const std::string suffix = dot == std::string::npos ? "" : path.substr(dot);
  if (suffix == ".json") return "application/json";
  if (suffix == ".csv") return "text/csv";
  if (suffix == ".txt") return "text/plain";
  if (suffix == ".png") return "image/png";
  return "application/octet-stream";
}

}  // namespace

DagsHubClient::DagsHubClient(const DagsHubRepository& repository, const Meter& meter)
    : repository_(repository), connection_(HttpSettings{}, meter) {}

HttpRequest DagsHubClient::request(const std::string& method, const std::string& path) const {
  HttpRequest request;
  request.method = method;
  request.url =
      fmt::format("{}/api/v1/repos/{}/{}{}", repository_.host, percent_encoded(repository_.owner),
                  percent_encoded(repository_.name), path);
  request.headers.push_back("Authorization: Bearer " + repository_.token);
  return request;
}

Error DagsHubClient::refused(const HttpAnswer& answer, const std::string& what) const {
  if (answer.status == 401 || answer.status == 403) {
    return Error(
        ErrorCode::kPermissionDenied,
        fmt::format("{}: DagsHub refuses the token in DAGSHUB_USER_TOKEN ({}): is it whole, and "
                    "may its owner write to {}/{}?",
                    what, answer.status, repository_.owner, repository_.name));
  }
  std::string said;
  if (const auto body = parse_json(answer.body)) {
    said = text_member(*body, "error");
    const std::string details = text_member(*body, "details");
    if (!details.empty()) said += (said.empty() ? "" : ": ") + details;
    if (said.empty()) said = text_member(*body, "message");
  }
  const std::string words = said.empty() ? "" : fmt::format(" ({})", said);
  if (answer.status == 404) {
    return Error(
        ErrorCode::kNotFound,
        fmt::format("{}: DagsHub finds nothing there{}; are owner, name, branch and folder right?",
                    what, words));
  }
  if (said.starts_with("invalid last_commit") || said.starts_with("missing last_commit")) {
    return Error(ErrorCode::kTryAgain,
                 fmt::format("{}: someone else committed to '{}' meanwhile; run it again", what,
                             repository_.branch));
  }
  return Error(ErrorCode::kIo,
               fmt::format("{}: DagsHub answered {}{}", what, answer.status, words));
}

Result<std::optional<std::string>> DagsHubClient::branch_tip(const std::string& branch) {
  const auto answer =
      connection_.send_with_retries(request("GET", "/branches/" + percent_encoded(branch, "/")));
  if (!answer) return answer.error();
  if (answer->status == 404) return std::optional<std::string>();
  if (!answer->is_success()) return refused(*answer, fmt::format("asking for '{}'", branch));
  const auto body = parse_json(answer->body);
  if (!body) return body.error();
  const auto commit = body->IsObject() ? body->FindMember("commit") : body->MemberEnd();
  if (!body->IsObject() || commit == body->MemberEnd()) {
    return Error(ErrorCode::kParse, "DagsHub's answer on a branch names no commit");
  }
  return std::optional(text_member(commit->value, "id"));
}

Result<std::string> DagsHubClient::default_branch() {
  const auto answer = connection_.send_with_retries(request("GET", ""));
  if (!answer) return answer.error();
  if (!answer->is_success()) return refused(*answer, "asking for the repository");
  const auto body = parse_json(answer->body);
  if (!body) return body.error();
  const std::string branch = text_member(*body, "default_branch");
  if (!branch.empty()) return branch;
  return Error(ErrorCode::kParse, "DagsHub's answer on the repository names no default branch");
}

Result<bool> DagsHubClient::put_files(const std::string& branch, const std::string& folder,
                                      const std::vector<DagsHubFile>& files, const Commit& commit) {
  // The client quotes the slashes of the folder here, and of nothing else.
  HttpRequest put = request("PUT", fmt::format("/content/{}/{}", branch, percent_encoded(folder)));
  // Cut between characters.
  constexpr std::size_t kLongestSummary = 100;
  std::string summary = commit.summary.substr(0, kLongestSummary);
  while (summary.size() < commit.summary.size() && !summary.empty() &&
         (static_cast<unsigned char>(commit.summary[summary.size()]) & 0xC0) == 0x80) {
    summary.pop_back();
  }
  const bool is_dvc_folder = !folder.empty() && commit.versioning != "git";
  const auto field = [&](const char* name, const std::string& value) {
    put.form.push_back({name, value, "", "", ""});
  };
  field("commit_choice", commit.new_branch ? "commit-to-new-branch" : "direct");
  field("commit_summary", summary);
  field("versioning", commit.versioning);
  field("last_commit", commit.last_commit);
  field("is_dvc_dir", is_dvc_folder ? "true" : "false");
  if (commit.new_branch) field("new_branch_name", *commit.new_branch);
  for (const DagsHubFile& file : files) {
    put.form.push_back({"files", "", file.path, file.local.string(), content_type(file.path)});
  }
  const auto answer = connection_.send_with_retries(put);
  if (!answer) return answer.error();
  if (answer->is_success()) return answer->status != 204;
  return refused(*answer, fmt::format("uploading '{}'", files.front().path));
}

Result<std::vector<DagsHubEntry>> DagsHubClient::list(const std::string& path) {
  const auto answer = connection_.send_with_retries(
      request("GET", fmt::format("/content/{}/{}?include_size=true",
                                 percent_encoded(repository_.branch), percent_encoded(path, "/"))));
  if (!answer) return answer.error();
  if (!answer->is_success()) return refused(*answer, fmt::format("listing '{}'", path));
  const auto body = parse_json(answer->body);
  if (!body) return body.error();
  std::vector<DagsHubEntry> entries;
  if (body->IsArray()) {
    for (const auto& row : body->GetArray()) entries.push_back(entry_of(row));
  } else {
    entries.push_back(entry_of(*body));
  }
  return entries;
}

HttpRequest DagsHubClient::file_request(const DagsHubEntry& entry) const {
  const auto own = parse_url(repository_.host);
  const auto url = parse_url(entry.download_url);
  const bool is_own = own && url && own->host == url->host && own->scheme == url->scheme;
  if (is_own) {
    HttpRequest get = request("GET", "");
    get.url = entry.download_url;
    return get;
  }
  // Elsewhere, or not named: the host's own way to the bytes.
  return request("GET", fmt::format("/raw/{}/{}", percent_encoded(repository_.branch),
                                    percent_encoded(entry.path, "/")));
}

}  // namespace layerwatt::versioning
