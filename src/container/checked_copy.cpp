// SPDX-License-Identifier: MIT
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/container/private_copy.hpp>
#include <imagewright/fs/digest.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/temporary_directory.hpp>

#include "container/blob.hpp"

namespace imagewright::container {

fs::UniqueFd private_copy(const Blob& blob, const std::filesystem::path& directory) {
  const fs::TemporaryDirectory place(directory, ".blob-");
  const std::filesystem::path path = place.path() / "blob";
  fs::UniqueFd copy(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!copy) base::throw_system_error("fs.cannot-write", "cannot write", path.string(), errno);
  const fs::UniqueFd source = open_regular_file(blob.file);
  fs::copy_exactly(fs::whole_of(source, blob.file.string()), copy.get(), path.string());
  if (fs::digest_of_open_file(copy.get(), path.string(), blob.digest.algorithm) != blob.digest) {
    throw base::Error(base::FailureKind::verification, "container.changed",
                      "the layer " + blob.digest.to_string() + " was changed after it was checked",
                      "build again when nobody writes to its source");
  }
  // Who took the digest has read it to its end.
  if (::lseek(copy.get(), 0, SEEK_SET) != 0)
    base::throw_system_error("fs.cannot-read", "cannot read", path.string(), errno);
  return copy;
}

} // namespace imagewright::container
