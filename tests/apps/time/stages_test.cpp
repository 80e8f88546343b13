// sluice time stages: every type is there, with figures or with the reason why not.

#include <sluice/graph/stage_type.hpp>

#include "catch.hpp"
#include "process.hpp"

TEST_CASE("time stages measures a type at both sizes") {
  const test::Folder folder;
  const auto file = (folder.path() / "stages.json").string();
  test::Process process(
      test::sluice({"time", "stages", "decode.jpeg", "--for", "1s", "--json", file}));
  REQUIRE(process.wait() == 0);
  INFO(process.out() << process.err());
  const auto entries = test::read_json(file)["stages"];
  REQUIRE(entries.size() == 2);
  CHECK(entries[0]["width"] == 640);
  CHECK(entries[1]["width"] == 1920);
  for (const auto& entry : entries) {
    CHECK(entry["type"] == "decode.jpeg");
    REQUIRE(entry.contains("figures"));
    CHECK(entry["figures"]["frames"] > 0);
    CHECK(entry["figures"]["process_ms"]["p50"] > 0);
    CHECK(entry["figures"]["fps_of_one_core"] > 0);
    CHECK(entry["figures"]["dropped"].empty());
    const auto& sources = entry["figures"]["sources"];
    REQUIRE(sources.size() == 1);
  }
  // A larger picture is more work, whatever the machine.
  const auto bytes_per_frame = [&](std::size_t i) {
    const auto& source = entries[i]["figures"]["sources"]["synthetic"];
    return source["bytes"].get<double>() / source["frames"].get<double>();
  };
  CHECK(bytes_per_frame(1) > bytes_per_frame(0));
  CHECK(process.out().find("1920x1080") != std::string::npos);
}

TEST_CASE("time stages leaves no type out: what can't run here is listed with the reason") {
  const test::Folder folder;
  const auto file = (folder.path() / "stages.json").string();
  test::Process process(test::sluice({"time", "stages", "--for", "50ms", "--json", file}));
  REQUIRE(process.wait(std::chrono::seconds(200)) == 0);
  INFO(process.out() << process.err());
  const auto entries = test::read_json(file)["stages"];
  const auto types = sluice::StageTypes::all().sorted();
  REQUIRE(entries.size() == 2 * types.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    INFO(entries[i].dump());
    CHECK(entries[i]["type"] == types[i / 2]->name);
    CHECK(entries[i].contains("figures") != entries[i].contains("no_figures"));
    if (entries[i].contains("no_figures"))
      CHECK(entries[i]["no_figures"].get<std::string>().size() > 5);
    if (entries[i]["type"] == "log.events")
      CHECK(entries[i]["no_figures"] == "it takes events and no frames");
  }
}

TEST_CASE("time stages of a type that isn't there is told so") {
  test::Process process(test::sluice({"time", "stages", "decode.jpg"}));
  CHECK(process.wait() == 2);
  CHECK(process.err().find("did you mean 'decode.jpeg'?") != std::string::npos);
}
