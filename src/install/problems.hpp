// SPDX-License-Identifier: MIT
#pragma once

// Why librpm will not, or could not, install.

#include <string>
#include <vector>

#include "rpm_handles.hpp"
#include "rpm_log.hpp"

namespace imagewright::install {

/// Throws base::Error about the transaction's problems when it has any: install.dependency,
/// install.file-conflict, install.disk-full, install.package-refused.
void require_no_problems(rpmts transaction);

/// Throws base::Error about a package whose files could not be unpacked: install.disk-full,
/// install.package-corrupt, install.unpack-failed.
[[noreturn]] void throw_unpack_error(const std::string& package,
                                     const std::vector<LogMessage>& messages);

/// Throws base::Error (install.transaction-failed).
[[noreturn]] void throw_transaction_failed(const std::vector<LogMessage>& messages);

} // namespace imagewright::install
