// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <imagewright/base/diagnostic.hpp>

#include "yaml/strict.hpp"

namespace imagewright::yaml {

/// What most likely led to the parser library's complaint about a line, when the lines around it
/// show it: a dash without its blank, a key without its colon.
std::optional<base::Diagnostic> find_cause(std::string_view text, std::uint32_t line,
                                           const std::string& file);

/// A sign that only looks like a blank or a colon, in this line, or as indentation anywhere.
std::optional<base::Diagnostic> find_odd_cause(std::string_view text, std::uint32_t line,
                                               const std::string& file);

/// About a line that does not fit to what stands before it: a slip in the lines that the library
/// took for one value, or the columns where the line could start.
std::optional<base::Diagnostic> find_cause_of_misfit(std::string_view text, std::uint32_t line,
                                                     const std::string& file);

/// About a line at `offset` that is no key: it follows a "|" or ">", or the text of one, without
/// being indented as that.
std::optional<Slip> find_text_slip(std::string_view text, std::size_t offset, std::uint32_t line);

} // namespace imagewright::yaml
