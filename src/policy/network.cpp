// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/policy/system_policy.hpp>

#include "roles.hpp"
#include "unit_wishes.hpp"

namespace imagewright::policy {
namespace {

bool is_version_6(const std::string& address) {
  return address.find(':') != std::string::npos;
}

/// systemd.network(5). Kind=!* leaves bridges and the ends of containers' pairs alone.
std::string networkd_text(const model::NetworkInterface& interface) {
  std::string text = "[Match]\n";
  if (!interface.name.empty()) text += "Name=" + interface.name + "\n";
  if (!interface.mac.empty()) text += "MACAddress=" + interface.mac + "\n";
  if (interface.name.empty() && interface.mac.empty()) text += "Type=ether\nKind=!*\n";
  text += "\n[Network]\n";
  switch (interface.dhcp) {
  case model::Dhcp::none:
    text += "DHCP=no\n";
    break;
  case model::Dhcp::ipv4:
    text += "DHCP=ipv4\n";
    break;
  case model::Dhcp::ipv6:
    text += "DHCP=ipv6\n";
    break;
  case model::Dhcp::both:
    text += "DHCP=yes\n";
    break;
  }
  for (const auto& address : interface.addresses)
    text += "Address=" + address + "\n";
  for (const auto& gateway : interface.gateways)
    text += "Gateway=" + gateway + "\n";
  for (const auto& server : interface.name_servers)
    text += "DNS=" + server + "\n";
  return text;
}

enum class Family : std::uint8_t { ipv4, ipv6 };

/// One section of a keyfile, nm-settings-keyfile(5).
std::string family_text(const model::NetworkInterface& interface, Family family) {
  const bool wants_6 = family == Family::ipv6;
  std::vector<std::string> addresses;
  std::string gateway;
  std::string servers;
  const auto fits = [&](const std::string& address) { return is_version_6(address) == wants_6; };
  std::ranges::copy_if(interface.addresses, std::back_inserter(addresses), fits);
  for (const auto& each : interface.gateways) {
    if (fits(each)) gateway = each;
  }
  for (const auto& each : interface.name_servers) {
    if (fits(each)) servers += each + ";";
  }
  const bool asks = interface.dhcp == model::Dhcp::both ||
                    interface.dhcp == (wants_6 ? model::Dhcp::ipv6 : model::Dhcp::ipv4);
  std::string text = wants_6 ? "\n[ipv6]\n" : "\n[ipv4]\n";
  text += std::string("method=") + (asks ? "auto" : !addresses.empty() ? "manual" : "disabled");
  text += "\n";
  for (std::size_t index = 0; index < addresses.size(); ++index)
    text += fmt::format("address{}={}\n", index + 1, addresses[index]);
  if (!gateway.empty()) text += "gateway=" + gateway + "\n";
  if (!servers.empty()) text += "dns=" + servers + "\n";
  return text;
}

std::string network_manager_text(const model::NetworkInterface& interface, const std::string& name,
                                 int priority) {
  // The connection with the highest priority that fits is taken.
  std::string text = fmt::format("[connection]\nid={}\ntype=ethernet\nautoconnect-priority={}\n"
                                 "multi-connect=3\n",
                                 name, priority);
  if (!interface.name.empty()) text += "\n[match]\ninterface-name=" + interface.name + ";\n";
  if (!interface.mac.empty()) text += "\n[ethernet]\nmac-address=" + interface.mac + "\n";
  return text + family_text(interface, Family::ipv4) + family_text(interface, Family::ipv6);
}

model::PolicyFile file_for(const PolicyInput& input, const model::NetworkInterface& interface,
                           std::size_t rank, const std::string& origin) {
  const bool is_default = !input.config.os.network;
  // The first file that fits an interface counts: what is for a node whose config says nothing
  // comes behind the files of others, such as those that cloud-init and netplan write when it
  // starts.
  const std::string name = fmt::format("{}-interface-{:02}", is_default ? "zz" : "10", rank + 1);
  if (input.release.network_management == model::NetworkManagement::network_manager) {
    return {.path = "/etc/NetworkManager/system-connections/" + name + ".nmconnection",
            .permissions = 0600,
            .content = network_manager_text(interface, name,
                                            (is_default ? -100 : 100) - static_cast<int>(rank)),
            .origin = origin};
  }
  return {.path = "/etc/systemd/network/" + name + ".network",
          .permissions = 0644,
          .content = networkd_text(interface),
          .origin = origin};
}

} // namespace

PolicyPart network_policy(const PolicyInput& input) {
  PolicyPart part;
  const auto* facts = platform_facts(input);
  const bool is_own = input.config.os.network.has_value();
  const auto& network = is_own || facts == nullptr ? input.config.os.network : facts->network;
  if (!network) return part;
  const std::string origin = is_own ? "os.network" : platform_origin(input);
  for (std::size_t rank = 0; rank < network->interfaces.size(); ++rank)
    part.policy.files.push_back(file_for(input, network->interfaces[rank], rank, origin));
  const std::string unit =
      input.release.network_management == model::NetworkManagement::network_manager
          ? "NetworkManager.service"
          : "systemd-networkd.service";
  if (!is_decided_by_config(input, unit))
    part.policy.units.push_back({unit, model::UnitState::enabled, origin, network->where});
  return part;
}

} // namespace imagewright::policy
