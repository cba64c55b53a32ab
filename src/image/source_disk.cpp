// SPDX-License-Identifier: MIT
#include "image/source_disk.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/parallel_for.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::image {

namespace {

constexpr std::uint64_t k_sector = 512;
/// Units that one thread examines in a row.
constexpr std::size_t k_stretch = 64;

/// Units of the disk that the host stores at least a part of.
std::vector<std::uint64_t> units_to_examine(const FileSource& file) {
  std::vector<std::uint64_t> units;
  for (const DiskExtent& extent : file.data_extents()) {
    const std::uint64_t end = (extent.offset + extent.length + k_unit_size - 1) / k_unit_size;
    for (std::uint64_t unit = extent.offset / k_unit_size; unit < end; ++unit) {
      if (units.empty() || units.back() < unit) units.push_back(unit);
    }
  }
  return units;
}

} // namespace

SourceDisk::SourceDisk(const std::filesystem::path& path, unsigned thread_count,
                       const base::Cancellation& cancellation)
    : name_(path.string()), file_(path), size_(file_.size()) {
  if (size_ == 0 || size_ % k_sector != 0) {
    throw base::Error(base::FailureKind::build, "image.size-unsupported",
                      fmt::format("the disk {} has {} bytes, which is not a number of sectors",
                                  base::quoted(name_), size_),
                      "a disk has a multiple of 512 bytes, for Azure a multiple of 1 MiB");
  }
  const std::vector<std::uint64_t> units = units_to_examine(file_);
  std::vector<char> is_stored(units.size()); // not bits: threads write neighbours
  const std::size_t stretches = (units.size() + k_stretch - 1) / k_stretch;
  base::parallel_for(stretches, thread_count, cancellation, [&](std::size_t stretch) {
    std::vector<std::byte> buffer(k_unit_size);
    const std::size_t end = std::min(units.size(), (stretch + 1) * k_stretch);
    for (std::size_t index = stretch * k_stretch; index < end; ++index) {
      read(units[index] * k_unit_size, buffer);
      is_stored[index] = is_all_zero(buffer) ? 0 : 1;
    }
  });
  for (std::size_t index = 0; index < units.size(); ++index) {
    if (is_stored[index] != 0) stored_.push_back(units[index]);
  }
}

bool SourceDisk::is_stored(std::uint64_t unit) const {
  return std::binary_search(stored_.begin(), stored_.end(), unit);
}

std::uint64_t SourceDisk::next_stored(std::uint64_t unit) const {
  const auto found = std::lower_bound(stored_.begin(), stored_.end(), unit);
  return found != stored_.end() ? *found : unit_count();
}

bool SourceDisk::is_any_stored(std::uint64_t first_unit, std::uint64_t count) const {
  return next_stored(first_unit) < std::min(first_unit + count, unit_count());
}

void SourceDisk::read(std::uint64_t offset, std::span<std::byte> buffer) const {
  const std::uint64_t inside =
      offset < size_ ? std::min<std::uint64_t>(buffer.size(), size_ - offset) : 0;
  if (inside > 0) file_.read(offset, buffer.first(inside));
  std::fill(buffer.begin() + static_cast<std::ptrdiff_t>(inside), buffer.end(), std::byte{0});
}

} // namespace imagewright::image
