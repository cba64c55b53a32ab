// SPDX-License-Identifier: MIT
#include "content.hpp"

#include <filesystem>
#include <span>
#include <variant>

#include <imagewright/fs/file.hpp>

namespace imagewright::finalize {

std::string content_of(const model::FileContent& content) {
  if (const auto* text = std::get_if<std::string>(&content)) return *text;
  return fs::read_file(std::get<std::filesystem::path>(content));
}

std::string read_large(const fs::RootDir& files, const std::string& path) {
  const auto fd = files.open_file(path);
  std::string content(files.find_target_status(path)->size, '\0');
  fs::read_exactly(fd.get(), std::as_writable_bytes(std::span(content)), 0, path);
  return content;
}

} // namespace imagewright::finalize
