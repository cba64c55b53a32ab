// SPDX-License-Identifier: MIT
#pragma once

// Digests of files by any algorithm; file.hpp has the usual one.

#include <cstdint>
#include <filesystem>
#include <string>

#include <imagewright/base/digest.hpp>

namespace imagewright::fs {

/// The digest of the file's content; holes are not read. Throws base::Error (fs.cannot-read).
base::Digest digest_of_file(const std::filesystem::path& path, base::DigestAlgorithm algorithm);

/// The same for an open file, from `start` to its end; `name` is for the message.
base::Digest digest_of_open_file(int fd, const std::string& name, base::DigestAlgorithm algorithm,
                                 std::uint64_t start = 0);

} // namespace imagewright::fs
