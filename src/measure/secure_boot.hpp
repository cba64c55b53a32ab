// SPDX-License-Identifier: MIT
#pragma once

// What a firmware's Secure Boot measures: its keys, and by which of them it started a program.

#include <set>
#include <string>

#include <imagewright/measure/measurement.hpp>

#include "efi_program.hpp"
#include "firmware_variables.hpp"

namespace imagewright::measure {

class SecureBoot {
public:
  explicit SecureBoot(FirmwareVariables variables);

  /// Before anything is started.
  void begin(EventLog& log) const;
  /// A program is started by the firmware. Throws base::Error (measure.refused-program) where
  /// Secure Boot is on and would not start it.
  void start(const EfiProgram& program, const std::string& name, EventLog& log);
  bool is_on() const { return is_on_; }

private:
  FirmwareVariables variables_;
  bool is_on_;
  std::vector<Signature> allowed_;
  std::vector<Signature> forbidden_;
  std::set<std::string> measured_;
};

} // namespace imagewright::measure
