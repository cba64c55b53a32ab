// SPDX-License-Identifier: MIT
#include "access_list.hpp"

#include <cstddef>

namespace imagewright::origin {

namespace {

// Linux, include/uapi/linux/posix_acl_xattr.h: a version of four bytes, then entries of a tag and
// permissions of two bytes each and an id of four, little endian.
constexpr std::size_t k_header = 4;
constexpr std::size_t k_entry = 8;
constexpr unsigned k_owner = 0x01;
constexpr unsigned k_owning_group = 0x04;
constexpr unsigned k_mask = 0x10;
constexpr unsigned k_others = 0x20;

unsigned tag_at(const std::string& list, std::size_t at) {
  return static_cast<unsigned char>(list[at]) |
         static_cast<unsigned>(static_cast<unsigned char>(list[at + 1])) << 8U;
}

} // namespace

std::string access_list_with_mode(std::string list, mode_t mode) {
  if (list.size() < k_header || (list.size() - k_header) % k_entry != 0) return list;
  bool has_mask = false;
  for (std::size_t at = k_header; at < list.size(); at += k_entry)
    has_mask = has_mask || tag_at(list, at) == k_mask;
  for (std::size_t at = k_header; at < list.size(); at += k_entry) {
    const unsigned tag = tag_at(list, at);
    const bool is_group = has_mask ? tag == k_mask : tag == k_owning_group;
    if (tag == k_owner) list[at + 2] = static_cast<char>(mode >> 6U & 7U);
    if (is_group) list[at + 2] = static_cast<char>(mode >> 3U & 7U);
    if (tag == k_others) list[at + 2] = static_cast<char>(mode & 7U);
  }
  return list;
}

} // namespace imagewright::origin
