// SPDX-License-Identifier: MIT
#pragma once

// Whether what an XFS filesystem says can be believed: its log must hold nothing that is not yet in
// place ("XFS Algorithms & Data Structures", chapter "Journaling Log").

#include "disk/xfs/volume.hpp"

namespace imagewright::disk {

/// Throws base::Error (disk.journal-unsupported) when the filesystem was not unmounted.
void require_clean_xfs_log(const XfsVolume& volume);

} // namespace imagewright::disk
