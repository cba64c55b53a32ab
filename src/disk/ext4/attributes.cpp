// SPDX-License-Identifier: MIT
#include "disk/ext4/attributes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>

#include <imagewright/base/byte_order.hpp>

#include "disk/ext4/corrupt.hpp"
#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

/// The rest of the content of a file that lies in its inode: no program sees it as an attribute.
constexpr std::string_view k_inline_content = "system.data";
constexpr std::string_view k_access_list = "system.posix_acl_access";
constexpr std::string_view k_default_access_list = "system.posix_acl_default";

// Linux, fs/ext4/acl.h: version 1, then a tag and permissions of two bytes each, and an id of four
// only where the entry names somebody.
constexpr std::size_t k_list_header = 4;
constexpr std::uint32_t k_stored_version = 1;
constexpr std::size_t k_short_entry = 4;
constexpr std::size_t k_long_entry = 8;
// Linux, include/uapi/linux/posix_acl_xattr.h and posix_acl.h: the same with an id in each.
constexpr std::uint32_t k_given_version = 2;
constexpr std::uint32_t k_nobody = 0xFFFF'FFFF;
enum AccessTag : std::uint16_t {
  tag_owner = 0x01,
  tag_user = 0x02,
  tag_owning_group = 0x04,
  tag_group = 0x08,
  tag_mask = 0x10,
  tag_others = 0x20
};

bool is_known(std::uint16_t tag) {
  return tag == tag_owner || tag == tag_user || tag == tag_owning_group || tag == tag_group ||
         tag == tag_mask || tag == tag_others;
}

struct AttributeCloser {
  void operator()(ext2_xattr_handle* handle) const { ext2fs_xattrs_close(&handle); }
};
using Attributes = std::unique_ptr<ext2_xattr_handle, AttributeCloser>;

/// Collects attributes for a callback from C, keeping an exception for later.
struct AttributeCollector {
  std::vector<tree::ExtendedAttribute> attributes;
  std::exception_ptr failure;
};

void collect(std::string_view name, std::string_view value, AttributeCollector& collector) {
  if (name == k_inline_content) return;
  const bool is_list = name == k_access_list || name == k_default_access_list;
  collector.attributes.push_back(
      {std::string(name), is_list ? access_list_of_ext4(value) : std::string(value)});
}

int collect_attribute(char* name, char* value, std::size_t length, void* collector) {
  auto& result = *static_cast<AttributeCollector*>(collector);
  try {
    collect(name, {value, length}, result);
    return 0;
  } catch (...) {
    result.failure = std::current_exception();
    return XATTR_ABORT;
  }
}

void check(errcode_t code) {
  if (code != 0) throw_corrupt_ext4(error_message(code));
}

} // namespace

std::string access_list_of_ext4(std::string_view stored) {
  const auto bytes = std::as_bytes(std::span(stored));
  if (bytes.size() < k_list_header || get<std::uint32_t>(bytes, 0) != k_stored_version)
    throw_corrupt_ext4("an access list has an unknown form");
  Bytes list(k_list_header);
  put<std::uint32_t>(list, 0, k_given_version);
  for (std::size_t at = k_list_header; at < bytes.size();) {
    if (bytes.size() - at < k_short_entry) throw_corrupt_ext4("an access list is cut off");
    const auto tag = get<std::uint16_t>(bytes, at);
    if (!is_known(tag)) throw_corrupt_ext4("an access list has an unknown entry");
    const bool is_long = tag == tag_user || tag == tag_group;
    const std::size_t size = is_long ? k_long_entry : k_short_entry;
    if (bytes.size() - at < size) throw_corrupt_ext4("an access list is cut off");
    const std::size_t to = list.size();
    list.resize(to + k_long_entry);
    put(list, to, tag);
    put(list, to + 2, get<std::uint16_t>(bytes, at + 2));
    put(list, to + 4, is_long ? get<std::uint32_t>(bytes, at + 4) : k_nobody);
    at += size;
  }
  return std::string(as_text(list));
}

std::vector<tree::ExtendedAttribute> ext4_attributes(const Ext4Handle& fs, ext2_ino_t inode) {
  ext2_xattr_handle* opened = nullptr;
  check(ext2fs_xattrs_open(fs.get(), inode, &opened));
  const Attributes handle(opened);
  check(ext2fs_xattrs_read(handle.get()));
  AttributeCollector collector;
  check(ext2fs_xattrs_iterate(handle.get(), collect_attribute, &collector));
  if (collector.failure) std::rethrow_exception(collector.failure);
  std::ranges::sort(collector.attributes);
  return std::move(collector.attributes);
}

} // namespace imagewright::disk
