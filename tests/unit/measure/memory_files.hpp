// SPDX-License-Identifier: MIT
#pragma once

// A filesystem in memory, for what reads boot loaders and their configurations.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/disk/filesystem_reader.hpp>

namespace imagewright_test {

namespace disk = imagewright::disk;
namespace tree = imagewright::tree;

/// Contents of regular files by path.
struct Files {
  std::map<std::string, std::string, std::less<>> contents;
};

/// A filesystem of them in memory.
class FilesReader final : public disk::FilesystemReader {
public:
  explicit FilesReader(const Files& files) : contents_(files.contents) {}

  disk::FilesystemFacts facts() const override { return {}; }
  std::optional<disk::StoredFile> find(std::string_view path) const override {
    if (!contents_.contains(path)) return std::nullopt;
    return disk::StoredFile{};
  }
  std::optional<std::vector<std::string>> list(std::string_view path) const override {
    const std::string start = std::string(path) + "/";
    std::set<std::string> names;
    for (const auto& [name, content] : contents_) {
      if (!name.starts_with(start)) continue;
      const std::string rest = name.substr(start.size());
      names.insert(rest.substr(0, rest.find('/')));
    }
    if (names.empty()) return std::nullopt;
    return std::vector<std::string>(names.begin(), names.end());
  }
  std::optional<std::string> read(std::string_view path,
                                  imagewright::base::ByteSize) const override {
    const auto found = contents_.find(path);
    return found == contents_.end() ? std::nullopt : std::optional(found->second);
  }
  std::vector<disk::StoredPiece> pieces_of(std::string_view) const override { return {}; }
  void read_pieces(std::string_view, const disk::PieceSink&) const override {}
  std::optional<std::string> link_target(std::string_view) const override { return std::nullopt; }
  std::vector<tree::ExtendedAttribute> attributes(std::string_view) const override { return {}; }

private:
  const std::map<std::string, std::string, std::less<>>& contents_;
};

} // namespace imagewright_test
