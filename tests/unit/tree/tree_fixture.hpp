// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include <imagewright_test/scratch.hpp>

#include <imagewright/tree/scan.hpp>

namespace imagewright_test {

/// A small root that any user can make.
class TreeFixture {
public:
  const std::filesystem::path& root() const { return scratch_.path(); }

  void directory(const std::string& path) const {
    std::filesystem::create_directories(root() / path.substr(1));
  }
  void file(const std::string& path, const std::string& content) const {
    const auto place = root() / path.substr(1);
    std::filesystem::create_directories(place.parent_path());
    std::ofstream(place) << content;
  }
  imagewright::tree::RootTree scan(imagewright::tree::ScanOptions options = {}) const {
    const imagewright::model::SealedRoot sealed{.path = root()};
    const imagewright::base::Cancellation never;
    return imagewright::tree::scan(sealed, options, never);
  }

private:
  ScratchDirectory scratch_;
};

} // namespace imagewright_test
