// SPDX-License-Identifier: MIT
#pragma once

// Whether the TPM of a machine that has booted holds what was predicted.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <imagewright/audit/measured_boot.hpp>

namespace imagewright::audit {

/// What is compared.
struct RegistersCheck {
  MeasuredBoot predicted;                   ///< of the image, with the firmware's variables
  std::map<std::string, std::string> found; ///< hexadecimal, by bank and number: "sha256:4"
};

struct RegisterVerdict {
  enum class Outcome : std::uint8_t { same, different, unknown };

  std::uint32_t number = 0;
  std::string subject; ///< for people: "TPM register 4 (sha256): programs …"
  std::string expected;
  std::string actual;
  Outcome outcome = Outcome::same;

  bool operator==(const RegisterVerdict&) const = default;
};

/// For each register of which an image decides something, and each bank. What systemd-pcrphase adds
/// to register 11 while the system comes up is no difference.
std::vector<RegisterVerdict> register_verdicts(const RegistersCheck& check);

/// Numbers of registers of which image and manifest say different things.
std::vector<std::uint32_t> changed_registers(const MeasuredBoot& promised,
                                             const MeasuredBoot& predicted);

} // namespace imagewright::audit
