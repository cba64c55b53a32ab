// SPDX-License-Identifier: MIT
#pragma once

// Files of sections, keys and values, as Windows reads /etc/wsl.conf.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::lint {

struct IniFile {
  /// "[section] key", in lower case; the last of several counts.
  std::map<std::string, std::string, std::less<>> values;
  std::vector<std::string> mistakes; ///< lines that are neither

  std::optional<std::string> find(std::string_view key) const;
};

IniFile parse_ini(std::string_view text);

} // namespace imagewright::lint
