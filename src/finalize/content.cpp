// SPDX-License-Identifier: MIT
#include "content.hpp"

#include <filesystem>
#include <variant>

#include <imagewright/fs/file.hpp>

namespace imagewright::finalize {

std::string content_of(const model::FileContent& content) {
  if (const auto* text = std::get_if<std::string>(&content)) return *text;
  return fs::read_file(std::get<std::filesystem::path>(content));
}

} // namespace imagewright::finalize
