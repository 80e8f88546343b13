#include <fmt/format.h>

#include <algorithm>
#include <sluice/base/trust.hpp>
#include <sluice/graph/include.hpp>
#include <sluice/graph/locate.hpp>
#include <sluice/graph/parse.hpp>

namespace sluice {
namespace {

namespace fs = std::filesystem;

// The same for all names of one file, as far as the file system can be asked.
fs::path identity(const fs::path& path) {
  std::error_code error;
  auto real = fs::weakly_canonical(path, error);
  return error ? path.lexically_normal() : real;
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

bool is_inside(const fs::path& file, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), file.begin(), file.end()).first ==
         folder.end();
}

}  // namespace

std::optional<Table> FileLayers::load(int source, const fs::path& path) {
  if (files_.empty()) home_ = identity(folder_of(path));
  files_.push_back(path);
  auto own = parse_document(sources_, source, problems_);
  if (!own) return std::nullopt;

  Table layers;
  if (Value* which = own->value("include")) {
    open_.push_back(identity(path));
    variables_.expand(*which);
    if (const auto* list = which->as<Value::List>()) {
      for (const auto& item : *list) include(item, path.parent_path(), layers);
    } else {
      include(*which, path.parent_path(), layers);
    }
    open_.pop_back();
    own->remove("include");
  }
  lay_over(layers, std::move(*own));
  return layers;
}

void FileLayers::include(const Value& which, const fs::path& folder, Table& below) {
  if (which.broken()) return problems_.mute_what_is_missing();
  const auto* name = which.as<std::string>();
  const auto refuse = [&](ProblemCode code, std::string message, std::string hint) {
    problems_.add(which.origin, code, std::move(message), std::move(hint));
    problems_.mute_what_is_missing();
  };
  if (!name)
    return refuse("wrong-type",
                  fmt::format("'include' takes a list of files, not {}", shown(which)),
                  "as in include = [\"common.toml\"]");
  // Before the file system is asked: noise may name files without end.
  if (++named_ > kMostFiles)
    return refuse("include-limit", fmt::format("more than {} files in all", kMostFiles), {});
  const auto path = (folder / *name).lexically_normal();
  if (!is_file_name(*name) || !is_there(path))
    return refuse("no-such-include", fmt::format("there is no file '{}'", path.string()),
                  near_files(path));
  const auto real = identity(path);
  if (const auto again = std::find(open_.begin(), open_.end(), real); again != open_.end()) {
    std::string way;
    for (auto it = again; it != open_.end(); ++it) way += it->filename().string() + " -> ";
    return refuse("include-cycle",
                  fmt::format("a file includes itself: {}{}", way, real.filename().string()),
                  "take the common part into a file of its own");
  }
  if (open_.size() >= kDeepest)
    return refuse("include-limit", fmt::format("includes go deeper than {} files", kDeepest), {});
  if (const auto reason = trusted_ ? distrust(path) : std::nullopt)
    return refuse("untrusted-graph",
                  fmt::format("'{}' is not included: {}", path.string(), reason->why),
                  "a graph is a program; " + reason->hint);
  auto file = read_graph_file(path);
  if (!file.text) return refuse(file.code, std::move(file.message), std::move(file.hint));
  // Whoever reads what is said of a graph need not be who may read all that it names.
  const auto may_be_shown =
      is_inside(real, home_) ? FileTexts::Shown::lines : FileTexts::Shown::places;
  auto layer = load(sources_.add(path.string(), std::move(*file.text), may_be_shown), path);
  if (!layer) return problems_.mute_what_is_missing();
  lay_over(below, std::move(*layer));
}

}  // namespace sluice
