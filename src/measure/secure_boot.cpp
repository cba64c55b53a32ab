// SPDX-License-Identifier: MIT
#include "secure_boot.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "authenticode.hpp"

namespace imagewright::measure {

namespace {

constexpr std::string_view k_separator("\0\0\0\0", 4);

std::vector<Signature> database(const FirmwareVariables& variables, const char* name) {
  const auto found = variables.find(k_signature_database, name);
  return found ? signatures_in(*found, name) : std::vector<Signature>();
}

bool has_digest(const Signature& signature, const Digests& digests) {
  return signature.type == k_sha256_signature &&
         base::to_hex(std::as_bytes(std::span(signature.data()))) ==
             digests.at(base::DigestAlgorithm::sha256).hex;
}

bool is_understood(const Signature& entry) {
  return entry.type == k_x509_signature || entry.type == k_sha256_signature;
}

} // namespace

// TCG PC Client Platform Firmware Profile.
std::string variable_data(const VendorGuid& vendor, std::string_view name, std::string_view data) {
  base::Bytes sizes(16);
  base::little_endian::put(sizes, 0, std::uint64_t{name.size()});
  base::little_endian::put(sizes, 8, std::uint64_t{data.size()});
  std::string bytes = vendor + std::string(base::as_text(sizes));
  for (const char letter : name) {
    bytes += letter;
    bytes += '\0';
  }
  return bytes.append(data);
}

const Signature* find_digest(const std::vector<Signature>& entries, const EfiProgram& program) {
  const Digests digests = program.authenticode_digests();
  const auto found = std::ranges::find_if(
      entries, [&](const Signature& entry) { return has_digest(entry, digests); });
  return found == entries.end() ? nullptr : &*found;
}

const Signature* find_certificate(const std::vector<Signature>& entries, const EfiProgram& program,
                                  std::string_view signature) {
  const auto found = std::ranges::find_if(entries, [&](const Signature& entry) {
    return entry.type == k_x509_signature && is_signed_by(program, signature, entry.data());
  });
  return found == entries.end() ? nullptr : &*found;
}

const Signature* find_certificate(const std::vector<Signature>& entries,
                                  const EfiProgram& program) {
  for (const std::string_view signature : program.signatures()) {
    if (const Signature* found = find_certificate(entries, program, signature)) return found;
  }
  return nullptr;
}

void refuse_program(const std::string& name, std::string_view why) {
  throw base::Error(base::FailureKind::verification, "measure.refused-program",
                    fmt::format("Secure Boot would not start {}: {}", base::quoted(name), why),
                    "sign it with a key whose certificate is in the firmware's variable db, or "
                    "measure with the variables of a machine that has it");
}

SecureBoot::SecureBoot(FirmwareVariables variables)
    : variables_(std::move(variables)), is_on_(variables_.is_secure_boot_on()),
      allowed_(database(variables_, "db")), forbidden_(database(variables_, "dbx")) {}

void SecureBoot::begin(EventLog& log) const {
  const std::array<std::pair<VendorGuid, std::string>, 4> variables{
      std::pair{k_global_variables, "PK"},
      {k_global_variables, "KEK"},
      {k_signature_database, "db"},
      {k_signature_database, "dbx"}};
  log.add(7, "EV_EFI_VARIABLE_DRIVER_CONFIG",
          "SecureBoot, which is " + std::string(is_on_ ? "on" : "off"),
          variable_data(k_global_variables, "SecureBoot", std::string(1, is_on_ ? '\1' : '\0')));
  for (const auto& [vendor, name] : variables) {
    log.add(7, "EV_EFI_VARIABLE_DRIVER_CONFIG", name,
            variable_data(vendor, name, variables_.find(vendor, name).value_or(std::string())));
  }
  for (const char* name : {"dbt", "dbr"}) {
    if (const auto found = variables_.find(k_signature_database, name))
      log.add(7, "EV_EFI_VARIABLE_DRIVER_CONFIG", name,
              variable_data(k_signature_database, name, *found));
  }
  log.add(7, "EV_SEPARATOR", "end of what Secure Boot is told", k_separator);
}

void SecureBoot::require_not_forbidden(const EfiProgram& program, const std::string& name) const {
  if (find_digest(forbidden_, program) != nullptr) refuse_program(name, "its digest is in dbx");
  if (find_certificate(forbidden_, program) != nullptr)
    refuse_program(name, "a certificate in dbx has signed it");
}

void SecureBoot::start(const EfiProgram& program, const std::string& name, EventLog& log) {
  if (!is_on_) return;
  require_not_forbidden(program, name);
  // By another one the firmware may refuse what is allowed here, or take another entry of db.
  if (!std::ranges::all_of(forbidden_, is_understood)) {
    log.give_up(7, "dbx has entries that are neither certificates nor SHA-256 digests of programs, "
                   "which are not understood here");
  }
  const Signature* entry = find_certificate(allowed_, program);
  if (entry == nullptr) entry = find_digest(allowed_, program);
  if (entry == nullptr) refuse_program(name, "nothing in db allows it");
  // An authority is told once.
  if (!measured_.insert(entry->entry).second) return;
  log.add(7, "EV_EFI_VARIABLE_AUTHORITY", "db, the entry that allows " + name,
          variable_data(k_signature_database, "db", entry->entry));
}

} // namespace imagewright::measure
