// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "fake_root.hpp"

using namespace finalize_test;
namespace steps = finalize::steps;

namespace {

struct ReferenceRoot : FakeRoot {
  std::string refusal() {
    return code_of([&] { run_step(steps::references); });
  }
};

} // namespace

TEST_CASE_METHOD(ReferenceRoot, "a shell is a program of the image, also behind links") {
  root.write("/usr/bin/bash", "x", 0755);
  root.make_symlink("/bin", "usr/bin");
  root.write("/etc/shell", "x", 0644);
  const auto [shell, code] =
      GENERATE(table<std::string, std::string>({{"/bin/bash", ""},
                                                {"", ""},
                                                {"/usr/bin/bash", ""},
                                                {"/bin/nosuch", "finalize.unknown-shell"},
                                                {"/etc/shell", "finalize.unknown-shell"},
                                                {"/usr/bin", "finalize.unknown-shell"}}));
  plan.os.users = {{.name = "kim", .startup_command = {{shell, at(3)}}, .where = at(2)}};
  CHECK(refusal() == code);
}

TEST_CASE_METHOD(ReferenceRoot, "a locale has files, or is one of the C library's own") {
  root.make_directories("/usr/lib/locale/de_DE.utf8");
  root.write("/usr/lib/locale/locale-archive", std::string("head\0fr_FR.utf8\0x", 18), 0644);
  const auto [locale, code] =
      GENERATE(table<std::string, std::string>({{"C", ""},
                                                {"POSIX", ""},
                                                {"C.UTF-8", ""},
                                                {"de_DE.UTF-8", ""},
                                                {"de_DE.utf8", ""},
                                                {"fr_FR.UTF-8", ""},
                                                {"fr_FR", "finalize.unknown-locale"},
                                                {"de_AT.UTF-8", "finalize.unknown-locale"}}));
  plan.os.locale = {locale, at(3)};
  CHECK(refusal() == code);
}

TEST_CASE_METHOD(ReferenceRoot, "a keymap is a file anywhere below the keymaps") {
  root.write("/usr/lib/kbd/keymaps/legacy/i386/qwertz/de-latin1.map.gz", "x", 0644);
  root.write("/usr/lib/kbd/keymaps/xkb/us.map", "x", 0644);
  const auto [keymap, code] =
      GENERATE(table<std::string, std::string>({{"de-latin1", ""},
                                                {"us", ""},
                                                {"legacy", "finalize.unknown-keymap"},
                                                {"de", "finalize.unknown-keymap"}}));
  plan.os.keymap = {keymap, at(3)};
  CHECK(refusal() == code);
}

TEST_CASE_METHOD(ReferenceRoot, "a module is a file, an alias, or built in") {
  found.kernels = {{.release = "6.6.1"}};
  root.write("/usr/lib/modules/6.6.1/modules.dep",
             "kernel/net/br_netfilter.ko.xz: kernel/net/bridge.ko.xz\n", 0644);
  root.write("/usr/lib/modules/6.6.1/modules.builtin", "kernel/fs/overlayfs/overlay.ko\n", 0644);
  root.write("/usr/lib/modules/6.6.1/modules.alias", "# why\nalias fs-nfs4 nfsv4\n", 0644);
  root.write("/usr/lib/modules/6.6.1/modules.builtin.modinfo",
             std::string("ext4.alias=fs-ext4\0ext4.license=GPL\0", 36), 0644);
  const auto [name, code] =
      GENERATE(table<std::string, std::string>({{"br_netfilter", ""},
                                                {"br-netfilter", ""},
                                                {"overlay", ""},
                                                {"fs-nfs4", ""},
                                                {"fs-ext4", ""},
                                                {"bridge", "finalize.unknown-module"},
                                                {"overlayfs", "finalize.unknown-module"}}));
  plan.os.modules = {
      {.name = {name, at(3)}, .load_mode = model::ModuleLoadMode::always, .where = at(3)}};
  CHECK(refusal() == code);
  // What must not be loaded need not be there.
  plan.os.modules.front().load_mode = model::ModuleLoadMode::disable;
  CHECK(refusal().empty());
  plan.os.modules.front().load_mode = model::ModuleLoadMode::inherit;
  plan.os.modules.front().options = {{"a", "1"}};
  CHECK(refusal() == code);
  found.kernels.clear();
  CHECK(refusal().empty());
}
