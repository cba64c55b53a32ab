// SPDX-License-Identifier: MIT
#include "json_documents.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "xml_reader.hpp"

namespace imagewright::advisory {

namespace {

/// A parsed document takes many times its text: this bounds what a hostile one can take.
constexpr std::uint64_t k_largest_document = std::uint64_t{64} << 20U;
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

void read_lines(const FeedFile& file, const TakeDocument& take) {
  std::vector<char> buffer(k_buffer_size);
  std::string line;
  for (std::uint64_t offset = 0; offset < file.size;) {
    const auto piece = std::span(buffer).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), file.size - offset)));
    read_piece(file, offset, piece);
    offset += piece.size();
    std::string_view rest(piece.data(), piece.size());
    for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      line += rest.substr(0, end);
      rest.remove_prefix(end + 1);
      take_line(line, file.name, take);
    }
    line += rest;
    if (line.size() > k_largest_document)
      throw_exhausting_feed(file.name, "one of its documents is larger than 64 MiB");
  }
  take_line(line, file.name, take);
}

bool is_one_a_line(std::string_view text) {
  const auto end = text.find('\n');
  const std::string_view first = base::trimmed(text.substr(0, end));
  const std::string_view rest =
      end == std::string_view::npos ? std::string_view() : base::trimmed(text.substr(end));
  return first.starts_with('{') && first.ends_with('}') && rest.starts_with('{');
}

void read_file(const FeedFile& file, const TakeDocument& take) {
  if (file.size > k_largest_document) return read_lines(file, take);
  std::string text(file.size, '\0');
  read_piece(file, 0, text);
  if (is_one_a_line(text)) return read_lines(file, take);
  const json::Value value = parsed(text, file.name);
  const json::Array* list = value.find_array();
  if (list == nullptr) return take(value, file.name);
  for (const json::Value& document : *list)
    take(document, file.name);
}

} // namespace

void for_each_document(std::span<const FeedFile> files, const TakeDocument& take) {
  for (const FeedFile& file : files)
    read_file(file, take);
}

std::string text_member(const json::Value& object, std::string_view name) {
  const json::Value* value = object.find(name);
  return value != nullptr && value->find_string() != nullptr ? *value->find_string() : "";
}

} // namespace imagewright::advisory
