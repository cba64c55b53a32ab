// SPDX-License-Identifier: MIT
#include "shim.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/text.hpp>

#include "authenticode.hpp"

namespace imagewright::measure {

namespace {

using namespace std::string_literals;

/// Releases whose measurements were compared with their sources.
constexpr std::array<std::string_view, 4> k_known_versions{"15.7", "15.8", "16.0", "16.1"};
constexpr std::string_view k_version_mark = "$Version: ";
/// The variable in which the least generations stand, and what it says where they do not matter.
constexpr std::string_view k_level = "SbatLevel";
const std::string k_original_level = "sbat,1,2021030218\n";
/// A machine whose owner has told shim something.
constexpr std::array<std::string_view, 8> k_settings{"MokList",    "MokListX",  "MokSBState",
                                                     "MokDBState", "MokPolicy", "SbatPolicy",
                                                     "MokNew",     "MokAuth"};
constexpr std::string_view k_list_of_keys = "MokListRT";

std::string text_at(std::string_view bytes, std::size_t offset) {
  const std::string_view rest = bytes.substr(std::min(offset, bytes.size()));
  return std::string(rest.substr(0, rest.find('\0')));
}

/// Rows "component,generation,…" of a section .sbat, or of the level that they are held against.
std::vector<std::pair<std::string, unsigned>> generations_in(std::string_view text) {
  std::vector<std::pair<std::string, unsigned>> rows;
  for (const std::string& line : base::split(text.substr(0, text.find('\0')), '\n')) {
    const auto words = base::split(line, ',');
    unsigned number = 0;
    if (words.size() < 2 ||
        std::from_chars(words[1].data(), words[1].data() + words[1].size(), number).ec !=
            std::errc())
      continue;
    rows.emplace_back(words[0], number);
  }
  return rows;
}

/// "2025021800" of "sbat,1,2025021800\n…".
std::string date_of(std::string_view level) {
  const auto words = base::split(level.substr(0, level.find('\n')), ',');
  return words.size() < 3 ? std::string() : words[2];
}

/// shim's sbat_var.S: a version, then the offsets of two texts from behind it.
std::string level_in(const EfiProgram& program) {
  constexpr std::size_t k_header = 4;
  const auto section = program.find(".sbatlevel");
  if (!section || section->stored.size() < k_header + 8) return {};
  const auto raw = std::as_bytes(std::span(section->stored));
  if (base::little_endian::get<std::uint32_t>(raw, 0) != 0) return {};
  return text_at(section->stored,
                 k_header + base::little_endian::get<std::uint32_t>(raw, k_header));
}

/// shim's cert.S: sizes and places of what it allows and of what it forbids.
std::string vendor_keys_in(const EfiProgram& program) {
  const auto section = program.find(".vendor_cert");
  if (!section || section->stored.size() < 16) return {};
  const auto raw = std::as_bytes(std::span(section->stored));
  const auto size = base::little_endian::get<std::uint32_t>(raw, 0);
  const auto start = base::little_endian::get<std::uint32_t>(raw, 8);
  if (start > section->stored.size() || size > section->stored.size() - start) return {};
  return std::string(section->stored.substr(start, size));
}

std::string directory_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

} // namespace

bool is_shim(const EfiProgram& program) {
  const auto section = program.find(".sbat");
  return section && section->stored.find("\nshim,") != std::string_view::npos;
}

Shim::Shim(const EfiProgram& program, std::string_view bytes) : level_(level_in(program)) {
  if (const std::size_t mark = bytes.find(k_version_mark); mark != std::string_view::npos) {
    const std::string_view rest = bytes.substr(mark + k_version_mark.size());
    const std::string_view version = rest.substr(0, rest.find(' '));
    is_known_version_ = std::ranges::find(k_known_versions, version) != k_known_versions.end();
  }
  std::string keys = vendor_keys_in(program);
  constexpr std::string_view k_der_sequence = "\x30\x82";
  if (keys.starts_with(k_der_sequence)) {
    certificate_ = std::move(keys);
  } else {
    has_vendor_list_ = !keys.empty();
  }
}

std::string Shim::second_stage(const std::string& path) {
  const bool is_arm = base::to_lower(path).ends_with("aa64.efi");
  return directory_of(path) + (is_arm ? "/grubaa64.efi" : "/grubx64.efi");
}

void Shim::begin(const disk::FilesystemReader& esp, const std::string& path,
                 const SecureBoot* secure_boot, EventLog& log) {
  const auto give_up = [&log](std::initializer_list<std::uint32_t> registers,
                              const std::string& why) {
    for (const std::uint32_t pcr : registers)
      log.give_up(pcr, why);
  };
  log.give_up(14, "shim tells there what it found of the machine");
  if (!is_known_version_ || level_.empty())
    give_up({4, 7}, "what this release of shim measures is not known here");
  const bool is_secure = secure_boot != nullptr && secure_boot->is_on();
  for (const std::string& name :
       esp.list(directory_of(path)).value_or(std::vector<std::string>())) {
    const std::string lower = base::to_lower(name);
    if (lower == "fbx64.efi" || lower == "fbaa64.efi")
      give_up({4, 7, 8, 9}, "shim starts " + base::quoted(name) + " before anything else");
    if (is_secure && (lower.starts_with("revocations_") || lower.starts_with("shim_certificate")))
      give_up({4, 7}, "shim takes more keys or bans from " + base::quoted(name));
  }
  if (secure_boot == nullptr) return;
  for (const std::string_view name : k_settings) {
    if (secure_boot->variables().find(k_shim_lock, name))
      give_up({4, 7, 8, 9}, fmt::format("the machine has settings of shim's own ({})", name));
  }
  set_level(*secure_boot, log);
}

/// It keeps a newer level that the machine has, and with Secure Boot off takes it back.
void Shim::set_level(const SecureBoot& secure_boot, EventLog& log) {
  std::string level = k_original_level;
  if (secure_boot.is_on()) {
    const auto kept = secure_boot.variables().find(k_shim_lock, k_level);
    const bool stays = kept && kept->starts_with("sbat,") && date_of(*kept) >= date_of(level_);
    level = stays ? *kept : level_;
  }
  for (const auto& [component, generation] : generations_in(level))
    generations_[component] = generation;
  tell_authority(k_shim_lock, k_level, level, "least generations of programs", log);
}

void Shim::tell_authority(const VendorGuid& vendor, std::string_view variable,
                          const std::string& data, const std::string& name, EventLog& log) {
  const std::string told = variable_data(vendor, variable, data);
  // Each is told once; what the firmware has told, shim tells again.
  if (!measured_.insert(told).second) return;
  log.add(7, "EV_EFI_VARIABLE_AUTHORITY", fmt::format("{}, by shim: {}", variable, name), told);
}

void Shim::measure(const EfiProgram& program, const std::string& name,
                   const SecureBoot* secure_boot, EventLog& log) {
  if (secure_boot != nullptr && secure_boot->is_on()) vouch(program, name, *secure_boot, log);
  log.add({.pcr = 4,
           .type = "EV_EFI_BOOT_SERVICES_APPLICATION",
           .what = name + ", by shim",
           .digests = program.authenticode_digests()});
}

void Shim::vouch(const EfiProgram& program, const std::string& name, const SecureBoot& secure_boot,
                 EventLog& log) {
  secure_boot.require_not_forbidden(program, name);
  const auto allow = [&](const Signature& entry) {
    tell_authority(k_signature_database, "db", entry.entry, "the entry that allows " + name, log);
  };
  bool is_allowed = false;
  if (const Signature* digest = find_digest(secure_boot.allowed(), program)) {
    allow(*digest);
    is_allowed = true;
  }
  // By a digest it looks at no signature, otherwise at each.
  for (const std::string_view signature :
       is_allowed ? std::vector<std::string_view>() : program.signatures()) {
    if (const Signature* entry = find_certificate(secure_boot.allowed(), program, signature)) {
      allow(*entry);
      is_allowed = true;
    } else if (!certificate_.empty() && is_signed_by(program, signature, certificate_)) {
      // The list of keys that it makes begins with its vendor's.
      tell_authority(k_shim_lock, k_list_of_keys, k_shim_lock + certificate_,
                     "its vendor's key, which allows " + name, log);
      is_allowed = true;
    }
  }
  if (!is_allowed && has_vendor_list_) {
    log.give_up(7, "shim's own list of keys is not understood here");
  } else if (!is_allowed) {
    refuse_program(name, "neither db nor the key in shim allows it");
  }
  const auto bill = program.find(".sbat");
  for (const auto& [component, generation] :
       generations_in(bill ? bill->stored : std::string_view())) {
    const auto least = generations_.find(component);
    if (least != generations_.end() && generation < least->second) {
      refuse_program(name, fmt::format("its generation of {} is {}, and shim wants {}",
                                       base::quoted(component), generation, least->second));
    }
  }
}

} // namespace imagewright::measure
