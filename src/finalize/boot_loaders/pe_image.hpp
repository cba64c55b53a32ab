// SPDX-License-Identifier: MIT
#pragma once

// Adds sections to an EFI program, which is how a unified kernel image is made of a stub.

#include <string>
#include <string_view>
#include <vector>

namespace imagewright::finalize::boot_loaders {

/// A section by its name (at most 8 bytes, with the dot) and content.
struct PeSection {
  std::string_view name;
  std::string content;
};

/// The program with the sections behind its own, read-only, in this order. A signature of the
/// program is left out: it covers other bytes. Throws base::Error (finalize.unfit-stub) when
/// `program` is no EFI program, or has no room for them; `path` is for the message.
std::string with_sections(std::string program, const std::vector<PeSection>& sections,
                          const std::string& path);

} // namespace imagewright::finalize::boot_loaders
