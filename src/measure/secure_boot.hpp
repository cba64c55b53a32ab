// SPDX-License-Identifier: MIT
#pragma once

// What a firmware's Secure Boot measures: its keys, and by which of them it started a program.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/measure/measurement.hpp>

#include "efi_program.hpp"
#include "firmware_variables.hpp"

namespace imagewright::measure {

/// What is measured of a variable: UEFI_VARIABLE_DATA of TCG's profile for firmware.
std::string variable_data(const VendorGuid& vendor, std::string_view name, std::string_view data);

/// The first entry that is the program's digest; null: there is none.
const Signature* find_digest(const std::vector<Signature>& entries, const EfiProgram& program);
/// The first certificate that one of the program's signatures leads to.
const Signature* find_certificate(const std::vector<Signature>& entries, const EfiProgram& program);
/// Likewise that this signature of it leads to.
const Signature* find_certificate(const std::vector<Signature>& entries, const EfiProgram& program,
                                  std::string_view signature);

/// Throws base::Error (measure.refused-program).
[[noreturn]] void refuse_program(const std::string& name, std::string_view why);

class SecureBoot {
public:
  explicit SecureBoot(FirmwareVariables variables);

  /// Before anything is started.
  void begin(EventLog& log) const;
  /// A program is started by the firmware. Throws base::Error (measure.refused-program) where
  /// Secure Boot is on and would not start it.
  void start(const EfiProgram& program, const std::string& name, EventLog& log);
  bool is_on() const { return is_on_; }
  const FirmwareVariables& variables() const { return variables_; }
  /// The variable db.
  const std::vector<Signature>& allowed() const { return allowed_; }
  /// Throws base::Error (measure.refused-program) for what the variable dbx forbids.
  void require_not_forbidden(const EfiProgram& program, const std::string& name) const;

private:
  FirmwareVariables variables_;
  bool is_on_;
  std::vector<Signature> allowed_;
  std::vector<Signature> forbidden_;
  std::set<std::string> measured_;
};

} // namespace imagewright::measure
