// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <fcntl.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/container/checked_copy.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/temporary_directory.hpp>

#include "container/blob.hpp"

namespace imagewright::container {

namespace {

[[noreturn]] void throw_changed(const Blob& blob) {
  throw base::Error(base::FailureKind::verification, "container.changed",
                    "the layer " + blob.digest.to_string() + " was changed after it was checked",
                    "build again when nobody writes to its source");
}

} // namespace

void copy_checked(const Blob& blob, int target, const std::string& name) {
  const fs::UniqueFd source = open_regular_file(blob.file);
  if (fs::whole_of(source, blob.file.string()).size < blob.size) throw_changed(blob);
  std::vector<std::byte> buffer(std::size_t{1} << 20U);
  base::Hasher hasher(blob.digest.algorithm);
  for (std::uint64_t offset = 0; offset < blob.size;) {
    const auto piece =
        std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), blob.size - offset));
    fs::read_exactly(source.get(), piece, offset, blob.file.string());
    hasher.update(piece);
    fs::write_exactly(target, piece, offset, name);
    offset += piece.size();
  }
  if (hasher.finish() != blob.digest) throw_changed(blob);
}

fs::UniqueFd private_copy(const Blob& blob, const std::filesystem::path& directory) {
  const fs::TemporaryDirectory place(directory, ".blob-");
  const std::filesystem::path path = place.path() / "blob";
  fs::UniqueFd copy(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!copy) base::throw_system_error("fs.cannot-write", "cannot write", path.string(), errno);
  copy_checked(blob, copy.get(), path.string());
  return copy;
}

} // namespace imagewright::container
