// For the tests of the graph check: graphs from texts, with a mark where the problem is.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sluice/graph/load.hpp>
#include <string>
#include <vector>

#include "catch.hpp"

namespace graph_fixture {

using namespace sluice;

// A folder of its own for each test, gone with it.
class Folder {
 public:
  Folder() {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("sluice-graph-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // A name that ends in '/' makes a folder.
  std::string write(const std::string& name, const std::string& text) const {
    const auto file = path_ / name;
    if (name.back() == '/') {
      std::filesystem::create_directories(file);
    } else {
      std::filesystem::create_directories(file.parent_path());
      std::ofstream(file, std::ios::binary) << text;
    }
    return file.string();
  }

 private:
  std::filesystem::path path_;
};

struct Marked {
  std::string text;  // without the mark "@@"
  int line = 0;      // 0: there is no mark
  int column = 0;
};

// Columns are counted by bytes: what is left of a mark is ASCII.
inline Marked marked(std::string text) {
  Marked result;
  const auto at = text.find("@@");
  if (at == std::string::npos) return {std::move(text), 0, 0};
  result.line = 1;
  for (std::size_t i = 0; i < at; ++i) {
    ++result.column;
    if (text[i] == '\n') ++result.line, result.column = 0;
  }
  ++result.column;
  result.text = text.erase(at, 2);
  return result;
}

inline LoadRequest request(std::vector<std::string> sets = {}, std::string device = "here") {
  LoadRequest r;
  r.graph = "test.toml";
  r.device = std::move(device);
  r.sets = std::move(sets);
  r.variable = [](const std::string& name) -> std::optional<std::string> {
    static const std::map<std::string, std::string> values{
        {"HUB", "hub.local"}, {"EMPTY", ""}, {"WIDTH", "640"}, {"TYPE", "loadtest.source"}};
    const auto it = values.find(name);
    return it == values.end() ? std::nullopt : std::optional(it->second);
  };
  return r;
}

inline std::string all_texts(const Loaded& loaded) {
  std::string text;
  for (const auto& problem : loaded.problems) text += to_text(problem) + "\n";
  return text;
}

// The plan of a graph that is right.
inline Plan plan(const std::string& text, const LoadRequest& r = request()) {
  auto loaded = load_graph_text(text, r);
  INFO(all_texts(loaded));
  REQUIRE(loaded.problems.empty());
  REQUIRE(loaded.plan);
  return *loaded.plan;
}

// The one problem of a graph that has one.
inline Problem problem(const std::string& text, const LoadRequest& r = request()) {
  auto loaded = load_graph_text(text, r);
  INFO(all_texts(loaded));
  REQUIRE(loaded.problems.size() == 1);
  REQUIRE_FALSE(loaded.plan);
  return loaded.problems.front();
}

inline const StagePlan& stage(const Plan& p, std::string_view name) {
  for (const auto& s : p.stages)
    if (s.name == name) return s;
  FAIL("the plan has no stage " << name);
  return p.stages.front();
}

template <class T>
T value(const Plan& p, std::string_view stage_name, std::string_view parameter) {
  for (const auto& [declared, v] : stage(p, stage_name).parameters)
    if (declared->name == parameter) return std::get<T>(v);
  FAIL("no parameter " << parameter);
  return {};
}

// "camera.out > in", "camera.events > trigger": what feeds a stage.
inline std::vector<std::string> links(const Plan& p, std::string_view stage_name) {
  std::vector<std::string> result;
  const auto& to = stage(p, stage_name);
  for (const auto& link : to.links) {
    const auto& from = p.stages.at(link.from);
    const auto output =
        link.output == kEventsOutput ? "events" : from.type->outputs.at(link.output).name;
    result.push_back(from.name + "." + output + " > " + to.type->inputs.at(link.input).name);
  }
  return result;
}

}  // namespace graph_fixture
