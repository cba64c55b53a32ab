// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <string>

#include <arpa/inet.h>

#include <imagewright/base/text.hpp>
#include <imagewright/model/network_config.hpp>

#include "config/language/language.hpp"
#include "config/language/text_checks.hpp"

namespace imagewright::config {

namespace {

using model::Dhcp;

std::optional<TextComplaint> check_address(std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  const std::string word(text);
  if (::inet_pton(AF_INET, word.c_str(), bytes.data()) == 1 ||
      ::inet_pton(AF_INET6, word.c_str(), bytes.data()) == 1)
    return std::nullopt;
  return TextComplaint{"is not an address", "write it like 192.0.2.1 or 2001:db8::1"};
}

std::optional<TextComplaint> check_address_with_prefix(std::string_view text) {
  const TextComplaint complaint{"is not an address with the length of its prefix",
                                "write it like 192.0.2.10/24 or 2001:db8::10/64"};
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || check_address(text.substr(0, slash))) return complaint;
  const std::string length(text.substr(slash + 1));
  const bool is_number = !length.empty() && length.size() <= 3 && length[0] != '0' &&
                         length.find_first_not_of("0123456789") == std::string::npos;
  const int longest = text.find(':') == std::string_view::npos ? 32 : 128;
  if (!is_number || std::stoi(length) > longest) return complaint;
  return std::nullopt;
}

std::optional<TextComplaint> check_mac(std::string_view text) {
  const auto parts = base::split(text, ':');
  const bool is_good =
      parts.size() == 6 && std::ranges::all_of(parts, [](const std::string& part) {
        return part.size() == 2 &&
               part.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
      });
  if (is_good) return std::nullopt;
  return TextComplaint{"is not an address of hardware", "write it like 52:54:00:12:34:56"};
}

/// Up to 15 characters (if.h, IFNAMSIZ), of which some may stand for others.
std::optional<TextComplaint> check_interface_name(std::string_view text) {
  constexpr std::string_view k_more = "_.-*?[]!";
  const bool is_good = !text.empty() && text.size() <= 15 && text != "." && text != ".." &&
                       std::ranges::all_of(text, [&](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                (c >= '0' && c <= '9') || k_more.find(c) != std::string_view::npos;
                       });
  if (is_good) return std::nullopt;
  return TextComplaint{"is not the name of a network interface", "write it like eth0 or eth*"};
}

constexpr Type k_address_type{.shape = Shape::text,
                              .title = "an address",
                              .check = check_address,
                              .pattern = "^[0-9a-fA-F:.]+$"};
constexpr Type k_prefix_type{.shape = Shape::text,
                             .title = "an address with the length of its prefix",
                             .check = check_address_with_prefix,
                             .pattern = "^[0-9a-fA-F:.]+/[1-9][0-9]*$"};
constexpr Type k_mac_type{.shape = Shape::text,
                          .title = "an address of hardware",
                          .check = check_mac,
                          .pattern = "^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$"};
constexpr Type k_interface_name_type{.shape = Shape::text,
                                     .title = "a name or a pattern",
                                     .check = check_interface_name,
                                     .pattern = "^[A-Za-z0-9_.*?!\\[\\]-]{1,15}$"};
constexpr Type k_address_list_type{.shape = Shape::list, .item = &k_address_type};
constexpr Type k_prefix_list_type{.shape = Shape::list, .item = &k_prefix_type};
constexpr Word k_dhcp_words[] = {
    word("both", Dhcp::both, "addresses of both families"),
    word("ipv4", Dhcp::ipv4, "an address of IPv4"),
    word("ipv6", Dhcp::ipv6, "an address of IPv6"),
    word("none", Dhcp::none, "nobody is asked"),
};
constexpr Type k_dhcp_type{.shape = Shape::word, .words = k_dhcp_words};

constexpr Key k_interface_keys[] = {
    {.name = "name",
     .type = &k_interface_name_type,
     .documentation = "Name of the interface; `*`, `?` and `[…]` stand for others.",
     .default_text = "any",
     .is_own = true},
    {.name = "mac",
     .type = &k_mac_type,
     .documentation = "Address of the hardware.",
     .default_text = "any",
     .is_own = true},
    {.name = "dhcp",
     .type = &k_dhcp_type,
     .documentation = "What is asked for by DHCP.",
     .default_text = "both, or none with `addresses`",
     .is_own = true},
    {.name = "addresses",
     .type = &k_prefix_list_type,
     .documentation = "Static addresses.",
     .is_own = true},
    {.name = "gateways",
     .type = &k_address_list_type,
     .documentation = "Default routes, at most one for each family.",
     .is_own = true},
    {.name = "nameServers",
     .type = &k_address_list_type,
     .documentation = "DNS servers.",
     .is_own = true,
     .also_called = "dns dnsServers nameserver resolvers"},
};
constexpr Type k_interface_mapping{
    .shape = Shape::mapping, .title = "a network interface", .keys = k_interface_keys};
constexpr Type k_interfaces_type{
    .shape = Shape::list, .item = &k_interface_mapping, .minimum_items = 1};
constexpr Key k_network_keys[] = {
    {.name = "interfaces",
     .type = &k_interfaces_type,
     .documentation = "What is done with which interface; the first entry that fits counts. An "
                      "entry without name and mac fits every ethernet interface of the machine.",
     .presence = Presence::required,
     .is_own = true},
};

} // namespace

constinit const Type k_network_type{
    .shape = Shape::mapping, .title = "the network", .keys = k_network_keys};

} // namespace imagewright::config
