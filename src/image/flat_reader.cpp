// SPDX-License-Identifier: MIT
#include "image/flat_reader.hpp"

#include <algorithm>

#include "image/corrupt.hpp"
#include "image/file_source.hpp"

namespace imagewright::image {

void FlatReader::read(std::uint64_t offset, std::span<std::byte> buffer) const {
  check_range(*this, offset, buffer.size(), name_);
  file_.read(offset, buffer);
}

std::vector<DiskExtent> FlatReader::data_extents() const {
  const auto* real_file = dynamic_cast<const FileSource*>(&file_);
  if (real_file == nullptr) return {{0, size_}};
  std::vector<DiskExtent> extents;
  for (const DiskExtent& extent : real_file->data_extents()) {
    if (extent.offset >= size_) break;
    extents.push_back({extent.offset, std::min(extent.length, size_ - extent.offset)});
  }
  return extents;
}

std::vector<StoredExtent> FlatReader::stored_extents() const {
  std::vector<StoredExtent> extents;
  for (const DiskExtent& extent : data_extents())
    extents.push_back({extent.offset, extent.length, extent.offset});
  return extents;
}

} // namespace imagewright::image
