// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "policy_case.hpp"

using namespace policy_test;
using Catch::Matchers::Contains;

namespace {

policy::SystemPolicyResult decide(const PolicyCase& wanted,
                                  std::optional<model::Platform> platform) {
  return policy::system_policy({.config = wanted.config,
                                .release = wanted.release,
                                .architecture = *model::find_architecture(wanted.architecture),
                                .layout = wanted.layout,
                                .platform = platform});
}

std::string words_of(const policy::SystemPolicyResult& result) {
  std::string text;
  for (const auto& argument : result.policy.kernel_arguments)
    text += argument.text + " ";
  return text;
}

PolicyCase case_with_platform() {
  PolicyCase wanted;
  wanted.release.kernel_arguments = {"quiet", "rd.auto=1"};
  wanted.release.platforms[model::Platform::azure] = {
      .kernel_arguments = {"earlycon=pl011"},
      .consoles = {{"x86_64", {"ttyS1"}}},
      .packages = {{"agent", in_release(3)}},
      .drivers = {"hv_vmbus"},
      .masked_units = {{"iptables", in_release(4)}},
      .network = model::NetworkConfig{.interfaces = {{.name = "eth0", .dhcp = model::Dhcp::both}}}};
  return wanted;
}

} // namespace

TEST_CASE("a platform brings arguments, packages, drivers, units and a network of its own") {
  const PolicyCase wanted = case_with_platform();
  const auto result = decide(wanted, model::Platform::azure);
  CHECK_FALSE(result.diagnostics.has_errors());
  CHECK_THAT(words_of(result),
             Contains("console=ttyS1") && Contains("earlycon=pl011") && !Contains("ttyS0"));
  const auto& policy = result.policy;
  CHECK(
      std::ranges::any_of(policy.packages, [](const auto& each) { return each.spec == "agent"; }));
  CHECK(std::ranges::find(policy.initramfs_drivers, "hv_vmbus") != policy.initramfs_drivers.end());
  REQUIRE(policy.files.size() == 1);
  // Behind what cloud-init, netplan and files of the config bring: the first that fits counts.
  CHECK(policy.files[0].path == "/etc/systemd/network/zz-interface-01.network");
  CHECK(policy.files[0].content == "[Match]\nName=eth0\n\n[Network]\nDHCP=yes\n");
  REQUIRE(policy.units.size() == 2);
  CHECK(policy.units[0].state == model::UnitState::masked);
  CHECK(policy.units[1].unit == "systemd-networkd.service");

  const auto other = decide(wanted, model::Platform::qemu);
  CHECK_THAT(words_of(other), Contains("console=ttyS0") && !Contains("earlycon"));
  CHECK(other.policy.files.empty());
}

TEST_CASE("what a config says about a unit or the network counts more than a platform") {
  PolicyCase wanted = case_with_platform();
  wanted.config.os.services.enable = {{"iptables.service", at(3)}};
  wanted.config.os.network = model::NetworkConfig{.interfaces = {{.mac = "52:54:00:00:00:01",
                                                                  .addresses = {"192.0.2.10/24"},
                                                                  .gateways = {"192.0.2.1"},
                                                                  .name_servers = {"192.0.2.53"}}}};
  const auto result = decide(wanted, model::Platform::azure);
  REQUIRE(result.policy.units.size() == 1);
  CHECK(result.policy.units[0].origin == "os.network");
  CHECK(result.policy.files.at(0).path == "/etc/systemd/network/10-interface-01.network");
  CHECK(result.policy.files.at(0).content ==
        "[Match]\nMACAddress=52:54:00:00:00:01\n\n[Network]\nDHCP=no\nAddress=192.0.2.10/24\n"
        "Gateway=192.0.2.1\nDNS=192.0.2.53\n");
  wanted.release.network_management = model::NetworkManagement::network_manager;
  const auto keyfile = decide(wanted, model::Platform::azure).policy.files.at(0);
  CHECK(keyfile.path == "/etc/NetworkManager/system-connections/10-interface-01.nmconnection");
  CHECK(keyfile.permissions == 0600);
  CHECK_THAT(keyfile.content, Contains("[ethernet]\nmac-address=52:54:00:00:00:01\n") &&
                                  Contains("[ipv4]\nmethod=manual\naddress1=192.0.2.10/24\n"
                                           "gateway=192.0.2.1\ndns=192.0.2.53;\n") &&
                                  Contains("[ipv6]\nmethod=disabled\n") &&
                                  Contains("autoconnect-priority=100\n"));
  wanted.config.os.network.reset();
  CHECK_THAT(decide(wanted, model::Platform::azure).policy.files.at(0).content,
             Contains("autoconnect-priority=-100\n"));
}

TEST_CASE("arguments of the release can be removed, and nothing else") {
  PolicyCase wanted = case_with_platform();
  const auto remove = [&](std::vector<std::string> words) {
    wanted.config.os.removed_kernel_arguments.clear();
    for (auto& word : words)
      wanted.config.os.removed_kernel_arguments.push_back({std::move(word), at(9)});
    return decide(wanted, model::Platform::azure);
  };
  const auto result = remove({"quiet", "earlycon", "rd.auto=1"});
  CHECK_FALSE(result.diagnostics.has_errors());
  CHECK_THAT(words_of(result), !Contains("quiet") && !Contains("earlycon") && !Contains("rd.auto"));
  CHECK(result.policy.yielded_arguments.size() == 3);
  const auto code = [&](const std::string& word) {
    const auto refused = remove({word});
    return refused.diagnostics.items().empty() ? "" : refused.diagnostics.items()[0].code;
  };
  CHECK(code("quite") == "policy.nothing-to-remove");
  CHECK(code("rd.auto=0") == "policy.nothing-to-remove");
  CHECK(code("root") == "policy.command-line-conflict");
}
