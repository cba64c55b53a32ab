// SPDX-License-Identifier: MIT
// Whatever an image file holds, opening it and what is inside (partition table, filesystems) ends
// with a value or with an error, and never reads outside the file.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/disk/filesystem_reader.hpp>
#include <imagewright/disk/partition_table.hpp>
#include <imagewright/image/image_reader.hpp>

namespace {

using namespace imagewright;

constexpr std::size_t k_most_read = std::size_t{1} << 20U;

class InputSource final : public fs::ByteSource {
public:
  explicit InputSource(std::span<const std::byte> input) : input_(input) {}

  std::uint64_t size() const override { return input_.size(); }
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    if (offset > input_.size() || buffer.size() > input_.size() - offset) std::abort();
    std::memcpy(buffer.data(), input_.data() + offset, buffer.size());
  }

private:
  std::span<const std::byte> input_;
};

void read_filesystem(const fs::ByteSource& source) {
  try {
    const auto filesystem = disk::open_filesystem(source);
    if (!filesystem) return;
    filesystem->facts();
    for (const std::string& name : filesystem->list("/").value_or(std::vector<std::string>{})) {
      filesystem->find("/" + name);
      filesystem->attributes("/" + name);
      filesystem->resolve("/" + name);
      filesystem->pieces_of("/" + name);
      filesystem->read("/" + name, base::ByteSize(k_most_read));
    }
  } catch (const base::Error&) {
    return; // a refusal is an answer
  }
}

void read_disk(const image::ImageReader& reader) {
  std::size_t left = k_most_read;
  for (const image::DiskExtent& extent : reader.data_extents()) {
    std::vector<std::byte> buffer(std::min<std::uint64_t>(extent.length, left));
    reader.read(extent.offset, buffer);
    left -= buffer.size();
    if (left == 0) break;
  }
  read_filesystem(reader);
  for (const disk::PartitionEntry& entry : disk::read_partition_table(reader).partitions) {
    read_filesystem(disk::PartitionSource(reader, entry));
  }
}

} // namespace

// The name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const InputSource source(std::as_bytes(std::span(data, size)));
  try {
    read_disk(*image::open_image(source, "input"));
  } catch (const base::Error&) {
    return 0; // a refusal is an answer
  }
  return 0;
}
