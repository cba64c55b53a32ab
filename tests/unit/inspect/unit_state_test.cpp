// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/inspect/unit_state.hpp>

using imagewright::inspect::SystemFiles;
using imagewright::inspect::unit_state;

namespace {

const std::string k_own = "/etc/systemd/system/";
const std::string k_vendor = "/usr/lib/systemd/system/";
const std::string k_wanted = "[Unit]\nWantedBy=x\n[Install]\nWantedBy=multi-user.target\n";

/// Files and links by their paths.
struct System {
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> links;

  std::optional<std::string> read(std::string path) const {
    for (int depth = 0; depth < 8; ++depth) {
      const auto link = links.find(path);
      if (link == links.end()) break;
      path = (std::filesystem::path(path).parent_path() / link->second).lexically_normal();
    }
    const auto found = files.find(path);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  }

  std::vector<std::string> list(const std::string& directory) const {
    std::set<std::string> names;
    const auto add = [&](const std::string& path) {
      if (path.starts_with(directory + "/"))
        names.insert(path.substr(directory.size() + 1,
                                 path.find('/', directory.size() + 1) - directory.size() - 1));
    };
    for (const auto& [path, text] : files)
      add(path);
    for (const auto& [path, target] : links)
      add(path);
    return {names.begin(), names.end()};
  }

  std::string state(const std::string& unit) const {
    return unit_state(unit,
                      {.read = [&](const std::string& path) { return read(path); },
                       .link_target = [&](const std::string& path) -> std::optional<std::string> {
                         const auto found = links.find(path);
                         if (found == links.end()) return std::nullopt;
                         return found->second;
                       },
                       .list = [&](const std::string& path) { return list(path); }});
  }
};

/// Units in every state that a file can give them.
System example() {
  return {
      .files = {{k_vendor + "on.service", k_wanted},
                {k_vendor + "off.service", k_wanted},
                {k_vendor + "hidden.service", k_wanted},
                {k_vendor + "plain.service", "[Service]\nExecStart=/bin/true\n"},
                {k_vendor + "empty-wish.service", "[Install]\nWantedBy=\n"},
                {k_vendor + "commented.service", "[Install]\n#WantedBy=a\n;WantedBy=b\n"},
                {k_vendor + "other.service", "[Install]\nAlso=on.service\n"},
                {k_vendor + "required.socket", "[Install]\nRequiredBy=sockets.target\n"},
                {k_vendor + "many@.service", k_wanted},
                {k_vendor + "named.service", "[Install]\nAlias=nick.service\n"},
                {k_own + "own.service", k_wanted}},
      .links = {{k_own + "multi-user.target.wants/on.service", k_vendor + "on.service"},
                {k_own + "sockets.target.requires/required.socket", k_vendor + "required.socket"},
                {k_own + "getty.target.wants/many@one.service", k_vendor + "many@.service"},
                {k_own + "nick.service", k_vendor + "named.service"},
                {k_own + "hidden.service", "/dev/null"},
                {k_vendor + "vendor-hidden.service", "/dev/null"}}};
}

} // namespace

TEST_CASE("a unit is what its files and links make it") {
  const System system = example();
  const std::map<std::string, std::string> expected{{"on.service", "enabled"},
                                                    {"on", "enabled"},
                                                    {"off.service", "disabled"},
                                                    {"hidden.service", "masked"},
                                                    {"hidden", "masked"},
                                                    {"vendor-hidden.service", "masked"},
                                                    {"plain.service", "static"},
                                                    {"commented.service", "static"},
                                                    {"empty-wish.service", "static"},
                                                    {"other.service", "indirect"},
                                                    {"required.socket", "enabled"},
                                                    {"many@one.service", "enabled"},
                                                    {"many@two.service", "disabled"},
                                                    {"named.service", "enabled"},
                                                    {"nick.service", "alias"},
                                                    {"own.service", "disabled"},
                                                    {"absent.service", "not-found"},
                                                    {"absent@x.service", "not-found"},
                                                    {"required", "not-found"}};
  for (const auto& [unit, state] : expected) {
    CAPTURE(unit);
    CHECK(system.state(unit) == state);
  }
}

TEST_CASE("the first place of the search path counts") {
  System system = example();
  system.files[k_own + "plain.service"] = k_wanted;
  CHECK(system.state("plain.service") == "disabled");
  system.links[k_own + "off.service"] = "/dev/null";
  CHECK(system.state("off.service") == "masked");
  // Enabled and masked at once is masked.
  system.links[k_own + "on.service"] = "/dev/null";
  CHECK(system.state("on.service") == "masked");
  system.files[k_own + "many@.service"] = "";
  CHECK(system.state("many@two.service") == "masked");
}

TEST_CASE("systemd says the same of the same files") {
  if (std::system("systemctl --version >/dev/null 2>&1") != 0) {
    WARN("systemctl is not installed");
    return;
  }
  const System system = example();
  std::string pattern = (std::filesystem::temp_directory_path() / "unit-state-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  const std::filesystem::path root = pattern;
  for (const auto& [path, text] : system.files) {
    const std::filesystem::path place = root.string() + path;
    std::filesystem::create_directories(place.parent_path());
    std::ofstream(place) << text;
  }
  for (const auto& [path, target] : system.links) {
    const std::filesystem::path place = root.string() + path;
    std::filesystem::create_directories(place.parent_path());
    std::filesystem::create_symlink(target, place);
  }
  for (const char* unit : {"on.service", "off.service", "hidden.service", "vendor-hidden.service",
                           "plain.service", "other.service", "required.socket", "many@one.service",
                           "many@two.service", "named.service", "nick.service", "own.service"}) {
    CAPTURE(unit);
    const std::string answer = (root / "answer").string();
    const std::string command = "systemctl --root=" + root.string() + " is-enabled " + unit + " >" +
                                answer + " 2>/dev/null";
    static_cast<void>(std::system(command.c_str()));
    std::string said;
    std::getline(std::ifstream(answer) >> std::ws, said);
    CHECK(said == system.state(unit));
  }
  std::filesystem::remove_all(root);
}
