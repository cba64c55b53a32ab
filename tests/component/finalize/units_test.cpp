// SPDX-License-Identifier: MIT
#include <filesystem>
#include <set>
#include <string>

#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/process/command_runner.hpp>

#include "finalize/units/links.hpp"
#include "finalize/units/presets.hpp"

// systemctl's second opinion on links that are made without it.

using namespace imagewright;
namespace files = std::filesystem;

namespace {

const files::path k_units = "/usr/lib/systemd/system";

/// A root with the units of this host and some of ours.
struct UnitRoot {
  UnitRoot() {
    files::create_directories(directory / "usr/lib/systemd");
    files::create_directories(directory / "etc/systemd/system");
    files::copy(k_units, directory / "usr/lib/systemd/system",
                files::copy_options::recursive | files::copy_options::copy_symlinks);
    // As systemctl's default paths on distributions with a merged /usr.
    files::create_directory_symlink("usr/lib", directory / "lib");
    unit("own.service",
         "[Install]\nWantedBy=multi-user.target\nAlias=mine.service\nAlso=own.socket\n");
    unit("own.socket", "[Install]\nWantedBy=sockets.target\n");
    unit("own-tpl@.service", "[Install]\nWantedBy=a.target b.target\nDefaultInstance=x\n");
    unit("own-bare@.service", "[Install]\nWantedBy=a.target\n");
    unit("own-with@.service", "[Install]\nWantedBy=own-tpl@.service a.target\n");
    unit("own-required.service", "[Install]\nRequiredBy=own.service\nAlias=%p-alias.service\n");
    unit("own-static.service", "[Service]\nExecStart=/bin/true\n");
    unit("own-dropin.service", "[Service]\nExecStart=/bin/true\n");
    unit("own-dropin.service.d/5.conf", "[Install]\nWantedBy=a.target\n");
    unit("own-also.service", "[Install]\nAlso=own-required.service\n");
    files::create_symlink("own-required.service",
                          directory / "usr/lib/systemd/system/own-link.service");
    files::create_symlink("/dev/null", directory / "usr/lib/systemd/system/own-masked.service");
    directory.write("usr/lib/systemd/system-preset/10-test.preset",
                    "enable own-tpl@.service one two\ndisable own.*\ndisable exit.target\ndisable "
                    "halt.target\ndisable poweroff.target\ndisable "
                    "reboot.target\nenable own-*\n"
                    "disable systemd-t*\nenable *\n");
  }

  void unit(const std::string& name, const std::string& text) const {
    directory.write("usr/lib/systemd/system/" + name, text);
  }

  /// Every link below /etc with the name of what it leads to.
  std::set<std::string> links() const {
    std::set<std::string> result;
    const auto base = directory / "etc";
    for (const auto& entry : files::recursive_directory_iterator(base)) {
      if (!entry.is_symlink()) continue;
      result.insert(entry.path().lexically_relative(base).string() + " -> " +
                    files::read_symlink(entry.path()).filename().string());
    }
    return result;
  }

  imagewright_test::ScratchDirectory directory;
};

void systemctl(const UnitRoot& root, const std::string& verb, const std::string& unit) {
  base::Cancellation cancellation;
  process::HostCommandRunner runner(cancellation);
  process::Command command{
      .argv = {"systemctl", "--quiet", "--root=" + root.directory.path().string(), verb}};
  if (!unit.empty()) command.argv.push_back(unit);
  // Units that cannot be enabled are no failure of this test: links are compared.
  runner.run(command);
}

/// The first difference of two sets, for the message of a failure.
std::string difference(const std::set<std::string>& theirs, const std::set<std::string>& ours) {
  std::string text;
  for (const auto& link : theirs) {
    if (!ours.contains(link)) text += "only systemctl: " + link + "\n";
  }
  for (const auto& link : ours) {
    if (!theirs.contains(link)) text += "only imagewright: " + link + "\n";
  }
  return text;
}

bool has_systemctl() {
  return imagewright_test::has_program("systemctl") && files::exists(k_units);
}

} // namespace

TEST_CASE("applies presets as systemctl preset-all does") {
  if (!has_systemctl()) IMAGEWRIGHT_SKIP("systemctl is not installed");
  const UnitRoot theirs;
  const UnitRoot ours;
  systemctl(theirs, "preset-all", "");
  const fs::RootDir root(ours.directory.path());
  finalize::units::UnitLinks links(root);
  finalize::units::apply_presets(root, links);
  CHECK(theirs.links().size() > 10);
  CHECK(difference(theirs.links(), ours.links()) == "");
}

TEST_CASE("enables and disables units as systemctl does") {
  if (!has_systemctl()) IMAGEWRIGHT_SKIP("systemctl is not installed");
  const UnitRoot theirs;
  const UnitRoot ours;
  const fs::RootDir root(ours.directory.path());
  finalize::units::UnitLinks links(root);
  for (const auto* name :
       {"own.service", "own.socket", "own-tpl@.service", "own-tpl@i.service", "own-bare@.service",
        "own-bare@i.service", "own-required.service", "own-link.service", "own-static.service",
        "own-dropin.service", "own-also.service", "own-masked.service", "getty@.service",
        "getty@ttyS0.service", "systemd-networkd.service", "systemd-timesyncd.service",
        "remote-fs.target"}) {
    INFO(name);
    systemctl(theirs, "enable", name);
    links.enable(name);
    CHECK(difference(theirs.links(), ours.links()) == "");
  }
  for (const auto* name :
       {"own-tpl@.service", "own-also.service", "own.service", "getty@ttyS0.service",
        "getty@.service", "own-dropin.service", "systemd-networkd.service"}) {
    INFO(name);
    systemctl(theirs, "disable", name);
    links.disable(name);
    CHECK(difference(theirs.links(), ours.links()) == "");
  }
  for (const auto* name : {"own.service", "own-required.service"}) {
    systemctl(theirs, "mask", name);
    links.mask(name);
    CHECK(difference(theirs.links(), ours.links()) == "");
  }
}
