// SPDX-License-Identifier: MIT
#pragma once

// What is put into the guest: a service and the script that it runs, which gathers the facts and
// powers the machine off.

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include <imagewright/model/policy.hpp>

namespace imagewright::boot {

/// Where all of it stands in the guest.
inline constexpr std::string_view k_unit_directory = "/etc/systemd/system";
inline constexpr std::string_view k_unit_name = "imagewright-probe.service";
inline constexpr std::string_view k_drop_in_directory = "/etc/systemd/system/multi-user.target.d";
inline constexpr std::string_view k_drop_in_name = "imagewright-probe.conf";
inline constexpr std::string_view k_script_name = "imagewright-probe";

struct GuestScriptOptions {
  /// The device that is written to when the guest has no virtio console driver: "ttyS0".
  std::string serial_console;
  /// How long to wait until systemd has no more jobs.
  std::chrono::seconds patience{300};
};

/// The key under which the answer to the check at this index comes back: "check:3".
std::string answer_key(std::size_t check_index);

std::string guest_unit();
/// The same service with another command.
std::string guest_unit_with(std::string_view command);
/// Makes the target that every boot reaches start the unit. Links would be removed by a preset at
/// the first boot.
std::string guest_drop_in();
std::string guest_script(std::span<const model::Check> checks, const GuestScriptOptions& options);

} // namespace imagewright::boot
