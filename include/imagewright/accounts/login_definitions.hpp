// SPDX-License-Identifier: MIT
#pragma once

// /etc/login.defs: which ids and defaults new accounts of a root get (login.defs(5)).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace imagewright::accounts {

class LoginDefinitions {
public:
  /// The last line that sets a key counts.
  explicit LoginDefinitions(std::string_view text);

  std::optional<std::string> find(const std::string& key) const;
  /// Decimal, octal ("0750") or hexadecimal ("0x1e8") as strtoul reads it; `fallback` where the key
  /// is absent or no number.
  std::uint32_t number(const std::string& key, std::uint32_t fallback) const;

private:
  std::map<std::string, std::string> values_;
};

} // namespace imagewright::accounts
