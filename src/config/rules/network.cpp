// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <string>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "config/rules/rules.hpp"

namespace imagewright::config {

namespace {

bool is_version_6(const std::string& address) {
  return address.find(':') != std::string::npos;
}

base::Diagnostics check_gateways(const model::NetworkInterface& interface) {
  base::Diagnostics diagnostics;
  std::map<bool, std::string> known;
  for (const std::string& gateway : interface.gateways) {
    const auto [first, is_new] = known.emplace(is_version_6(gateway), gateway);
    if (!is_new) {
      diagnostics.error("config.conflict",
                        fmt::format("{} and {} are gateways of one family",
                                    base::quoted(first->second), base::quoted(gateway)),
                        interface.where, "keep one of them");
    }
    const bool has_address = std::ranges::any_of(interface.addresses, [&](const auto& address) {
      return is_version_6(address) == is_version_6(gateway);
    });
    if (has_address || interface.dhcp != model::Dhcp::none) continue;
    diagnostics.error("config.conflict",
                      fmt::format("the interface has no address of the family of its gateway {}",
                                  base::quoted(gateway)),
                      interface.where, "add an address, or use DHCP");
  }
  return diagnostics;
}

} // namespace

base::Diagnostics check_network(const model::NetworkConfig& network) {
  base::Diagnostics diagnostics;
  const model::NetworkInterface* for_any = nullptr;
  std::map<std::string, base::SourceLocation> known;
  for (const model::NetworkInterface& interface : network.interfaces) {
    diagnostics.append(check_gateways(interface));
    const auto [first, is_new] =
        known.emplace(interface.name + " " + interface.mac, interface.where);
    if (!is_new) {
      diagnostics.add({.code = "config.duplicate-name",
                       .message = "two entries of the network are for the same interfaces",
                       .where = interface.where,
                       .related = {{first->second, "the first one stands here"}},
                       .hint = "keep one of them"});
    } else if (for_any != nullptr) {
      diagnostics.add({.code = "config.conflict",
                       .message = "this entry never counts: one before it fits every interface",
                       .where = interface.where,
                       .related = {{for_any->where, "this one"}},
                       .hint = "put the entry for every interface last"});
    }
    if (interface.dhcp == model::Dhcp::none && interface.addresses.empty()) {
      diagnostics.error("config.missing-key",
                        "an interface without DHCP needs the key \"addresses\"", interface.where,
                        "add addresses, or leave \"dhcp: none\" out");
    }
    if (interface.name.empty() && interface.mac.empty()) for_any = &interface;
  }
  return diagnostics;
}

} // namespace imagewright::config
