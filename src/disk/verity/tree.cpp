// SPDX-License-Identifier: MIT
#include "disk/verity/tree.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/model/verity.hpp>

#include "disk/little_endian.hpp"

// Linux: Documentation/admin-guide/device-mapper/verity.rst ("Hash Tree"). The superblock is
// cryptsetup's: "DMVerity - on-disk format", version 1.

namespace imagewright::disk {

namespace {

constexpr std::uint64_t k_block_size = 4096;
constexpr std::size_t k_digest_size = 32;
constexpr std::uint64_t k_digests_per_block = k_block_size / k_digest_size;
constexpr std::size_t k_largest_salt = 256;
/// Blocks that are read at once.
constexpr std::uint64_t k_batch = 256;
/// The tree begins behind the superblock's block.
constexpr std::uint64_t k_first_tree_block = 1;

/// Blocks of each level, the lowest first, down to the one block that the root hash is of.
std::vector<std::uint64_t> level_sizes(std::uint64_t data_blocks) {
  std::vector<std::uint64_t> sizes;
  for (auto count = data_blocks; count > 1;) {
    count = (count + k_digests_per_block - 1) / k_digests_per_block;
    sizes.push_back(count);
  }
  return sizes;
}

std::uint64_t sum_of(const std::vector<std::uint64_t>& sizes) {
  std::uint64_t sum = 0;
  for (const std::uint64_t size : sizes)
    sum += size;
  return sum;
}

/// Salted digests of blocks. Zeros are frequent, and hashed once.
class BlockHasher {
public:
  explicit BlockHasher(const std::string& salt) {
    salted_.update(salt);
    zero_ = digest_of(Bytes(k_block_size));
  }

  Bytes digest_of(std::span<const std::byte> block) const {
    if (!zero_.empty() && is_all_zero(block)) return zero_;
    base::Hasher hasher = salted_.fork();
    hasher.update(block);
    return hasher.finish_bytes();
  }

private:
  base::Hasher salted_;
  Bytes zero_;
};

/// Hashes `count` blocks from `first` on, and writes their digests as a level that starts at block
/// `level`. The last block of a level is filled up with zeros.
void write_level(const fs::ByteSource& source, std::uint64_t first, std::uint64_t count,
                 BlockDevice& device, std::uint64_t level, const BlockHasher& hasher) {
  Bytes digests;
  const auto flush = [&] {
    digests.resize((digests.size() + k_block_size - 1) / k_block_size * k_block_size);
    device.write(level * k_block_size, digests);
    level += digests.size() / k_block_size;
    digests.clear();
  };
  Bytes blocks;
  for (std::uint64_t done = 0; done < count;) {
    const std::uint64_t batch = std::min(k_batch, count - done);
    blocks.resize(batch * k_block_size);
    source.read((first + done) * k_block_size, blocks);
    for (std::uint64_t index = 0; index < batch; ++index) {
      const auto block = std::span(blocks).subspan(index * k_block_size, k_block_size);
      const Bytes digest = hasher.digest_of(block);
      digests.insert(digests.end(), digest.begin(), digest.end());
    }
    done += batch;
    if (done == count || digests.size() % k_block_size == 0) flush();
  }
}

void write_superblock(BlockDevice& device, const VerityParameters& parameters,
                      std::uint64_t data_blocks) {
  Bytes block(512);
  put_text(block, 0, "verity");
  put(block, 8, std::uint32_t{1});  // version
  put(block, 12, std::uint32_t{1}); // salt before data
  std::transform(parameters.uuid.bytes.begin(), parameters.uuid.bytes.end(), block.begin() + 16,
                 [](auto byte) { return static_cast<std::byte>(byte); });
  put_text(block, 32, "sha256");
  put(block, 64, static_cast<std::uint32_t>(k_block_size));
  put(block, 68, static_cast<std::uint32_t>(k_block_size));
  put(block, 72, data_blocks);
  put(block, 80, static_cast<std::uint16_t>(parameters.salt.size()));
  put_text(block, 88, parameters.salt);
  device.write(0, block);
}

} // namespace

std::string verity_root_hash(const fs::ByteSource& tree, const std::string& salt) {
  Bytes top(k_block_size);
  tree.read(k_first_tree_block * k_block_size, top);
  return base::to_hex(BlockHasher(salt).digest_of(top));
}

std::string write_verity_tree(const fs::ByteSource& data, BlockDevice& device,
                              const VerityParameters& parameters,
                              const base::Cancellation& cancellation) {
  IMAGEWRIGHT_ASSERT(data.size() % k_block_size == 0 && data.size() > 0);
  IMAGEWRIGHT_ASSERT(parameters.salt.size() <= k_largest_salt);
  IMAGEWRIGHT_ASSERT(model::verity_tree_size(base::ByteSize(data.size())).bytes() <= device.size());
  const std::uint64_t data_blocks = data.size() / k_block_size;
  const auto sizes = level_sizes(data_blocks);
  const BlockHasher hasher(parameters.salt);
  write_superblock(device, parameters, data_blocks);
  // On the disk the highest level comes first.
  std::uint64_t level = k_first_tree_block + sum_of(sizes);
  const fs::ByteSource* source = &data;
  std::uint64_t first = 0;
  std::uint64_t count = data_blocks;
  for (const std::uint64_t size : sizes) {
    cancellation.check();
    level -= size;
    write_level(*source, first, count, device, level, hasher);
    source = &device;
    first = level;
    count = size;
  }
  Bytes top(k_block_size);
  source->read(first * k_block_size, top);
  return base::to_hex(hasher.digest_of(top));
}

} // namespace imagewright::disk
