// SPDX-License-Identifier: MIT
#include "disk/ext4/handle.hpp"

#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>

namespace imagewright::disk {

namespace {

using Bridge = Ext4Handle::Bridge;

Bridge& bridge_of(io_channel channel) {
  return *static_cast<Bridge*>(channel->private_data);
}

/// Runs `work`, keeping its exception for later: it must not pass through C code.
template <typename Work>
errcode_t guarded(Bridge& bridge, errcode_t on_failure, Work work) {
  try {
    return work();
  } catch (...) {
    bridge.failure = std::current_exception();
    return on_failure;
  }
}

// A negative count means bytes, else it is a number of blocks.
std::size_t length_of(io_channel channel, int count) {
  return count < 0
             ? static_cast<std::size_t>(-static_cast<long>(count))
             : static_cast<std::size_t>(count) * static_cast<std::size_t>(channel->block_size);
}

std::uint64_t offset_of(io_channel channel, unsigned long long block) {
  return block * static_cast<unsigned long long>(channel->block_size);
}

bool is_inside(const Bridge& bridge, std::uint64_t offset, std::size_t length) {
  return offset <= bridge.source->size() && length <= bridge.source->size() - offset;
}

errcode_t read_blocks(io_channel channel, unsigned long long block, int count, void* data) {
  Bridge& bridge = bridge_of(channel);
  const std::uint64_t offset = offset_of(channel, block);
  const std::size_t length = length_of(channel, count);
  if (!is_inside(bridge, offset, length)) return EXT2_ET_SHORT_READ;
  return guarded(bridge, EXT2_ET_SHORT_READ, [&] {
    bridge.source->read(offset, std::span(static_cast<std::byte*>(data), length));
    return errcode_t{0};
  });
}

errcode_t write_bytes(Bridge& bridge, std::uint64_t offset, const void* data, std::size_t length) {
  if (bridge.device == nullptr) return EXT2_ET_RO_FILSYS;
  if (!is_inside(bridge, offset, length)) return EXT2_ET_SHORT_WRITE;
  return guarded(bridge, EXT2_ET_SHORT_WRITE, [&] {
    bridge.device->write(offset, std::span(static_cast<const std::byte*>(data), length));
    return errcode_t{0};
  });
}

errcode_t write_blocks(io_channel channel, unsigned long long block, int count, const void* data) {
  return write_bytes(bridge_of(channel), offset_of(channel, block), data,
                     length_of(channel, count));
}

errcode_t read_blocks_32(io_channel channel, unsigned long block, int count, void* data) {
  return read_blocks(channel, block, count, data);
}

errcode_t write_blocks_32(io_channel channel, unsigned long block, int count, const void* data) {
  return write_blocks(channel, block, count, data);
}

errcode_t write_at(io_channel channel, unsigned long offset, int count, const void* data) {
  return write_bytes(bridge_of(channel), offset, data, static_cast<std::size_t>(count));
}

// Only used on areas that nothing was written to: they are zeros already.
errcode_t leave_zero(io_channel /*channel*/, unsigned long long /*block*/,
                     unsigned long long /*count*/) {
  return 0;
}

errcode_t set_block_size(io_channel channel, int size) {
  channel->block_size = size;
  return 0;
}

errcode_t flush(io_channel /*channel*/) {
  return 0;
}

errcode_t close_channel(io_channel channel) {
  if (--channel->refcount > 0) return 0;
  ext2fs_free_mem(&channel->name);
  ext2fs_free_mem(&channel);
  return 0;
}

io_manager manager();

// The name is all that the library passes on: it is the address of the bridge as text.
errcode_t open_channel(const char* name, int /*flags*/, io_channel* result) {
  std::uintptr_t address = 0;
  const char* end = name + std::strlen(name);
  if (std::from_chars(name, end, address, 16).ptr != end) return EXT2_ET_BAD_DEVICE_NAME;
  io_channel channel = nullptr;
  if (ext2fs_get_memzero(sizeof *channel, &channel) != 0) return EXT2_ET_NO_MEMORY;
  if (ext2fs_get_mem(std::strlen(name) + 1, &channel->name) != 0) {
    ext2fs_free_mem(&channel);
    return EXT2_ET_NO_MEMORY;
  }
  std::memcpy(channel->name, name, std::strlen(name) + 1);
  channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
  channel->manager = manager();
  channel->block_size = 1024;
  channel->refcount = 1;
  channel->private_data = reinterpret_cast<void*>(address);
  *result = channel;
  return 0;
}

io_manager manager() {
  // The library wants a pointer to something that it can write to, and never does.
  static struct_io_manager instance = [] {
    struct_io_manager made{};
    made.magic = EXT2_ET_MAGIC_IO_MANAGER;
    made.name = "imagewright";
    made.open = open_channel;
    made.close = close_channel;
    made.set_blksize = set_block_size;
    made.read_blk = read_blocks_32;
    made.write_blk = write_blocks_32;
    made.flush = flush;
    made.write_byte = write_at;
    made.read_blk64 = read_blocks;
    made.write_blk64 = write_blocks;
    made.discard = leave_zero;
    made.zeroout = leave_zero;
    return made;
  }();
  return &instance;
}

/// Otherwise the library's errors are numbers.
void know_error_texts() {
  static const bool is_done = [] {
    initialize_ext2_error_table();
    return true;
  }();
  static_cast<void>(is_done);
}

std::string name_of(const Bridge& bridge) {
  return fmt::format("{:x}", reinterpret_cast<std::uintptr_t>(&bridge));
}

} // namespace

Ext4Handle Ext4Handle::create(BlockDevice& device, ext2_super_block parameters) {
  know_error_texts();
  Ext4Handle handle(std::make_unique<Bridge>(Bridge{.source = &device, .device = &device}));
  ext2_filsys fs = nullptr;
  const errcode_t code = ext2fs_initialize(name_of(*handle.bridge_).c_str(), EXT2_FLAG_64BITS,
                                           &parameters, manager(), &fs);
  handle.check(code, "lay out the filesystem");
  handle.fs_.reset(fs);
  return handle;
}

Ext4Handle Ext4Handle::open(const fs::ByteSource& source) {
  know_error_texts();
  Ext4Handle handle(std::make_unique<Bridge>(Bridge{.source = &source}));
  ext2_filsys fs = nullptr;
  const errcode_t code =
      ext2fs_open(name_of(*handle.bridge_).c_str(), EXT2_FLAG_64BITS, 0, 0, manager(), &fs);
  if (code != 0) {
    if (handle.bridge_->failure) std::rethrow_exception(handle.bridge_->failure);
    throw base::Error(base::FailureKind::build, "disk.corrupt-filesystem",
                      fmt::format("the ext4 filesystem cannot be opened: {}", error_message(code)));
  }
  handle.fs_.reset(fs);
  return handle;
}

void Ext4Handle::close() {
  check(ext2fs_flush2(fs_.get(), EXT2_FLAG_FLUSH_NO_SYNC), "write the filesystem's tables");
  fs_.reset();
}

void Ext4Handle::check(errcode_t code, std::string_view what) const {
  if (code == 0) return;
  if (bridge_->failure) std::rethrow_exception(bridge_->failure);
  const bool is_full = code == EXT2_ET_BLOCK_ALLOC_FAIL || code == EXT2_ET_INODE_ALLOC_FAIL ||
                       code == EXT2_ET_TOOSMALL || code == EXT2_ET_TOO_MANY_INODES ||
                       code == EXT2_ET_JOURNAL_TOO_SMALL;
  throw base::Error(base::FailureKind::build,
                    is_full ? "disk.content-too-large" : "disk.ext4-failed",
                    fmt::format("cannot {}: {}", what, error_message(code)),
                    is_full ? "make the partition larger" : "");
}

} // namespace imagewright::disk
