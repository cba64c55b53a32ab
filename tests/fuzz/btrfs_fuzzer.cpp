// SPDX-License-Identifier: MIT
// Whatever a Btrfs filesystem holds behind checksums that are right, reading it ends with a value
// or with an error, and never reads outside of it. An input is a filesystem of few bytes: a size in
// units of 64 KiB (16 bits), then blocks of 4 KiB, each as its place in blocks, and how many bytes
// of its start and of its end follow (16 bits each); between them it is zeros, and its checksum is
// made right. make-btrfs-input makes one of a real filesystem.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <imagewright_test/read_everything.hpp>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/crc32.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/disk/filesystem_reader.hpp>

namespace {

using namespace imagewright;

constexpr std::size_t k_block = 4096;
constexpr std::size_t k_header = 6;
constexpr std::size_t k_unit = std::size_t{64} << 10U;
constexpr std::size_t k_checksum_room = 32;
constexpr int k_deepest = 6;
constexpr int k_most_names = 2000;

class SparseSource final : public fs::ByteSource {
public:
  explicit SparseSource(std::span<const std::byte> input) {
    using base::little_endian::get;
    if (input.size() < 2) return;
    size_ = get<std::uint16_t>(input, 0) * k_unit;
    for (auto left = input.subspan(2); left.size() >= k_header;) {
      const std::uint64_t place = get<std::uint16_t>(left, 0) * k_block;
      const std::size_t head = std::min<std::size_t>(get<std::uint16_t>(left, 2), k_block);
      const std::size_t tail = std::min<std::size_t>(get<std::uint16_t>(left, 4), k_block - head);
      left = left.subspan(k_header);
      if (head + tail > left.size()) return;
      base::Bytes bytes(k_block);
      std::memcpy(bytes.data(), left.data(), head);
      std::memcpy(bytes.data() + k_block - tail, left.data() + head, tail);
      left = left.subspan(head + tail);
      base::little_endian::put(
          bytes, 0, base::crc32c(std::span<const std::byte>(bytes).subspan(k_checksum_room)));
      if (place + k_block <= size_) blocks_.insert_or_assign(place, std::move(bytes));
    }
  }

  std::uint64_t size() const override { return size_; }
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    if (offset > size_ || buffer.size() > size_ - offset) std::abort();
    for (std::size_t done = 0; done < buffer.size();) {
      const std::uint64_t place = (offset + done) / k_block * k_block;
      const std::size_t within = offset + done - place;
      const std::size_t part = std::min(k_block - within, buffer.size() - done);
      const auto found = blocks_.find(place);
      if (found == blocks_.end())
        std::memset(buffer.data() + done, 0, part);
      else
        std::memcpy(buffer.data() + done, found->second.data() + within, part);
      done += part;
    }
  }

private:
  std::uint64_t size_ = 0;
  std::map<std::uint64_t, base::Bytes> blocks_;
};

void read_all(const fs::ByteSource& source) {
  const auto files = disk::open_filesystem(source);
  if (!files) return;
  files->facts();
  int left = k_most_names;
  imagewright_test::read_everything(*files, "", k_deepest, left);
  for (const std::string& name : files->subvolumes()) {
    const std::vector<disk::SubvolumeMount> mounts{{"/", ""}, {"/below", name}};
    if (const auto mounted = disk::open_subvolumes(source, mounts))
      imagewright_test::read_everything(*mounted, "", 2, left);
  }
}

} // namespace

// The name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const SparseSource source(std::as_bytes(std::span(data, size)));
  try {
    read_all(source);
  } catch (const base::Error&) {
    return 0; // a refusal is an answer
  }
  return 0;
}
