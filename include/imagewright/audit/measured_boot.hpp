// SPDX-License-Identifier: MIT
#pragma once

// What the registers of a TPM hold when an image has booted, as its manifest remembers it.

#include <cstdint>
#include <string>
#include <vector>

#include <imagewright/base/digest.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::audit {

struct MeasuredRegister {
  std::uint32_t number = 0;
  std::vector<base::Digest> values; ///< one of each bank; empty: the image does not decide it
  std::string unknown;              ///< why, then

  bool operator==(const MeasuredRegister&) const = default;
};

/// Of a machine whose Secure Boot is off.
struct MeasuredBoot {
  std::string entry; ///< what the boot loader starts
  std::vector<MeasuredRegister> registers;
  std::string unknown; ///< why nothing is said of any register

  bool operator==(const MeasuredBoot&) const = default;
};

json::Value to_json(const MeasuredBoot& boot);
/// Reads what to_json() gives, and the registers of `imagewright measure --json`. `file` is for
/// messages. Throws base::Error (audit.manifest-damaged, json.…).
MeasuredBoot measured_boot_from(const json::Value& value, const std::string& file);

} // namespace imagewright::audit
