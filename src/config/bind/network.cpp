// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cctype>

#include "config/bind/bind.hpp"
#include "config/language/language.hpp"

namespace imagewright::config {

namespace {

std::string in_lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

} // namespace

model::NetworkConfig bind_network(const Reader& reader) {
  model::NetworkConfig network{.interfaces = {}, .where = reader.where()};
  for (const Reader& each : reader.mappings("interfaces")) {
    model::NetworkInterface interface {
      .name = each.text_or("name", ""), .mac = in_lower_case(each.text_or("mac", "")),
      .addresses = each.plain_texts("addresses"), .gateways = each.plain_texts("gateways"),
      .name_servers = each.plain_texts("nameServers"), .where = each.where()
    };
    const auto dhcp = each.word<model::Dhcp>("dhcp");
    interface.dhcp = dhcp                          ? dhcp->value
                     : interface.addresses.empty() ? model::Dhcp::both
                                                   : model::Dhcp::none;
    network.interfaces.push_back(std::move(interface));
  }
  return network;
}

} // namespace imagewright::config
