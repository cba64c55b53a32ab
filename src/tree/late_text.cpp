// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/tree/late_text.hpp>

namespace imagewright::tree {

namespace {

constexpr std::size_t k_chunk_size = std::size_t{1} << 20U;

std::size_t longest(const LateTexts& placeholders) {
  std::size_t size = 0;
  for (const auto& [name, text] : placeholders)
    size = std::max(size, text.size());
  return size;
}

void find_in(const std::string& window, std::uint64_t start, const LateTexts& placeholders,
             std::vector<LatePlace>& places) {
  for (const auto& [name, text] : placeholders) {
    for (auto at = window.find(text); at != std::string::npos; at = window.find(text, at + 1)) {
      const LatePlace place{start + at, name, text};
      if (std::ranges::find(places, place) == places.end()) places.push_back(place);
    }
  }
}

/// Through windows that overlap: unified kernel images are large.
std::vector<LatePlace> places_in(const ContentReader& contents, const Inode& inode,
                                 const LateTexts& placeholders) {
  std::vector<LatePlace> places;
  const OpenContent content = contents.open_content(inode);
  const std::size_t overlap = longest(placeholders);
  for (std::uint64_t start = 0; start < inode.size; start += k_chunk_size) {
    std::string window(std::min<std::uint64_t>(k_chunk_size + overlap, inode.size - start), '\0');
    content.read(start, std::as_writable_bytes(std::span(window)));
    find_in(window, start, placeholders, places);
  }
  return places;
}

} // namespace

RootTree with_late_places(RootTree tree, std::span<const std::string> paths,
                          const LateTexts& placeholders) {
  if (placeholders.empty()) return tree;
  const ContentReader contents(tree);
  for (const std::string& path : paths) {
    const Inode* found = tree.find(path);
    if (found == nullptr || found->type != fs::FileType::regular) continue;
    tree.inodes.at(static_cast<std::size_t>(found - tree.inodes.data())).late_places =
        places_in(contents, *found, placeholders);
  }
  return tree;
}

RootTree with_late_texts(RootTree tree, const LateTexts& texts) {
  for (Inode& inode : tree.inodes) {
    for (LatePlace& place : inode.late_places) {
      const auto text = texts.find(place.name);
      if (text == texts.end()) continue;
      IMAGEWRIGHT_ASSERT(text->second.size() == place.text.size());
      place.text = text->second;
    }
  }
  return tree;
}

} // namespace imagewright::tree
