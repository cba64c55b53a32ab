// SPDX-License-Identifier: MIT
#pragma once

// Adds sections to an EFI program, which is how a unified kernel image is made of a stub.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::finalize::boot_loaders {

/// A section by its name (at most 8 bytes, with the dot) and content.
struct PeSection {
  std::string_view name;
  std::string content;
};

/// The content of a section, without the zeros that fill its last block; nothing when the program
/// has none of that name. Throws base::Error (finalize.unfit-stub) when `program` is no EFI
/// program; `path` is for the message.
std::optional<std::string> section_of(const std::string& program, std::string_view name,
                                      const std::string& path);

/// A unified kernel image with another content in one of its sections, everything else as it was.
/// A signature is left out: it covers other bytes. Throws base::Error: finalize.signed-policy when
/// the image carries a policy over what would change; finalize.unfit-stub when the image has no
/// such section, or its sections are not in the order that makers of such images give them.
std::string with_changed_section(std::string program, const PeSection& changed,
                                 const std::string& path);

/// The program with the sections behind its own, read-only, in this order. A signature of the
/// program is left out: it covers other bytes. Throws base::Error (finalize.unfit-stub) when
/// `program` is no EFI program, or has no room for them; `path` is for the message.
std::string with_sections(std::string program, const std::vector<PeSection>& sections,
                          const std::string& path);

} // namespace imagewright::finalize::boot_loaders
