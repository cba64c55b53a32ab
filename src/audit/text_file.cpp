// SPDX-License-Identifier: MIT
#include <algorithm>

#include <imagewright/audit/text_file.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::audit {

bool begins_like_text(std::string_view beginning) {
  return !beginning.empty() && std::ranges::all_of(beginning, [](char character) {
    const auto byte = static_cast<unsigned char>(character);
    return (byte >= 0x20 && byte != 0x7f) || byte == '\n' || byte == '\r' || byte == '\t';
  });
}

bool begins_like_json(std::string_view beginning) {
  return base::trimmed(beginning).starts_with('{');
}

} // namespace imagewright::audit
