// SPDX-License-Identifier: MIT
#include <fstream>
#include <set>

#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fleet/fleet_file.hpp>

using namespace imagewright;
using namespace imagewright::fleet;

namespace {

std::filesystem::path write(const std::filesystem::path& directory, const std::string& text) {
  std::ofstream(directory / "node.yaml") << "release: workbench\n";
  std::ofstream(directory / "fleet.yaml") << text;
  return directory / "fleet.yaml";
}

/// "line: message" of each mistake.
std::vector<std::string> mistakes_of(const std::string& text) {
  const imagewright_test::ScratchDirectory scratch;
  std::vector<std::string> lines;
  try {
    read_fleet(write(scratch.path(), text));
  } catch (const base::InputError& error) {
    for (const base::Diagnostic& item : error.diagnostics().items())
      lines.push_back(std::to_string(item.where->line) + ": " + item.message);
  }
  return lines;
}

} // namespace

TEST_CASE("a fleet file has variants, architectures, platforms and exclusions") {
  const imagewright_test::ScratchDirectory scratch;
  const Fleet fleet = read_fleet(write(scratch.path(), R"(
variants: {gen1: node.yaml, gen2-fips: ./node.yaml}
architectures: [x86_64, aarch64]
platforms: {azure: [vhd-fixed], qemu: [qcow2, raw]}
exclude:
- {variant: "*fips*", architecture: aarch64, reason: no certificate}
)"));
  REQUIRE(fleet.variants.size() == 2);
  CHECK(fleet.variants[1] == Variant{.name = "gen2-fips", .config = scratch.path() / "node.yaml"});
  CHECK(fleet.platforms.at("qemu").size() == 2);
  REQUIRE(fleet.exclusions.size() == 1);
  CHECK(fits(fleet.exclusions[0], "gen2-fips", "aarch64", "azure"));
  CHECK_FALSE(fits(fleet.exclusions[0], "gen2-fips", "x86_64", "azure"));
  CHECK_FALSE(fits(fleet.exclusions[0], "gen1", "aarch64", "azure"));
}

TEST_CASE("every mistake of a fleet file is told with its line") {
  CHECK(mistakes_of("[]") == std::vector<std::string>{"1: a fleet is a mapping"});
  CHECK(mistakes_of("platforms: {azure: [vhd]}") ==
        std::vector<std::string>{"1: a fleet without variants"});
  const auto all = mistakes_of(R"(
variants: {Node: node.yaml, other: absent.yaml, list: [node.yaml]}
architectures: [x86_64, x86_64, mips]
platform: {}
platforms: {azure: [vhdfixed], empty: []}
exclude:
- {}
- {reason: none}
- {variant: a, arch: b}
- {variant: [a]}
)");
  CHECK(all.size() == 13);
  std::set<std::string> lines;
  for (const std::string& line : all)
    lines.insert(line.substr(0, line.find(':')));
  CHECK(lines == std::set<std::string>{"2", "3", "4", "5", "7", "8", "9", "10"});
}

TEST_CASE("an exclusion of the command line says what it means") {
  const Exclusion exclusion = parse_exclusion("variant=*fips*,arch=aarch64");
  CHECK(exclusion.variant == "*fips*");
  CHECK(exclusion.architecture == "aarch64");
  CHECK(exclusion.platform.empty());
  for (const char* text :
       {"", "fips", "variant=", "=a", "size=1", "variant=a,variant=b", "variant=a,"})
    CHECK_THROWS_AS(parse_exclusion(text), base::Error);
}
