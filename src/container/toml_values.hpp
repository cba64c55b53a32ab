// SPDX-License-Identifier: MIT
#pragma once

// The texts in a TOML file, as far as containerd's configuration needs it.

#include <string>
#include <string_view>
#include <vector>

namespace imagewright::container {

/// One `key = "text"`.
struct TomlText {
  std::vector<std::string> path; ///< tables and key
  std::string value;
};

/// Every text that stands on one line, in the order of the file (TOML 1.0). Values of other kinds
/// are passed over.
std::vector<TomlText> toml_texts(std::string_view text);

} // namespace imagewright::container
