// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "fake_root.hpp"
#include "finalize/units/links.hpp"
#include "finalize/units/presets.hpp"

using namespace finalize_test;
namespace units = finalize::units;

namespace {

const std::string k_vendor = "/usr/lib/systemd/system/";
const std::string k_etc = "/etc/systemd/system/";

struct UnitRoot : FakeRoot {
  UnitRoot() {
    add("ssh.service", "[Unit]\nWantedBy=wrong.target\n[Install]\nWantedBy=multi-user."
                       "target\nAlias=sshd.service\n");
    add("getty@.service",
        "[Install]\nWantedBy=getty.target\nDefaultInstance=tty1\nAlias=autovt@.service\n");
    add("static.service", "[Service]\nExecStart=/bin/true\n");
    add("net.service", "[Install]\nWantedBy=multi-user.target \\\n  network.target\n"
                       "Also=net.socket missing.service\nRequiredBy=boot.target\n");
    add("net.socket", "[Install]\nWantedBy=sockets.target\n");
    root.make_symlink(k_vendor + "alias.service", "ssh.service");
  }

  void add(const std::string& name, const std::string& text) {
    root.write(k_vendor + name, text, 0644);
  }
  std::string target(const std::string& link) {
    return root.find_link_target(k_etc + link).value_or("absent");
  }

  units::UnitLinks links{root};
};

} // namespace

TEST_CASE("takes names of units apart") {
  const auto instance = units::parse_unit_name("getty@tty1.service");
  REQUIRE(instance);
  CHECK(instance->prefix == "getty");
  CHECK(instance->instance == "tty1");
  CHECK(instance->template_name() == "getty@.service");
  CHECK(units::parse_unit_name("getty@.service")->is_template());
  CHECK_FALSE(units::parse_unit_name("plain.service")->instance);
  for (const auto* bad :
       {"sshd", "a.conf", ".service", "@x.service", "a/b.service", "a b.service", ""}) {
    CHECK_FALSE(units::parse_unit_name(bad));
  }
}

TEST_CASE("reads [Install] as systemd does") {
  const auto section = units::with_install_text(
      {}, "[Install]\nWantedBy=a.target\n# comment\nWantedBy=b.target \\\n; comment\n c.target\n"
          "Alias=x.service\nAlias=\nDefaultInstance=one\n[Unit]\nAlso=no.service\n");
  CHECK(section.wanted_by == std::vector<std::string>{"a.target", "b.target", "c.target"});
  CHECK(section.aliases.empty());
  CHECK(section.also.empty());
  CHECK(section.default_instance == "one");
}

TEST_CASE("replaces the specifiers that need no running system") {
  const auto name = *units::parse_unit_name("a-b@c.service");
  CHECK(units::with_specifiers("%n %N %p %i %j %% %", name) == "a-b@c.service a-b@c a-b c b % %");
  CHECK(FakeRoot::code_of([&] { units::with_specifiers("%m", name); }) ==
        "finalize.unit-specifier");
}

TEST_CASE_METHOD(UnitRoot, "enables a unit by its links") {
  CHECK(links.enable("ssh.service").result == units::EnableResult::enabled);
  CHECK(target("multi-user.target.wants/ssh.service") == k_vendor + "ssh.service");
  CHECK(target("sshd.service") == k_vendor + "ssh.service");
}

TEST_CASE_METHOD(UnitRoot, "enables what an alias leads to") {
  CHECK(links.enable("alias.service").result == units::EnableResult::enabled);
  CHECK(target("multi-user.target.wants/ssh.service") == k_vendor + "ssh.service");
}

TEST_CASE_METHOD(UnitRoot, "enables units of Also= that are there, and every kind of dependency") {
  CHECK(links.enable("net.service").result == units::EnableResult::enabled);
  CHECK(target("network.target.wants/net.service") == k_vendor + "net.service");
  CHECK(target("boot.target.requires/net.service") == k_vendor + "net.service");
  CHECK(target("sockets.target.wants/net.socket") == k_vendor + "net.socket");
}

TEST_CASE_METHOD(UnitRoot,
                 "enables templates as their default instance, and instances as themselves") {
  CHECK(links.enable("getty@.service").result == units::EnableResult::enabled);
  CHECK(target("getty.target.wants/getty@tty1.service") == k_vendor + "getty@.service");
  CHECK(target("autovt@.service") == k_vendor + "getty@.service");
  CHECK(links.enable("getty@ttyS0.service").result == units::EnableResult::enabled);
  CHECK(target("getty.target.wants/getty@ttyS0.service") == k_vendor + "getty@.service");
  CHECK(target("autovt@ttyS0.service") == k_vendor + "getty@.service");
}

TEST_CASE_METHOD(UnitRoot, "drop-ins have a say in how a unit is enabled") {
  add("static.service.d/10.conf", "[Install]\nWantedBy=vendor.target\n");
  root.write(k_etc + "static.service.d/20.conf", "[Install]\nWantedBy=own.target\n", 0644);
  CHECK(links.enable("static.service").result == units::EnableResult::enabled);
  CHECK(target("vendor.target.wants/static.service") == k_vendor + "static.service");
  CHECK(target("own.target.wants/static.service") == k_vendor + "static.service");
}

TEST_CASE_METHOD(UnitRoot, "says why a unit cannot be enabled") {
  CHECK(links.enable("static.service").result == units::EnableResult::has_no_install_section);
  CHECK(links.enable("nothing.service").result == units::EnableResult::missing);
  links.mask("ssh.service");
  CHECK(links.enable("ssh.service").result == units::EnableResult::masked);
  CHECK(target("ssh.service") == "/dev/null");
}

TEST_CASE_METHOD(UnitRoot, "who masks an alias masks the unit") {
  links.mask("alias.service");
  CHECK(target("alias.service") == "/dev/null");
  CHECK(target("ssh.service") == "/dev/null");
}

TEST_CASE_METHOD(UnitRoot, "a first boot hears of what is enabled and disabled") {
  CHECK(units::boots_first(root));
  root.write("/etc/machine-id", "uninitialized\n", 0444);
  CHECK(units::boots_first(root));
  root.write("/etc/machine-id", "", 0444);
  CHECK_FALSE(units::boots_first(root));
  using units::Preset;
  units::write_presets(root, {{"a.service", Preset::disable}, {"b.service", Preset::enable}});
  units::write_presets(root, {{"a.service", Preset::enable},
                              {"getty@tty1.service", Preset::enable},
                              {"getty@tty2.service", Preset::enable}});
  CHECK(root.read("/etc/systemd/system-preset/00-image.preset") ==
        "enable a.service\nenable getty@.service tty1 tty2\nenable b.service\n");
}

TEST_CASE_METHOD(UnitRoot, "an alias stays with the unit that has it") {
  add("other.service", "[Install]\nAlias=sshd.service\n");
  CHECK(links.enable("ssh.service").result == units::EnableResult::enabled);
  CHECK(links.enable("ssh.service").result == units::EnableResult::enabled);
  CHECK(links.enable("other.service").problems.size() == 1);
  CHECK(target("sshd.service") == k_vendor + "ssh.service");
}

TEST_CASE_METHOD(UnitRoot, "an alias may be a link in a directory of dependencies") {
  add("wifi@.service", "[Install]\nAlias=multi-user.target.wants/wifi@%i.service\n");
  CHECK(links.enable("wifi@wlan0.service").problems.empty());
  CHECK(target("multi-user.target.wants/wifi@wlan0.service") == k_vendor + "wifi@.service");
  CHECK(links.disable("wifi@wlan0.service"));
  CHECK(root.list(k_etc).empty());
}

TEST_CASE_METHOD(UnitRoot, "an alias that cannot be is said, and no link") {
  const auto alias =
      GENERATE(as<std::string>{}, "nonsense", "bad.socket", "other@.service", "other@x.service",
               "a.target.d/bad.service", "../bad.service", "a.target.wants/else.service",
               "a.wants/bad.service", "sub/bad.service", "/etc/passwd");
  add("bad.service", "[Install]\nAlias=" + alias + "\n");
  CHECK(links.enable("bad.service").problems.size() == 1);
  CHECK(root.list(k_etc).empty());
}

TEST_CASE_METHOD(UnitRoot, "an instance of a masked template is masked") {
  links.mask("getty@.service");
  CHECK(links.enable("getty@ttyS0.service").result == units::EnableResult::masked);
}

TEST_CASE_METHOD(UnitRoot, "a masked default instance is not enabled through its template") {
  links.mask("getty@tty1.service");
  CHECK(links.enable("getty@.service").problems.size() == 1);
}

TEST_CASE_METHOD(UnitRoot, "a template without instance hangs on other templates only") {
  add("part@.service", "[Install]\nWantedBy=whole@.service multi-user.target\n");
  CHECK(links.enable("part@.service").result == units::EnableResult::enabled);
  CHECK(links.enable("part@.service").problems.size() == 1);
  CHECK(target("whole@.service.wants/part@.service") == k_vendor + "part@.service");
  CHECK(root.list(k_etc) == std::vector<std::string>{"whole@.service.wants"});
}

TEST_CASE_METHOD(UnitRoot, "disabling takes every link away that enabling made") {
  links.enable("net.service");
  links.enable("ssh.service");
  links.enable("getty@.service");
  links.enable("getty@ttyS0.service");
  CHECK(links.disable("net.service"));
  CHECK(links.disable("ssh.service"));
  CHECK(links.disable("getty@.service"));
  CHECK(root.list(k_etc).empty());
  CHECK_FALSE(links.disable("nothing.service"));
}

TEST_CASE_METHOD(UnitRoot, "disabling leaves unit files and masks alone") {
  root.write(k_etc + "own.service", "[Install]\nWantedBy=multi-user.target\n", 0644);
  links.enable("own.service");
  CHECK(target("multi-user.target.wants/own.service") == k_etc + "own.service");
  CHECK(links.disable("own.service"));
  CHECK(root.list(k_etc) == std::vector<std::string>{"own.service"});
}

TEST_CASE_METHOD(UnitRoot, "a unit file in /etc cannot be masked") {
  root.write(k_etc + "own.service", "[Service]\n", 0644);
  CHECK(code_of([&] { links.mask("own.service"); }) == "finalize.cannot-mask");
}

TEST_CASE_METHOD(UnitRoot, "carries out what policy and config want of units") {
  plan.policy.units = {{"ssh", model::UnitState::enabled, "test", std::nullopt}};
  plan.os.services.enable = {{"net.service", at(3)}};
  plan.os.services.mask = {{"static.service", at(4)}};
  plan.os.services.drop_ins.push_back(
      {"net", "10-own", model::FileContent(std::string("[Install]\nWantedBy=own.target\n")),
       at(5)});
  run_step(finalize::steps::units);
  CHECK(target("multi-user.target.wants/ssh.service") == k_vendor + "ssh.service");
  CHECK(target("own.target.wants/net.service") == k_vendor + "net.service");
  CHECK(target("static.service") == "/dev/null");
  plan.os.services = {};
  plan.os.services.disable = {{"ssh", at(3)}};
  run_step(finalize::steps::units);
  CHECK(target("multi-user.target.wants/ssh.service") == "absent");
}

TEST_CASE_METHOD(UnitRoot, "two names of one unit do not contradict each other") {
  const auto [enabled, other] =
      GENERATE(table<std::string, std::string>({{"alias", "ssh"},
                                                {"ssh", "alias.service"},
                                                {"getty@", "getty@tty1"},
                                                {"getty@tty1", "getty@"}}));
  plan.os.services.enable = {{enabled, at(7)}};
  SECTION("masked") {
    plan.os.services.mask = {{other, at(8)}};
  }
  SECTION("disabled") {
    plan.os.services.disable = {{other, at(8)}};
  }
  CHECK(code_of([&] { run_step(finalize::steps::units); }) == "finalize.unit-conflict");
}

TEST_CASE_METHOD(UnitRoot, "an unknown unit is an error with its line and a near name") {
  plan.os.services.enable = {{"sssh.service", at(7)}};
  try {
    run_step(finalize::steps::units);
    FAIL("accepted");
  } catch (const base::Error& error) {
    CHECK(error.diagnostic().code == "finalize.unknown-unit");
    CHECK(error.diagnostic().where == at(7));
    CHECK(error.diagnostic().hint.find("\"ssh.service\"") != std::string::npos);
  }
}

TEST_CASE_METHOD(UnitRoot, "enabling a unit that cannot be enabled is a warning") {
  plan.os.services.enable = {{"static", at(7)}};
  run_step(finalize::steps::units);
  const auto events = reporter.events();
  REQUIRE(events.size() == 1);
  CHECK(std::get<base::Diagnostic>(events[0]).code == "finalize.unit-not-enableable");
}
