// SPDX-License-Identifier: MIT
#pragma once

// What this host has of the things that booting needs.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/model/architecture.hpp>

namespace imagewright::boot {

/// One thing that booting needs or profits from.
struct HostFact {
  std::string name;                  ///< "QEMU for x86_64"
  std::optional<std::string> found;  ///< where it is; absent when missing
  std::string absence = "not found"; ///< what there is instead, when it is missing
  bool is_required = true;
  std::string remedy; ///< what to do when it is missing

  bool operator==(const HostFact&) const = default;
};

/// The variables with which the UEFI firmware of a machine starts. Throws base::Error
/// (boot.firmware-missing).
std::filesystem::path firmware_variables(const model::Architecture& architecture);

/// For guests of one architecture, in a fixed order.
std::vector<HostFact> host_facts(const model::Architecture& architecture);

} // namespace imagewright::boot
