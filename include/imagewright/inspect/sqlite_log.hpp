// SPDX-License-Identifier: MIT
#pragma once

// What an SQLite database file lacks that was in use when its disk was taken.

#include <string>
#include <string_view>

namespace imagewright::inspect {

/// Puts the pages of every whole, committed transaction of the write-ahead log into the database,
/// as the next program that opened it would. A log that belongs to another state of the database
/// changes nothing. Throws base::Error (inspect.corrupt-database) when both have different pages.
void apply_write_ahead_log(std::string& database, std::string_view log);

/// A rollback journal beside a database says that a transaction was under way: the file holds half
/// of it.
bool is_hot_journal(std::string_view journal);

} // namespace imagewright::inspect
