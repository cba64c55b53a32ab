// SPDX-License-Identifier: MIT
#include "json_documents.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

#include "xml_reader.hpp"

namespace imagewright::advisory {

namespace {

/// A parsed document takes many times its text: this bounds what a hostile one can take.
constexpr std::uintmax_t k_largest_document = std::uintmax_t{64} << 20U;
constexpr std::size_t k_buffer_size = std::size_t{64} << 10U;

json::Value parsed(std::string_view text, const std::string& file) {
  try {
    return json::parse(text, file);
  } catch (const base::Error& error) {
    if (!error.diagnostic().code.starts_with("json.")) throw;
    throw_damaged_feed(file, error.diagnostic().message);
  }
}

void take_line(std::string& line, const std::string& file, const TakeDocument& take) {
  if (!base::trimmed(line).empty()) take(parsed(line, file), file);
  line.clear();
}

void read_lines(const std::filesystem::path& path, const TakeDocument& take) {
  const fs::UniqueFd fd = fs::open_for_reading(path);
  std::vector<char> buffer(k_buffer_size);
  const std::uintmax_t size = std::filesystem::file_size(path);
  std::string line;
  for (std::uint64_t offset = 0; offset < size;) {
    const auto piece = std::span(buffer).first(
        static_cast<std::size_t>(std::min<std::uintmax_t>(buffer.size(), size - offset)));
    fs::read_exactly(fd.get(), std::as_writable_bytes(piece), offset, path.string());
    offset += piece.size();
    std::string_view rest(piece.data(), piece.size());
    for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      line += rest.substr(0, end);
      rest.remove_prefix(end + 1);
      take_line(line, path.string(), take);
    }
    line += rest;
    if (line.size() > k_largest_document)
      throw_exhausting_feed(path.string(), "one of its documents is larger than 64 MiB");
  }
  take_line(line, path.string(), take);
}

bool is_one_a_line(std::string_view text) {
  const auto end = text.find('\n');
  const std::string_view first = base::trimmed(text.substr(0, end));
  const std::string_view rest =
      end == std::string_view::npos ? std::string_view() : base::trimmed(text.substr(end));
  return first.starts_with('{') && first.ends_with('}') && rest.starts_with('{');
}

void read_file(const std::filesystem::path& path, const TakeDocument& take) {
  const std::string file = path.string();
  if (std::filesystem::file_size(path) > k_largest_document) return read_lines(path, take);
  const std::string text = fs::read_file(path, base::ByteSize::mib(65));
  if (is_one_a_line(text)) return read_lines(path, take);
  const json::Value value = parsed(text, file);
  const json::Array* list = value.find_array();
  if (list == nullptr) return take(value, file);
  for (const json::Value& document : *list)
    take(document, file);
}

std::vector<std::filesystem::path> files_of(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file() && entry.path().extension() == ".json")
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) throw_damaged_feed(path.string(), "there is no file *.json in it");
  return files;
}

} // namespace

void for_each_document(const std::filesystem::path& path, const TakeDocument& take) {
  for (const std::filesystem::path& file : files_of(path))
    read_file(file, take);
}

std::string text_member(const json::Value& object, std::string_view name) {
  const json::Value* value = object.find(name);
  return value != nullptr && value->find_string() != nullptr ? *value->find_string() : "";
}

} // namespace imagewright::advisory
