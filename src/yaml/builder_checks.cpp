// SPDX-License-Identifier: MIT
// What the builder refuses.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "yaml/builder.hpp"
#include "yaml/cause.hpp"
#include "yaml/lines.hpp"

namespace imagewright::yaml {

namespace {

bool is_mark_of_document(std::string_view line) {
  return (line.starts_with("---") || line.starts_with("...")) &&
         (line.size() == 3 || std::string_view(" \t\r\n").find(line[3]) != std::string_view::npos);
}

} // namespace

void stop(std::string code, std::string message, base::SourceLocation where, std::string hint) {
  throw Stop{{.code = std::move(code),
              .message = std::move(message),
              .where = std::move(where),
              .hint = std::move(hint)}};
}

std::size_t skip_properties(std::string_view text, std::size_t offset) {
  while (offset < text.size() && (text[offset] == '&' || text[offset] == '!')) {
    offset = std::min(text.find_first_of(" \t\r\n", offset), text.size());
    offset = std::min(text.find_first_not_of(" \t\r\n", offset), text.size());
  }
  return offset;
}

void Builder::stop_at(const Slip& slip) const {
  stop("yaml.syntax", slip.message, locate(slip.offset), slip.hint);
}

void Builder::refuse(const std::optional<Slip>& slip) const {
  if (slip) stop_at(*slip);
}

void Builder::check_brackets(std::size_t offset) const {
  BracketReading reading = read_brackets(text_, offset, least_column());
  refuse(reading.slip);
  const bool is_hidden = std::ranges::all_of(reading.broken_keys, [&](const Stretch& key) {
    return shown_.substr(key.begin, key.end - key.begin).find('\n') == std::string_view::npos;
  });
  if (!is_hidden) throw BrokenKeys{std::move(reading.broken_keys)};
}

// Each rule of the strict reading is about a slip that other readers of YAML refuse, or a value
// that the library gets wrong.
std::size_t Builder::read_strictly(std::size_t offset, Node& node) const {
  const char first = offset < text_.size() ? text_[offset] : ' ';
  if (node.style == ScalarStyle::plain) {
    const std::size_t end = end_of_plain(text_, offset, node.text);
    const std::string_view raw = text_.substr(offset, end - offset);
    if (raw != shown_.substr(offset, end - offset) && raw.find('\n') != std::string_view::npos)
      node.text = folded(raw);
    return end;
  }
  if (first == '|' || first == '>') {
    refuse(find_block_slip(text_, offset, least_column()));
    return offset;
  }
  if (first != '"' && first != '\'') return offset;
  const bool is_key = !frames_.empty() && frames_.back().measured.node.kind == NodeKind::mapping &&
                      !frames_.back().key;
  StrictScalar scalar = read_quoted(text_, offset, is_key ? 0 : least_column());
  refuse(scalar.slip);
  // The library takes the end of the file for a closing quote when a line break stands before it.
  if (scalar.end == text_.size() && (text_.back() != first || scalar.end == offset + 1))
    stop("yaml.syntax", "the quoted text has no end", locate(offset), "add the closing quote");
  refuse(find_comment_slip(text_, scalar.end));
  node.text = std::move(scalar.value);
  return scalar.end;
}

// The library reads a word on a line of its own as a key with nothing behind it.
void Builder::check_key_has_colon(std::size_t offset, std::size_t end, const Node& key) const {
  const std::size_t column = column_of(offset);
  const std::string_view line = text_.substr(offset - column);
  const std::size_t first = line.find_first_not_of(" \t-:");
  if (first != std::string_view::npos && line[first] == '?') return;
  const std::size_t next = text_.find_first_not_of(" \t", end);
  if (next != std::string_view::npos && text_[next] == ':') return;
  refuse(find_text_slip(text_, offset, key.where.line));
  if (text_.substr(offset, end - offset).find('\n') != std::string_view::npos) return;
  if (key.text.starts_with('-') && key.text.size() > 1 && key.style == ScalarStyle::plain) {
    stop("yaml.syntax",
         fmt::format("the dash of {} has no blank behind it", base::quoted(key.text)), key.where,
         fmt::format("write \"- {}\"", base::escape_controls(key.text.substr(1))));
  }
  const std::size_t begin = line.find_first_not_of(" \t");
  if (line.substr(std::min(begin, line.size())).starts_with("- ")) {
    const auto number = static_cast<std::uint32_t>(key.where.line);
    if (auto cause = find_cause_of_misfit(text_, number, file_)) throw Stop{std::move(*cause)};
  }
  const std::string_view word = leading_word(key.text);
  const bool has_value = !word.empty() && key.text.substr(word.size()).starts_with(' ');
  stop("yaml.syntax",
       fmt::format("the key {} has no colon", base::quoted(has_value ? word : key.text)), key.where,
       has_value ? fmt::format("write a colon behind {}", base::quoted(word))
                 : fmt::format("write \"{}:\"", base::escape_controls(key.text)));
}

// An anchor or a tag belongs to the value below it, and so stands deeper than the key
// (section 6.9).
void Builder::check_properties(std::size_t offset) const {
  if (frames_.empty() || frames_.back().is_in_brackets || !frames_.back().key) return;
  const Key& key = *frames_.back().key;
  while (offset < text_.size() && (text_[offset] == '&' || text_[offset] == '!')) {
    const bool is_on_own_line = locate(offset).line != key.where.line;
    const std::string_view line = text_.substr(offset - column_of(offset));
    const bool is_first = line.find_first_not_of(" \t") == column_of(offset);
    if (is_on_own_line && is_first && column_of(offset) <= key.column) {
      stop("yaml.syntax",
           "this anchor or tag is not indented enough to belong to the key before it",
           locate(offset), "indent it more than the key");
    }
    offset = std::min(text_.find_first_of(" \t\r\n", offset), text_.size());
    offset = std::min(text_.find_first_not_of(" \t\r\n", offset), text_.size());
  }
}

void Builder::stop_at_second_document(const YAML::Mark& mark) const {
  const auto end = std::min(static_cast<std::size_t>(mark.pos), text_.size());
  bool has_content = false;
  for (std::size_t start = 0; start <= end && start < text_.size();) {
    const std::string_view line = text_.substr(start, text_.find('\n', start) - start);
    if (is_mark_of_document(line) && has_content) {
      stop("yaml.many-documents", "the file holds more than one YAML document", locate(start),
           fmt::format("keep one document, and remove the \"{}\" between them", line.substr(0, 3)));
    }
    has_content =
        has_content || (!line.empty() && line[0] != '#' && line[0] != '%' && line[0] != '\r');
    start += line.size() + 1;
  }
  const NodeKind before = root_ ? root_->kind : NodeKind::null;
  const std::string_view rest = text_.substr(end);
  const bool is_item = rest.starts_with("- ");
  if (before == NodeKind::sequence) {
    stop("yaml.syntax", "the file begins with a list, and this does not belong to it", locate(mark),
         "start each item with \"- \", or write a key with a colon before the list and indent it");
  }
  const bool is_collection = before == NodeKind::mapping || before == NodeKind::sequence;
  if (is_collection && root_->where.column > locate(mark).column) {
    stop("yaml.syntax", "the file begins with an indented line, and what follows is not indented",
         root_->where, fmt::format("start it in column {}", locate(mark).column));
  }
  stop("yaml.syntax",
       fmt::format("the file begins with {}, and this does not belong to it", to_string(before)),
       locate(mark),
       is_item ? "indent the list below the key that it belongs to"
               : "check the indentation, and that every key has its colon");
}

// A key that is not there at all; "null" and "~" are words.
void Builder::check_null(const YAML::Mark& mark, const base::SourceLocation& where) const {
  if (frames_.empty() || frames_.back().measured.node.kind != NodeKind::mapping ||
      frames_.back().key || mark.is_null())
    return;
  const auto offset = static_cast<std::size_t>(mark.pos);
  // An anchor may stand where the key is missing.
  const std::string_view key = text_.substr(skip_properties(text_, offset));
  if (key.starts_with('~') || base::to_lower(key.substr(0, 4)) == "null") return;
  stop("yaml.syntax", "there is no key before this colon", where,
       "write a key, or remove the line");
}

} // namespace imagewright::yaml
