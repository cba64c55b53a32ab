// SPDX-License-Identifier: MIT
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/process/command_runner.hpp>

#include "finalize/units/links.hpp"

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

/// Whether it succeeded.
bool systemctl(const UnitRoot& root, const std::string& verb, const std::string& unit) {
  base::Cancellation cancellation;
  process::HostCommandRunner runner(cancellation);
  process::Command command{
      .argv = {"systemctl", "--quiet", "--root=" + root.directory.path().string(), verb}};
  if (!unit.empty()) command.argv.push_back(unit);
  // Units that cannot be enabled are no failure of this test: links are compared.
  return runner.run(command).exit_code == 0;
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

TEST_CASE("links nasty units as systemctl does, and complains where it does") {
  if (!has_systemctl()) IMAGEWRIGHT_SKIP("systemctl is not installed");
  const std::vector<std::pair<std::string, std::string>> units{
      {"n-wants.service", "Alias=multi-user.target.wants/n-wants.service"},
      {"n-requires.service", "Alias=multi-user.target.requires/n-requires.service"},
      {"n-wants@.service", "Alias=multi-user.target.wants/n-wants@%i.service"},
      {"n-wants-tpl@.service", "Alias=multi-user.target.wants/n-wants-tpl@.service"},
      {"n-wants-x@.service", "Alias=multi-user.target.wants/n-wants-x@x.service"},
      {"n-wants-i.service", "Alias=slot@.target.wants/n-wants-i.service"},
      {"n-other-name.service", "Alias=multi-user.target.wants/else.service"},
      {"n-no-wants.service", "Alias=multi-user.target.d/n-no-wants.service"},
      {"n-no-unit.service", "Alias=multi-user.wants/n-no-unit.service"},
      {"n-up.service", "Alias=../n-up.service"},
      {"n-absolute.service", "Alias=/etc/systemd/system/n-abs.service"},
      {"n-suffix.service", "Alias=n-suffix-alias"},
      {"n-type.service", "Alias=n-type.socket"},
      {"n-to-tpl.service", "Alias=n-to-tpl@.service"},
      {"n-to-inst.service", "Alias=n-to-inst@x.service"},
      {"n-from-tpl@.service", "Alias=n-from-tpl.service"},
      {"n-tpl@.service", "Alias=n-tpl-alias@.service"},
      {"n-tpl-inst@.service", "Alias=n-tpl-inst-alias@x.service"},
      {"n-tpl-dflt@.service", "Alias=n-tpl-dflt-alias@.service\nDefaultInstance=d\n"
                              "WantedBy=a-%i.target\nAlso=n-tpl-also@%i.service"},
      {"n-tpl-also@.service", "WantedBy=b-%i.target"},
      {"n-self.service", "Alias=n-self.service\nWantedBy=a.target"},
      {"n-two.service", "Alias=n-two-a.service bad n-two-b.service\nWantedBy=a.target"},
      {"n-reset.service", "Alias=n-gone.service\nAlias=\nWantedBy=gone.target\nWantedBy=\n"
                          "WantedBy=a.target"},
      {"n-bad-want.service", "WantedBy=a.target nonsense b.target"},
      {"n-slot@.service", "WantedBy=slot@.target"},
      {"n-bare@.service", "WantedBy=multi-user.target"},
      {"n-dev@.service", "RequiredBy=dev-%i.device"},
      {"n-slice.slice", "Alias=n-slice-alias.slice\nWantedBy=a.target"},
      {"n-mount.mount", "WantedBy=local-fs.target\nAlias=n-mount-alias.mount"},
      {"n-timer.timer", "WantedBy=timers.target\nAlias=n-timer-alias.timer"},
      {"n-a\\x2db.service", "WantedBy=multi-user.target\nAlias=%p-x.service"},
      {"n-spec@.service", "WantedBy=%p-%i-%j.target"},
      {"n-spec-alias@.service", "Alias=%p-other@%i.service"},
      {"n-also-gone.service", "Also=n-nothing.service\nWantedBy=a.target"},
      {"n-also-loop-a.service", "Also=n-also-loop-b.service\nWantedBy=a.target"},
      {"n-also-loop-b.service", "Also=n-also-loop-a.service\nWantedBy=b.target"},
      {"n-quoted.service", "WantedBy=\"a.target\" 'b.target'"},
      {"n-conflict-a.service", "Alias=n-conflict.service"},
      {"n-conflict-b.service", "Alias=n-conflict.service"}};
  const UnitRoot theirs;
  const UnitRoot ours;
  for (const auto& [name, install] : units) {
    for (const auto* root : {&theirs, &ours})
      root->unit(name, "[Service]\nExecStart=/bin/true\n[Install]\n" + install + "\n");
  }
  const fs::RootDir root(ours.directory.path());
  finalize::units::UnitLinks links(root);
  const auto compare = [&](const std::string& name) {
    INFO(name);
    const bool is_theirs_fine = systemctl(theirs, "enable", name);
    const auto done = links.enable(name);
    CHECK(difference(theirs.links(), ours.links()) == "");
    CHECK(is_theirs_fine == done.problems.empty());
  };
  for (const auto& [name, install] : units) {
    compare(name);
    const auto at = name.find("@.");
    if (at != std::string::npos) compare(name.substr(0, at + 1) + "i" + name.substr(at + 1));
  }
  for (const auto& [name, install] : units) {
    INFO(name);
    systemctl(theirs, "disable", name);
    links.disable(name);
    CHECK(difference(theirs.links(), ours.links()) == "");
  }
}
