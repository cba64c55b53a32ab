// SPDX-License-Identifier: MIT
#include "firmware_variables.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::measure {

namespace {

using namespace std::string_literals;

// EDK II: MdePkg/Include/Pi/PiFirmwareVolume.h, MdeModulePkg/Include/Guid/VariableFormat.h.
const std::string k_authenticated_store =
    "\x78\x2c\xf3\xaa\x7b\x94\x9a\x43\xa1\x80\x2e\x14\x4e\xc3\x77\x92"s;
const VendorGuid k_secure_boot_enable =
    "\xac\x05\xa3\xf0\xc7\xaf\x56\x45\x99\xc4\x00\x10\x09\xc9\x3a\x44"s;
constexpr std::size_t k_volume_header = 0x38; ///< up to the map of blocks
constexpr std::size_t k_store_header = 28;
constexpr std::size_t k_variable_header = 60;
constexpr std::uint16_t k_variable_mark = 0x55aa;
constexpr std::uint8_t k_added = 0x3f;
/// One that is being replaced, and counts as long as there is no newer one.
constexpr std::uint8_t k_being_replaced = 0x3e;

[[noreturn]] void refuse(std::string_view why) {
  throw base::Error(base::FailureKind::input, "measure.damaged-variables",
                    fmt::format("the firmware's variables cannot be read: {}", why),
                    "give the flash in which EDK II keeps variables, such as OVMF_VARS_4M.fd");
}

template <typename Number>
Number number_at(std::string_view bytes, std::size_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(Number)) refuse("they are cut off");
  return base::little_endian::get<Number>(std::as_bytes(std::span(bytes)), offset);
}

std::string_view piece(std::string_view bytes, std::size_t offset, std::size_t size) {
  if (offset > bytes.size() || bytes.size() - offset < size) refuse("they are cut off");
  return bytes.substr(offset, size);
}

/// ASCII of UTF-16 with its terminator; others are of no interest here.
std::string name_of(std::string_view utf16) {
  std::string name;
  for (std::size_t at = 0; at + 2 < utf16.size(); at += 2)
    name += utf16[at + 1] == '\0' ? utf16[at] : '?';
  return name;
}

/// A flash in which nobody has written yet, as Debian's for aarch64: the firmware makes the volume
/// when it starts for the first time.
bool is_blank(std::string_view flash) {
  constexpr std::size_t smallest_flash = std::size_t{64} << 10U;
  return flash.size() >= smallest_flash &&
         (flash.find_first_not_of('\0') == std::string_view::npos ||
          flash.find_first_not_of('\xff') == std::string_view::npos);
}

/// The part of the flash behind the header of the store.
std::string_view store_in(std::string_view flash) {
  if (piece(flash, 0x28, 4) != "_FVH") refuse("there is no firmware volume");
  const std::size_t header = number_at<std::uint16_t>(flash, 0x30);
  if (header < k_volume_header) refuse("the header of the firmware volume is too small");
  const std::string_view store = piece(flash, header, k_store_header);
  if (!store.starts_with(k_authenticated_store)) refuse("there is no store of variables");
  const std::size_t size = number_at<std::uint32_t>(store, 16);
  if (size < k_store_header) refuse("the store of variables is too small");
  return piece(flash, header, size).substr(k_store_header);
}

} // namespace

const VendorGuid k_global_variables =
    "\x61\xdf\xe4\x8b\xca\x93\xd2\x11\xaa\x0d\x00\xe0\x98\x03\x2b\x8c"s;
const VendorGuid k_signature_database =
    "\xcb\xb2\x19\xd7\x3a\x3d\x96\x45\xa3\xbc\xda\xd0\x0e\x67\x65\x6f"s;
const VendorGuid k_shim_lock = "\x50\xab\x5d\x60\x46\xe0\x00\x43\xab\xb6\x3d\xd8\x10\xdd\x8b\x23"s;
const std::string k_x509_signature =
    "\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72"s;
const std::string k_sha256_signature =
    "\x26\x16\xc4\xc1\x4c\x50\x92\x40\xac\xa9\x41\xf9\x36\x93\x43\x28"s;

FirmwareVariables::FirmwareVariables(std::string_view flash) {
  if (is_blank(flash)) return;
  const std::string_view store = store_in(flash);
  std::size_t at = 0;
  while (store.size() - at >= k_variable_header &&
         number_at<std::uint16_t>(store, at) == k_variable_mark) {
    const auto state = static_cast<std::uint8_t>(store[at + 2]);
    const std::size_t name_size = number_at<std::uint32_t>(store, at + 36);
    const std::size_t data_size = number_at<std::uint32_t>(store, at + 40);
    const VendorGuid vendor(piece(store, at + 44, 16));
    const std::string_view name = piece(store, at + k_variable_header, name_size);
    const std::string_view data = piece(store, at + k_variable_header + name_size, data_size);
    const std::pair key{vendor, name_of(name)};
    if (state == k_added) variables_[key] = data;
    if (state == k_being_replaced) variables_.emplace(key, data);
    at += (k_variable_header + name_size + data_size + 3) / 4 * 4;
    if (at > store.size()) break;
  }
}

std::optional<std::string> FirmwareVariables::find(const VendorGuid& vendor,
                                                   std::string_view name) const {
  const auto found = variables_.find({vendor, std::string(name)});
  if (found == variables_.end()) return std::nullopt;
  return found->second;
}

bool FirmwareVariables::is_secure_boot_on() const {
  if (!find(k_global_variables, "PK")) return false;
  const auto setting = find(k_secure_boot_enable, "SecureBootEnable");
  return !setting || *setting != "\0"s;
}

std::vector<Signature> signatures_in(std::string_view database, std::string_view name) {
  constexpr std::size_t k_list_header = 28;
  constexpr std::size_t k_owner = 16;
  const auto require = [&](bool is_right) {
    if (!is_right) refuse(fmt::format("{} is no list of signatures", name));
  };
  std::vector<Signature> signatures;
  while (!database.empty()) {
    require(database.size() >= k_list_header);
    const std::size_t size = number_at<std::uint32_t>(database, 16);
    const std::size_t header = number_at<std::uint32_t>(database, 20);
    const std::size_t each = number_at<std::uint32_t>(database, 24);
    require(size >= k_list_header && size <= database.size() && each > k_owner);
    require(header <= size - k_list_header && (size - k_list_header - header) % each == 0);
    for (std::size_t at = k_list_header + header; at < size; at += each) {
      signatures.push_back({.type = std::string(database.substr(0, 16)),
                            .entry = std::string(database.substr(at, each))});
    }
    database.remove_prefix(size);
  }
  return signatures;
}

} // namespace imagewright::measure
