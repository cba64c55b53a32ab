// SPDX-License-Identifier: MIT
#pragma once

// The variables of a machine's UEFI firmware, as EDK II keeps them in its flash (OVMF_VARS.fd).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace imagewright::measure {

/// Whom a variable belongs to, in the byte order of UEFI.
using VendorGuid = std::string;

extern const VendorGuid k_global_variables;   ///< EFI_GLOBAL_VARIABLE
extern const VendorGuid k_signature_database; ///< EFI_IMAGE_SECURITY_DATABASE_GUID
extern const VendorGuid k_shim_lock;          ///< shim's own

class FirmwareVariables {
public:
  /// A flash that is blank has none. Throws base::Error (measure.damaged-variables).
  explicit FirmwareVariables(std::string_view flash);

  /// The content of a variable; its name is ASCII.
  std::optional<std::string> find(const VendorGuid& vendor, std::string_view name) const;
  /// Whether the firmware starts only what its database of signatures allows.
  bool is_secure_boot_on() const;

private:
  std::map<std::pair<VendorGuid, std::string>, std::string> variables_;
};

/// One entry of a database of signatures.
struct Signature {
  std::string type;  ///< a GUID of UEFI: what the data is
  std::string entry; ///< EFI_SIGNATURE_DATA: owner and data
  std::string_view data() const { return std::string_view(entry).substr(16); }
};

extern const std::string k_x509_signature;   ///< EFI_CERT_X509_GUID
extern const std::string k_sha256_signature; ///< EFI_CERT_SHA256_GUID

/// UEFI 2.10, 32.4.1, EFI_SIGNATURE_LIST. Throws base::Error (measure.damaged-variables), which
/// names the variable.
std::vector<Signature> signatures_in(std::string_view database, std::string_view name);

} // namespace imagewright::measure
