// SPDX-License-Identifier: MIT
#pragma once

// The members of an archive as files of the image.

#include <string>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/model/file_config.hpp>
#include <imagewright/root/work_root.hpp>

namespace imagewright::finalize {

/// Writes the members below the file's destination, as root's, with the permissions that they have
/// but for others' and the group's to write. Gives the paths of files and links, in the order of
/// the archive. Throws base::Error at the place of the file: archive.unsafe-member for what would
/// be elsewhere, or is no file, directory or link; archive.nothing-left, archive.damaged,
/// archive.too-large.
std::vector<std::string> unpack_archive(root::WorkRoot& root, const model::AdditionalFile& file,
                                        const base::Cancellation& cancellation);

} // namespace imagewright::finalize
