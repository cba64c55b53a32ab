// SPDX-License-Identifier: MIT
#pragma once

// The one transaction: librpm decides the order, unpacks, runs scripts and writes its database.

#include <functional>
#include <vector>

#include "event.hpp"
#include "package_accounts.hpp"
#include "package_files.hpp"
#include "rpm_handles.hpp"
#include "rpm_log.hpp"
#include "signature_check.hpp"

namespace imagewright::install {

using EventSink = std::function<void(const Event&)>;

/// Installs all of them into "/", in place of other versions of them, and erases those others.
/// Throws base::Error (install.…).
void run_transaction(rpmts transaction, const std::vector<CheckedPackage>& packages,
                     const std::vector<model::Nevra>& erased, const PackageFiles& files,
                     PackageAccounts& accounts, RpmLog& log, const EventSink& tell);

} // namespace imagewright::install
