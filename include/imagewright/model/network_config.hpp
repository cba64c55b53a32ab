// SPDX-License-Identifier: MIT
#pragma once

// How the network of an image is set up.

#include <cstdint>
#include <string>
#include <vector>

#include <imagewright/base/source_location.hpp>

namespace imagewright::model {

enum class Dhcp : std::uint8_t { none, ipv4, ipv6, both };

/// The program of a release that sets up the network.
enum class NetworkManagement : std::uint8_t { networkd, network_manager };

/// What is done with the interfaces that fit. Without name and address of the hardware: with every
/// ethernet interface of the machine.
struct NetworkInterface {
  std::string name; ///< a pattern for the shell: "eth*"; empty: any
  std::string mac;  ///< lower case, with colons; empty: any
  Dhcp dhcp = Dhcp::none;
  std::vector<std::string> addresses; ///< each with the length of its prefix
  std::vector<std::string> gateways;  ///< at most one of each family
  std::vector<std::string> name_servers;
  base::SourceLocation where;

  bool operator==(const NetworkInterface&) const = default;
};

struct NetworkConfig {
  std::vector<NetworkInterface> interfaces; ///< the first that fits counts
  base::SourceLocation where;

  bool operator==(const NetworkConfig&) const = default;
};

} // namespace imagewright::model
