#include <fmt/format.h>

#include <display/web_page.hpp>

namespace sluice::display {
namespace {

// {0} is the page's title, {1} the source (empty: all), {2} the picture's address, {3} its text for
// those who don't see it, {4} what is offered besides, {5} a part's files, {6} its section.
constexpr const char* kPage = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{0}</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/sluice.css">
<script src="/sluice.js" defer></script>
{5}</head>
<body data-source="{1}">
<p id="lost" role="alert" hidden></p>
<header>
<nav><a class="brand" href="/"><img src="/icon.svg" alt="" width="24" height="24">Sluice</a>{4}</nav>
<p id="summary" role="status"></p>
</header>
<main>
<figure>
<img id="picture" src="{2}" alt="{3}">
<figcaption id="note" hidden></figcaption>
</figure>
<h2>Sources</h2>
<ul id="sources"></ul>
<p id="empty">No source has sent a picture yet.</p>
{6}<noscript><p>The picture is live. The list of sources needs JavaScript.</p></noscript>
</main>
</body>
</html>
)html";

constexpr const char* kPartFiles = R"html(<link rel="stylesheet" href="/part.css">
<script src="/part.js" defer></script>
)html";

}  // namespace

std::string web_page(std::string_view source, std::string_view section) {
  if (source.empty())
    return fmt::format(fmt::runtime(kPage), "Sluice", "", "/montage.mjpg",
                       "Live pictures of all sources", "", section.empty() ? "" : kPartFiles,
                       section);
  const auto more = fmt::format(
      "<span class=\"here\" id=\"here\">{0}</span><a class=\"button\" href=\"/snapshot/{0}.jpg\">"
      "Snapshot</a>",
      source);
  return fmt::format(fmt::runtime(kPage), fmt::format("{} · Sluice", source), source,
                     fmt::format("/stream/{}.mjpg", source),
                     fmt::format("Live picture of {}", source), more, "", "");
}

const std::string_view kWebIcon = R"svg(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="8" fill="#1f6f8b"/>
<path d="M6 11c3.3-3.5 6.7-3.5 10 0s6.7 3.5 10 0" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/>
<path d="M6 20c3.3-3.5 6.7-3.5 10 0s6.7 3.5 10 0" fill="none" stroke="#9fd6e6" stroke-width="3" stroke-linecap="round"/>
</svg>
)svg";

const char* const kWebPolicy =
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace sluice::display
