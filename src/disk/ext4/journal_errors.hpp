// SPDX-License-Identifier: MIT
#pragma once

// How a journal is refused.

#include <string>

namespace imagewright::disk {

/// Throws base::Error (disk.corrupt-filesystem).
[[noreturn]] void corrupt_journal(const std::string& what);
/// Throws base::Error (disk.journal-unsupported).
[[noreturn]] void refuse_journal(const std::string& what);

} // namespace imagewright::disk
