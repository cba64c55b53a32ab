// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/container/bolt.hpp>

namespace imagewright::container {

namespace {

// The layout of a file is that of bbolt's page.go, db.go and bucket.go, file format version 2.
constexpr std::size_t k_page_size = 4096;
constexpr std::size_t k_page_header_size = 16;   // id u64, flags u16, count u16, overflow u32
constexpr std::size_t k_element_size = 16;       // of a leaf and of a branch
constexpr std::size_t k_bucket_header_size = 16; // root u64, sequence u64
constexpr std::size_t k_largest_inline_bucket = k_page_size / 4;
constexpr std::uint16_t k_branch_page = 0x01;
constexpr std::uint16_t k_leaf_page = 0x02;
constexpr std::uint16_t k_meta_page = 0x04;
constexpr std::uint16_t k_freelist_page = 0x10;
constexpr std::uint32_t k_bucket_element = 0x01;
constexpr std::uint32_t k_magic = 0xED0CDAED;
constexpr std::uint32_t k_version = 2;
constexpr std::uint64_t k_freelist_id = 2;
constexpr std::uint64_t k_first_free_id = 3;
constexpr std::size_t k_largest_key = 32768;

namespace little = base::little_endian;

struct Element {
  std::uint32_t flags = 0;
  std::string key;
  std::string value;
};

/// A page and the first key below it.
struct Child {
  std::string key;
  std::uint64_t id = 0;
};

struct PageHeader {
  std::uint64_t id = 0;
  std::uint16_t flags = 0;
  std::size_t count = 0;
  std::size_t overflow = 0;
};

void put_header(std::span<std::byte> page, const PageHeader& header) {
  IMAGEWRIGHT_ASSERT(header.count < 0xFFFF); // 0xFFFF has a meaning of its own
  little::put(page, 0, header.id);
  little::put(page, 8, header.flags);
  little::put(page, 10, static_cast<std::uint16_t>(header.count));
  little::put(page, 12, static_cast<std::uint32_t>(header.overflow));
}

std::size_t size_of(const Element& element) {
  return k_element_size + element.key.size() + element.value.size();
}

std::size_t size_of(const Child& child) {
  return k_element_size + child.key.size();
}

template <typename Item>
std::size_t page_size_of(std::span<const Item> items) {
  std::size_t size = k_page_header_size;
  for (const Item& item : items)
    size += size_of(item);
  return size;
}

/// Elements after the header, then their keys and values; positions count from each element.
void put_elements(std::span<std::byte> page, std::span<const Element> elements) {
  std::size_t place = k_page_header_size;
  std::size_t data = place + elements.size() * k_element_size;
  for (const Element& element : elements) {
    little::put(page, place, element.flags);
    little::put(page, place + 4, static_cast<std::uint32_t>(data - place));
    little::put(page, place + 8, static_cast<std::uint32_t>(element.key.size()));
    little::put(page, place + 12, static_cast<std::uint32_t>(element.value.size()));
    base::put_text(page, data, element.key);
    base::put_text(page, data + element.key.size(), element.value);
    place += k_element_size;
    data += element.key.size() + element.value.size();
  }
}

void put_elements(std::span<std::byte> page, std::span<const Child> children) {
  std::size_t place = k_page_header_size;
  std::size_t data = place + children.size() * k_element_size;
  for (const Child& child : children) {
    little::put(page, place, static_cast<std::uint32_t>(data - place));
    little::put(page, place + 4, static_cast<std::uint32_t>(child.key.size()));
    little::put(page, place + 8, child.id);
    base::put_text(page, data, child.key);
    place += k_element_size;
    data += child.key.size();
  }
}

/// As many items a page as fit, and at least `minimum` in each where there are so many: a branch
/// with a single child would be a detour.
template <typename Item>
std::vector<std::span<const Item>> split(std::span<const Item> items, std::size_t minimum) {
  std::vector<std::span<const Item>> groups;
  std::size_t start = 0;
  std::size_t size = k_page_header_size;
  for (std::size_t index = 0; index < items.size(); ++index) {
    const std::size_t more = size_of(items[index]);
    if (index - start >= minimum && size + more > k_page_size && items.size() - index >= minimum) {
      groups.push_back(items.subspan(start, index - start));
      start = index;
      size = k_page_header_size;
    }
    size += more;
  }
  groups.push_back(items.subspan(start));
  return groups;
}

class FileWriter {
public:
  std::string write(const Bucket& root) {
    bytes_.resize(k_first_free_id * k_page_size);
    const std::uint64_t root_id = write_tree(elements_of(root));
    put_header(page(k_freelist_id, 1), {.id = k_freelist_id, .flags = k_freelist_page});
    write_meta(0, root_id);
    write_meta(1, root_id);
    return std::string(base::as_text(bytes_));
  }

private:
  std::span<std::byte> page(std::uint64_t id, std::size_t count) {
    return std::span(bytes_).subspan(id * k_page_size, count * k_page_size);
  }

  std::vector<Element> elements_of(const Bucket& bucket) {
    std::vector<Element> elements;
    for (const auto& [key, value] : bucket.values)
      elements.push_back({.flags = 0, .key = key, .value = value});
    for (const auto& [key, child] : bucket.buckets)
      elements.push_back({.flags = k_bucket_element, .key = key, .value = bucket_value(child)});
    std::ranges::sort(elements, {}, &Element::key);
    for (const Element& element : elements)
      IMAGEWRIGHT_ASSERT(!element.key.empty() && element.key.size() <= k_largest_key);
    return elements;
  }

  /// A small bucket without further ones is a page within its value.
  std::string bucket_value(const Bucket& bucket) {
    const std::vector<Element> elements = elements_of(bucket);
    const std::size_t size = page_size_of(std::span(elements));
    const bool is_inline = bucket.buckets.empty() && size <= k_largest_inline_bucket;
    base::Bytes value(k_bucket_header_size + (is_inline ? size : 0));
    if (is_inline) {
      const auto inner = std::span(value).subspan(k_bucket_header_size);
      put_header(inner, {.flags = k_leaf_page, .count = elements.size()});
      put_elements(inner, std::span(elements));
    } else {
      little::put(value, 0, write_tree(elements));
    }
    return std::string(base::as_text(value));
  }

  /// The leaves, then branches above them until one page is above all.
  std::uint64_t write_tree(const std::vector<Element>& elements) {
    std::vector<Child> level = write_pages(std::span(elements), k_leaf_page, 1);
    while (level.size() > 1) {
      const std::vector<Child> below = std::move(level);
      level = write_pages(std::span(below), k_branch_page, 2);
    }
    return level.front().id;
  }

  template <typename Item>
  std::vector<Child> write_pages(std::span<const Item> items, std::uint16_t flags,
                                 std::size_t minimum) {
    std::vector<Child> written;
    for (const std::span<const Item> group : split(items, minimum)) {
      const std::size_t count = (page_size_of(group) + k_page_size - 1) / k_page_size;
      const std::uint64_t id = bytes_.size() / k_page_size;
      bytes_.resize(bytes_.size() + count * k_page_size);
      put_header(page(id, count),
                 {.id = id, .flags = flags, .count = group.size(), .overflow = count - 1});
      put_elements(page(id, count), group);
      written.push_back({group.empty() ? std::string() : group.front().key, id});
    }
    return written;
  }

  /// Both say the same; the one with the higher transaction number counts.
  void write_meta(std::uint64_t id, std::uint64_t root_id) {
    const auto target = page(id, 1);
    put_header(target, {.id = id, .flags = k_meta_page});
    const auto meta = target.subspan(k_page_header_size);
    little::put(meta, 0, k_magic);
    little::put(meta, 4, k_version);
    little::put(meta, 8, static_cast<std::uint32_t>(k_page_size));
    little::put(meta, 16, root_id);
    little::put(meta, 32, k_freelist_id);
    little::put(meta, 40, static_cast<std::uint64_t>(bytes_.size() / k_page_size));
    little::put(meta, 48, id);
    constexpr std::size_t k_checksum_place = 56;
    little::put(meta, k_checksum_place, fnv1a(meta.first(k_checksum_place)));
  }

  /// FNV-1a, 64 bits.
  static std::uint64_t fnv1a(std::span<const std::byte> bytes) {
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const std::byte byte : bytes)
      hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001B3U;
    return hash;
  }

  base::Bytes bytes_;
};

} // namespace

std::string bolt_file(const Bucket& root) {
  return FileWriter().write(root);
}

} // namespace imagewright::container
