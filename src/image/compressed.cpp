// SPDX-License-Identifier: MIT
#include "image/compressed.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/model/image_format.hpp>

#include "image/cosi/archive.hpp"
#include "image/source_disk.hpp"

namespace imagewright::image {

namespace {

constexpr std::size_t k_magic_size = 6;
/// No node has a larger disk in a compressed file; a stream without end is told from it.
constexpr base::ByteSize k_largest = base::ByteSize::gib(1024);

} // namespace

fs::UniqueFd nameless_file() {
  const std::filesystem::path directory = std::filesystem::temp_directory_path();
  fs::UniqueFd fd(open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd) return fd;
  // Not on every filesystem of the host.
  std::string name = (directory / "imagewright-image-XXXXXX").string();
  fd = fs::UniqueFd(mkostemp(name.data(), O_CLOEXEC));
  if (!fd) base::throw_system_error("fs.cannot-write", "cannot create a file in", directory, errno);
  unlink(name.c_str());
  return fd;
}

bool must_be_expanded(const fs::ByteSource& file, std::optional<model::ImageFormat> format) {
  const bool may_be_cosi = !format || model::row_of(*format).is_described;
  if (may_be_cosi && cosi::is_cosi(file)) return true;
  return !format && compression_of(file) != archive::Compression::none;
}

archive::Compression compression_of(const fs::ByteSource& file) {
  if (file.size() < k_magic_size) return archive::Compression::none;
  std::vector<std::byte> magic(k_magic_size);
  file.read(0, magic);
  return archive::detect_compression(magic);
}

void expand(const FileSource& file, const std::string& name, const fs::UniqueFd& plain) {
  std::uint64_t size = 0;
  if (lseek(file.fd(), 0, SEEK_SET) != 0)
    base::throw_system_error("fs.cannot-read", "cannot read", name, errno);
  archive::decompress(file.fd(), name, k_largest, [&](std::span<const std::byte> piece) {
    while (!piece.empty()) {
      const auto part = piece.first(std::min<std::size_t>(piece.size(), k_unit_size));
      if (!is_all_zero(part)) fs::write_exactly(plain.get(), part, size, name);
      size += part.size();
      piece = piece.subspan(part.size());
    }
  });
  if (ftruncate(plain.get(), static_cast<off_t>(size)) != 0)
    base::throw_system_error("fs.cannot-write", "cannot set the size of", name, errno);
}

} // namespace imagewright::image
