// SPDX-License-Identifier: MIT
#pragma once

// A bbolt file read as bbolt reads it: by searching, so that order and branches matter.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

class BoltReader {
public:
  explicit BoltReader(std::string file) : file_(std::move(file)) {
    root_ = number(file_, k_page_size + 16 + 16, 8);
  }

  /// The value of the last key, below buckets of the other names.
  std::optional<std::string> find(const std::vector<std::string>& path) const {
    std::string inline_page;
    std::uint64_t page = root_;
    for (std::size_t index = 0; index < path.size(); ++index) {
      const auto element =
          page != 0 ? find_in_tree(page, path[index]) : find_in_leaf(inline_page, path[index]);
      const bool is_last = index + 1 == path.size();
      if (!element || element->is_bucket == is_last) return std::nullopt;
      if (is_last) return element->value;
      page = number(element->value, 0, 8);
      inline_page = element->value.substr(16);
    }
    return std::nullopt;
  }

private:
  static constexpr std::size_t k_page_size = 4096;

  struct Element {
    bool is_bucket = false;
    std::string value;
  };

  static std::uint64_t number(std::string_view bytes, std::size_t place, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t index = size; index > 0; --index)
      value = value << 8U | static_cast<unsigned char>(bytes.at(place + index - 1));
    return value;
  }

  static std::string_view key_at(std::string_view page, std::size_t place, std::size_t position,
                                 std::size_t size) {
    return page.substr(place + position, size);
  }

  static std::optional<Element> find_in_leaf(std::string_view page, std::string_view key) {
    std::size_t low = 0;
    std::size_t high = number(page, 10, 2);
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      const std::size_t place = 16 + middle * 16;
      const std::size_t position = number(page, place + 4, 4);
      const std::size_t key_size = number(page, place + 8, 4);
      const auto found = key_at(page, place, position, key_size);
      if (found == key) {
        return Element{
            number(page, place, 4) == 1,
            std::string(page.substr(place + position + key_size, number(page, place + 12, 4)))};
      }
      (found < key ? low : high) = found < key ? middle + 1 : middle;
    }
    return std::nullopt;
  }

  std::optional<Element> find_in_tree(std::uint64_t id, std::string_view key) const {
    while (true) {
      const std::string_view rest = std::string_view(file_).substr(id * k_page_size);
      const std::string_view page = rest.substr(0, (number(rest, 12, 4) + 1) * k_page_size);
      if (number(page, 0, 8) != id) return std::nullopt;
      if (number(page, 8, 2) == 2) return find_in_leaf(page, key);
      std::uint64_t next = 0;
      for (std::size_t index = 0; index < number(page, 10, 2); ++index) {
        const std::size_t place = 16 + index * 16;
        const auto first = key_at(page, place, number(page, place, 4), number(page, place + 4, 4));
        if (index == 0 || first <= key) next = number(page, place + 8, 8);
      }
      id = next;
    }
  }

  std::string file_;
  std::uint64_t root_ = 0;
};
