// SPDX-License-Identifier: MIT
#pragma once

// The readers of the single forms. read_feed() chooses among them.

#include <filesystem>

#include <imagewright/advisory/feed.hpp>

namespace imagewright::advisory {

Feed read_oval(const std::filesystem::path& path);
Feed read_updateinfo(const std::filesystem::path& path);
/// A file, or a directory of files that end in ".json".
Feed read_osv(const std::filesystem::path& path);

/// "2024-10-10T12:04:24.575Z", "2024-10-10 12:04:24" or a number of seconds; nothing otherwise.
std::optional<base::Epoch> parse_time(std::string_view text);

} // namespace imagewright::advisory
