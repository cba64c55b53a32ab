// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <imagewright/base/diagnostic.hpp>

namespace imagewright::yaml {

/// The first byte that YAML text may not hold (YAML 1.2.2, section 5.1), as an error; nothing when
/// all are fine.
std::optional<base::Diagnostic> find_bad_text(std::string_view text, const std::string& file);

/// The first line with more open brackets than anybody writes, as an error: the library reads such
/// a line to its end before it says what it is, and keeps a few hundred bytes for each.
std::optional<base::Diagnostic> find_deep_line(std::string_view text, const std::string& file);

/// Adds a character of Unicode as UTF-8.
void append_code_point(std::string& text, std::uint32_t point);

enum class ByteOrder : std::uint8_t { little, big };

/// The byte order when the text begins with the mark of UTF-16.
std::optional<ByteOrder> utf16_order(std::string_view text);
/// UTF-16 (behind its mark) as UTF-8; nothing when it is not UTF-16.
std::optional<std::string> from_utf16(std::string_view text, ByteOrder order);

} // namespace imagewright::yaml
