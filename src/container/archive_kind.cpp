// SPDX-License-Identifier: MIT
#include "container/archive_kind.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace imagewright::container {

namespace {

using namespace std::string_view_literals;

constexpr const char* k_decrypt = "decrypt it first: nothing here is given its key";
constexpr const char* k_save =
    "give what \"docker save\" or \"skopeo copy SOURCE oci-archive:FILE\" "
    "writes: a tar archive, compressed or not";

struct Row {
  std::string_view magic;
  const char* words;
  const char* hint;
};

/// The files' own first bytes. ZIP files (APPNOTE.TXT, 4.3.7) are told apart below.
constexpr std::array<Row, 16> k_rows{{
    {"age-encryption.org/"sv, "encrypted (age)", k_decrypt},
    {"-----BEGIN AGE ENCRYPTED FILE-----"sv, "encrypted (age)", k_decrypt},
    {"-----BEGIN PGP MESSAGE-----"sv, "encrypted (OpenPGP)", k_decrypt},
    {"Salted__"sv, "encrypted (openssl enc)", k_decrypt},
    {"LUKS\xba\xbe"sv, "an encrypted disk (LUKS)", k_decrypt},
    // RFC 9580, section 4.2: packets of session keys, in the lengths that programs write.
    {"\x84\x5e\x03"sv, "encrypted (OpenPGP)", k_decrypt},
    {"\x85\x01\x0c\x03"sv, "encrypted (OpenPGP)", k_decrypt},
    {"\x85\x02\x0c\x03"sv, "encrypted (OpenPGP)", k_decrypt},
    {"\x8c\x0d\x04"sv, "encrypted (OpenPGP)", k_decrypt},
    {"PK\x03\x04"sv, "a ZIP archive", k_save},
    {"7z\xbc\xaf\x27\x1c"sv, "a 7-Zip archive", k_save},
    {"QFI\xfb"sv, "a disk image (qcow2)", k_save},
    {"\x7f"
     "ELF"sv,
     "a program (ELF)", k_save},
    {"\xed\xab\xee\xdb"sv, "a package (RPM)", k_save},
    {"hsqs"sv, "a filesystem (SquashFS)", k_save},
    {"{"sv, "a text (JSON)", k_save},
}};

bool is_encrypted_zip(std::span<const std::byte> head) {
  constexpr std::size_t k_flags = 6;
  return head.size() > k_flags && (std::to_integer<unsigned>(head[k_flags]) & 1U) != 0;
}

} // namespace

std::optional<OtherKind> find_other_kind(std::span<const std::byte> head) {
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  const auto found =
      std::ranges::find_if(k_rows, [&](const Row& row) { return text.starts_with(row.magic); });
  if (found == k_rows.end()) return std::nullopt;
  if (text.starts_with("PK") && is_encrypted_zip(head))
    return OtherKind{"an encrypted ZIP archive", k_decrypt};
  // A file of an archive may be called like that: what is a tar archive says so itself (POSIX,
  // ustar).
  constexpr std::size_t k_ustar = 257;
  if (text.size() > k_ustar + 5 && text.substr(k_ustar, 5) == "ustar") return std::nullopt;
  return OtherKind{found->words, found->hint};
}

} // namespace imagewright::container
