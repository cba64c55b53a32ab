// SPDX-License-Identifier: MIT
#pragma once

// shim, which the firmware starts in front of a boot loader that its keys do not know.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include <imagewright/disk/filesystem_reader.hpp>
#include <imagewright/measure/measurement.hpp>

#include "efi_program.hpp"
#include "secure_boot.hpp"

namespace imagewright::measure {

/// Does the program say that it is shim (in its section .sbat)?
bool is_shim(const EfiProgram& program);

class Shim {
public:
  /// `bytes` are the program's.
  Shim(const EfiProgram& program, std::string_view bytes);

  /// What it measures before it starts anything. Registers of which nothing can be said are given
  /// up. `secure_boot` is null when nothing is known of the firmware's variables.
  void begin(const disk::FilesystemReader& esp, const std::string& path,
             const SecureBoot* secure_boot, EventLog& log);
  /// The path of what it starts.
  static std::string second_stage(const std::string& path);
  /// It starts a program, or a boot loader asks it about one. Throws base::Error
  /// (measure.refused-program) where Secure Boot is on and it would not have it.
  void measure(const EfiProgram& program, const std::string& name, const SecureBoot* secure_boot,
               EventLog& log);

private:
  void vouch(const EfiProgram& program, const std::string& name, const SecureBoot& secure_boot,
             EventLog& log);
  void set_level(const SecureBoot& secure_boot, EventLog& log);
  void tell_authority(const VendorGuid& vendor, std::string_view variable, const std::string& data,
                      const std::string& name, EventLog& log);

  bool is_known_version_ = false;
  std::string level_;       ///< what it demands of generations with Secure Boot, by itself
  std::string certificate_; ///< the vendor's, in DER; empty: it has none, or a list
  bool has_vendor_list_ = false;
  std::map<std::string, unsigned, std::less<>> generations_; ///< the least ones, by component
  std::set<std::string> measured_;
};

} // namespace imagewright::measure
