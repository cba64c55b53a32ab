// SPDX-License-Identifier: MIT
#pragma once

// Reads one table of an SQLite database file, trusting nothing in it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::inspect {

/// Columns of one row as bytes: texts and blobs as they are, integers and NULL as empty texts.
/// A column that stands for the row's number is NULL.
using SqliteRow = std::vector<std::string>;

/// Every row of the table, by row number; nothing when the file has no such table or is no such
/// database. `file` must be the whole database, without a write-ahead log. Throws base::Error
/// (inspect.corrupt-database).
std::optional<std::vector<SqliteRow>> read_sqlite_table(std::string_view file,
                                                        std::string_view table);

} // namespace imagewright::inspect
