// SPDX-License-Identifier: MIT
#pragma once

// An image file on the host, opened for reading.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <imagewright/fs/byte_source.hpp>
#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/image/image_reader.hpp>

namespace imagewright::image {

class FileSource final : public fs::ByteSource {
public:
  /// A file or a block device. A pipe, which could be waited for without end, a directory and what
  /// is not there are the caller's mistake. Throws base::Error (fs.cannot-read,
  /// image.not-a-file).
  explicit FileSource(const std::filesystem::path& path);
  /// What is open already.
  FileSource(fs::UniqueFd fd, std::string name);

  std::uint64_t size() const override { return size_; }
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override;
  int fd() const { return fd_.get(); }
  /// What the host stores; everything else reads as zeros.
  std::vector<DiskExtent> data_extents() const;

private:
  void examine();

  std::string name_;
  fs::UniqueFd fd_;
  std::uint64_t size_ = 0;
};

} // namespace imagewright::image
