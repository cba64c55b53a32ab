// SPDX-License-Identifier: MIT
#include "source_disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/stat.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/parallel_for.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::image {

namespace {

constexpr std::uint64_t k_sector = 512;
/// Units that one thread examines in a row.
constexpr std::size_t k_stretch = 64;

/// Units of the disk that the host stores at least a part of.
std::vector<std::uint64_t> units_to_examine(int fd) {
  std::vector<std::uint64_t> units;
  fs::for_each_data_extent(fd, [&](std::uint64_t offset, std::uint64_t length) {
    const std::uint64_t end = (offset + length + k_unit_size - 1) / k_unit_size;
    for (std::uint64_t unit = offset / k_unit_size; unit < end; ++unit) {
      if (units.empty() || units.back() < unit) units.push_back(unit);
    }
  });
  return units;
}

} // namespace

bool is_all_zero(std::span<const std::byte> bytes) {
  return bytes.empty() || (bytes.front() == std::byte{0} &&
                           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

SourceDisk::SourceDisk(const std::filesystem::path& path, unsigned thread_count,
                       const base::Cancellation& cancellation)
    : name_(path.string()), fd_(fs::open_for_reading(path)) {
  struct stat status {};
  if (fstat(fd_.get(), &status) != 0) {
    base::throw_system_error("fs.cannot-read", "cannot examine", name_, errno);
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
  if (size_ == 0 || size_ % k_sector != 0) {
    throw base::Error(base::FailureKind::build, "image.size-unsupported",
                      fmt::format("the disk {} has {} bytes, which is not a number of sectors",
                                  base::quoted(name_), size_),
                      "a disk has a multiple of 512 bytes, for Azure a multiple of 1 MiB");
  }
  is_stored_.resize((size_ + k_unit_size - 1) / k_unit_size);
  const std::vector<std::uint64_t> units = units_to_examine(fd_.get());
  const std::size_t stretches = (units.size() + k_stretch - 1) / k_stretch;
  base::parallel_for(stretches, thread_count, cancellation, [&](std::size_t stretch) {
    std::vector<std::byte> buffer(k_unit_size);
    const std::size_t end = std::min(units.size(), (stretch + 1) * k_stretch);
    for (std::size_t index = stretch * k_stretch; index < end; ++index) {
      read(units[index] * k_unit_size, buffer);
      is_stored_[units[index]] = is_all_zero(buffer) ? 0 : 1;
    }
  });
}

bool SourceDisk::is_any_stored(std::uint64_t first_unit, std::uint64_t count) const {
  const std::uint64_t end = std::min(first_unit + count, unit_count());
  for (std::uint64_t unit = first_unit; unit < end; ++unit) {
    if (is_stored(unit)) return true;
  }
  return false;
}

void SourceDisk::read(std::uint64_t offset, std::span<std::byte> buffer) const {
  const std::uint64_t inside =
      offset < size_ ? std::min<std::uint64_t>(buffer.size(), size_ - offset) : 0;
  fs::read_exactly(fd_.get(), buffer.first(inside), offset, name_);
  std::fill(buffer.begin() + static_cast<std::ptrdiff_t>(inside), buffer.end(), std::byte{0});
}

} // namespace imagewright::image
