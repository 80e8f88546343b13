#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sluice/graph/dashboard.hpp>
#include <sluice/graph/listen.hpp>
#include <sluice/graph/settings.hpp>
#include <sluice/graph/stage_settings.hpp>
#include <stdexcept>

namespace sluice {
namespace {

// A token goes into a header, a cookie and an address as it is.
bool fits_a_header(std::string_view token) {
  return std::all_of(token.begin(), token.end(), [](char c) {
    return is_identifier(std::string_view(&c, 1)) || c == '.' || c == '~';
  });
}

// As manuals have them, and who copies those.
bool is_example(std::string_view token) {
  std::string letters;
  for (const char c : token)
    if (c != '-' && c != '_' && c != '.' && c != '~')
      letters += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  constexpr auto kExamples = std::to_array<std::string_view>(
      {"changeme", "example", "password", "yourtoken", "0123456789", "1234567890"});
  return std::any_of(kExamples.begin(), kExamples.end(), [&](std::string_view example) {
    return letters.find(example) != std::string::npos;
  });
}

}  // namespace

std::optional<DashboardProblem> problem_of(const DashboardPlan& dashboard) {
  try {
    const auto where = parse_listen(dashboard.listen);
    if (!where.loopback && dashboard.token.empty())
      return {{"listen",
               fmt::format("on {} everyone on the network could watch the cameras", where.host),
               fmt::format("set a token, which the page then asks for, or listen on "
                           "\"127.0.0.1:{}\"",
                           where.port)}};
  } catch (const std::invalid_argument& e) {
    return {{"listen", e.what(), {}}};
  }
  if (!dashboard.token.empty() &&
      (dashboard.token.size() < kShortestToken || !fits_a_header(dashboard.token)))
    return {{"token",
             fmt::format("a token has at least {} letters, digits, '-', '_', '.' or '~'",
                         kShortestToken),
             "as from: openssl rand -hex 16"}};
  if (is_example(dashboard.token))
    return {{"token", "this token is an example's, which everybody knows",
             "make one: openssl rand -hex 16"}};
  return std::nullopt;
}

std::optional<DashboardPlan> read_dashboard(const Entry& entry, Problems& problems) {
  const auto* table = expect_table(entry, "[dashboard]", problems);
  if (!table) return std::nullopt;
  const auto settings =
      SettingsReader(problems, "the dashboard").read(*table, {&dashboard_parameters()});
  if (!settings.wrong.empty()) return std::nullopt;
  DashboardPlan dashboard;
  if (const auto* listen = settings.get<std::string>("listen")) dashboard.listen = *listen;
  if (const auto* token = settings.get<std::string>("token")) dashboard.token = *token;
  if (const auto* hosts = settings.get<std::vector<std::string>>("hosts")) dashboard.hosts = *hosts;
  const auto problem = problem_of(dashboard);
  if (!problem) return dashboard;
  const auto* given = table->find(problem->key);
  problems.add(given ? given->value.origin : entry.origin, "bad-parameter",
               "the dashboard: " + problem->message, problem->hint);
  return std::nullopt;
}

}  // namespace sluice
