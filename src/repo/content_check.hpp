// SPDX-License-Identifier: MIT
#pragma once

// Is what arrived what was asked for?

#include <optional>

#include "downloader.hpp"
#include "mirrors.hpp"

namespace imagewright::repo {

/// Looks at the beginning of a download, which is thought to be whole.
DownloadResult check_content(const Download& download, const MirrorList& mirrors,
                             const std::string& base);

/// Copies a file of this host: a regular one, and never more of it than allowed.
DownloadResult copy_local(const Download& download);

} // namespace imagewright::repo
