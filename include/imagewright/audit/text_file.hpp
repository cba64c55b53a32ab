// SPDX-License-Identifier: MIT
#pragma once

// What is a text among the files that people hand over: manifests, locks and lists of packages
// beside images.

#include <cstddef>
#include <string_view>

namespace imagewright::audit {

/// So many bytes from the beginning tell a text from an image.
constexpr std::size_t k_text_beginning = 512;

/// Every image format has bytes near its beginning that no text has. Nothing at all is no text.
bool begins_like_text(std::string_view beginning);

/// No list of packages begins with a brace, and every JSON document of ours does.
bool begins_like_json(std::string_view beginning);

} // namespace imagewright::audit
