// SPDX-License-Identifier: MIT
#include <algorithm>

#include <imagewright/accounts/table.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::accounts {

AccountTable::AccountTable(std::string_view text, std::size_t field_count) {
  for (const auto& line : base::split(text, '\n')) {
    if (line.empty()) continue;
    auto row = base::split(line, ':');
    // A line without a colon is a comment or garbage; it stays as it is.
    if (row.size() > 1 && row.size() < field_count) row.resize(field_count);
    rows_.push_back(std::move(row));
  }
}

AccountRow* AccountTable::find(std::string_view name) {
  const auto row = std::ranges::find_if(
      rows_, [&](const AccountRow& each) { return each.size() > 1 && each.front() == name; });
  return row == rows_.end() ? nullptr : &*row;
}

const AccountRow* AccountTable::find(std::string_view name) const {
  return find_by(0, name);
}

const AccountRow* AccountTable::find_by(std::size_t index, std::string_view value) const {
  const auto row = std::ranges::find_if(rows_, [&](const AccountRow& each) {
    return each.size() > std::max<std::size_t>(index, 1) && each[index] == value;
  });
  return row == rows_.end() ? nullptr : &*row;
}

void AccountTable::add(AccountRow row) {
  rows_.push_back(std::move(row));
}

std::string AccountTable::to_text() const {
  std::string text;
  for (const auto& row : rows_)
    text += base::join(row, ":") + '\n';
  return text;
}

} // namespace imagewright::accounts
