// SPDX-License-Identifier: MIT
#pragma once

// Lines that go into a text or out of it.

#include <string>
#include <string_view>

#include <imagewright/model/edit_config.hpp>

namespace imagewright::finalize {

/// Is the line like the pattern? "*" stands for any text, every other letter for itself.
bool matches_line(std::string_view line, std::string_view pattern);

/// The text after one edit; whether its last line ends as it did stays. Throws base::Error
/// (finalize.no-such-line) at the place of the pattern that no line is like.
std::string edited(std::string_view text, const model::LineEdit& edit, const std::string& path);

} // namespace imagewright::finalize
