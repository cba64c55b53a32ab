// SPDX-License-Identifier: MIT
#pragma once

// Bytes that somebody says have a digest, and whether they have it.

#include <filesystem>
#include <optional>
#include <string>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/container/image.hpp>
#include <imagewright/fs/unique_fd.hpp>

#include "container/documents.hpp"

namespace imagewright::container {

[[noreturn]] void throw_damaged(const std::string& message);
[[noreturn]] void throw_unsupported(const std::string& message);

/// Waits for nothing and opens no device, whatever the name stands for. Throws container.damaged
/// and fs.cannot-read.
fs::UniqueFd open_regular_file(const std::filesystem::path& file);
/// The whole of a document, 16 MiB at most; nothing when it is not there. Throws container.damaged.
std::optional<std::string> find_document(const std::filesystem::path& file);

/// The blob that is described, below `directory` ("blobs/sha256/…"), when size and digest are what
/// they should be. Throws container.damaged.
Blob find_blob(const std::filesystem::path& directory, const Descriptor& descriptor,
               const base::Cancellation& cancellation);
/// The same of a small one, whose bytes are kept: what was checked is what is used.
Blob find_small_blob(const std::filesystem::path& directory, const Descriptor& descriptor,
                     const base::Cancellation& cancellation);
/// A file as a blob of its own.
Blob blob_of_file(const std::filesystem::path& file, const std::string& media_type);
/// Likewise, with its bytes.
Blob small_blob_of_file(const std::filesystem::path& file, const std::string& media_type);

} // namespace imagewright::container
