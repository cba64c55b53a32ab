// SPDX-License-Identifier: MIT
#pragma once

// Tables of lines with fields between colons: passwd(5), shadow(5), group(5), gshadow(5).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::accounts {

using AccountRow = std::vector<std::string>;

/// One table. Lines keep their order; lines that are not rows (comments) are kept as they are.
class AccountTable {
public:
  /// Rows have at least `field_count` fields; missing ones are added empty.
  AccountTable(std::string_view text, std::size_t field_count);

  /// Null when there is no such row.
  AccountRow* find(std::string_view name);
  const AccountRow* find(std::string_view name) const;
  /// The row whose field `index` has this value, or null.
  const AccountRow* find_by(std::size_t index, std::string_view value) const;
  void add(AccountRow row);
  const std::vector<AccountRow>& rows() const { return rows_; }
  std::string to_text() const;

private:
  std::vector<AccountRow> rows_;
};

} // namespace imagewright::accounts
