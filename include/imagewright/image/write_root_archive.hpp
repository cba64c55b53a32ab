// SPDX-License-Identifier: MIT
#pragma once

// The root as an archive: for containers, and for the Windows Subsystem for Linux.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <imagewright/archive/decompress.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/model/artifact.hpp>
#include <imagewright/report/reporter.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::image {

struct RootArchiveRequest {
  const tree::RootTree& tree;
  model::ImageFormat format = model::ImageFormat::tar; ///< an archive; of wsl the tree has its form
  std::filesystem::path path;
  archive::Compression compression = archive::Compression::none;
  std::optional<std::int32_t> level; ///< absent: the algorithm's own default
  unsigned thread_count = 1;         ///< the file does not depend on it
};

/// Writes owners, modes, times, device nodes, hard links, capabilities and labels as the tree has
/// them; sockets, which mean nothing without their process, are left out. The artifact's virtual
/// size is that of all files' content. On failure no file is left behind. Throws base::Error
/// (fs.cannot-write, fs.disk-full, tree.cannot-read).
model::Artifact write_root_archive(const RootArchiveRequest& request, report::Reporter& reporter,
                                   const base::Cancellation& cancellation);

} // namespace imagewright::image
