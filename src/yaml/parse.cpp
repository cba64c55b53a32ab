// SPDX-License-Identifier: MIT
#include <algorithm>
#include <istream>
#include <streambuf>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <imagewright/base/text.hpp>
#include <imagewright/yaml/parse.hpp>

#include "yaml/builder.hpp"
#include "yaml/cause.hpp"
#include "yaml/complaint.hpp"
#include "yaml/places.hpp"
#include "yaml/text_check.hpp"

namespace imagewright::yaml {

namespace {

constexpr std::string_view k_byte_order_mark = "\xEF\xBB\xBF";

/// Reads a text in place.
class TextBuffer : public std::streambuf {
public:
  explicit TextBuffer(std::string_view text) {
    // A stream buffer wants a writable area although it only reads this one.
    char* begin = const_cast<char*>(text.data());
    setg(begin, begin, begin + text.size());
  }
};

Document failed(base::Diagnostics diagnostics, base::Diagnostic last) {
  diagnostics.add(std::move(last));
  return {std::nullopt, std::move(diagnostics)};
}

/// The place of a tab among the blanks in front of the line that holds this position.
std::optional<base::SourceLocation> find_tab(std::string_view text, const YAML::Mark& mark,
                                             const base::SourceLocation& where) {
  const auto position = static_cast<std::size_t>(mark.pos);
  if (mark.pos < 0 || position > text.size()) return std::nullopt;
  const std::size_t line_break = text.substr(0, position).rfind('\n');
  const std::string_view line =
      text.substr(line_break == std::string_view::npos ? 0 : line_break + 1);
  const std::size_t tab = line.substr(0, line.find_first_not_of(" \t")).find('\t');
  if (tab == std::string_view::npos) return std::nullopt;
  return base::SourceLocation{where.file, where.line, static_cast<std::uint32_t>(tab + 1)};
}

/// A carriage return alone ends a line too (section 5.4), which the library does not know; and the
/// last line of a text block needs its end.
std::string with_plain_breaks(std::string text) {
  for (std::size_t index = 0; index < text.size(); ++index) {
    const bool is_alone =
        text[index] == '\r' && (index + 1 == text.size() || text[index + 1] != '\n');
    if (is_alone) text[index] = '\n';
  }
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text;
}

/// The text with blanks for the tabs of an empty line right before this position, which the library
/// takes for indentation (section 5.5 lets them stand); nothing when there is no such line.
std::optional<std::string> without_tabs_of_empty_line(std::string_view text,
                                                      const YAML::Mark& mark) {
  const auto position = static_cast<std::size_t>(mark.pos);
  if (mark.pos < 0 || position > text.size()) return std::nullopt;
  const std::size_t before = text.substr(0, position).rfind('\n');
  const std::size_t start = before == std::string_view::npos ? 0 : before + 1;
  const std::string_view line = text.substr(start, text.find('\n', start) - start);
  const bool is_empty = line.find_first_not_of(" \t\r") == std::string_view::npos;
  if (!is_empty || line.find('\t') == std::string_view::npos) return std::nullopt;
  std::string result(text);
  std::replace(result.begin() + static_cast<std::ptrdiff_t>(start),
               result.begin() + static_cast<std::ptrdiff_t>(start + line.size()), '\t', ' ');
  return result;
}

/// Inside of brackets the library takes every "?" for the beginning of a key. One that belongs to a
/// text (section 7.3.3) is hidden from it.
std::string without_question_marks(std::string_view text) {
  constexpr std::string_view before = " \t\n[{,";
  constexpr std::string_view behind = " \t\r\n]},";
  /// Behind these, on the same line, a key in the long form may begin.
  constexpr std::string_view beginnings = "\n[{,-:?";
  std::string result(text);
  for (std::size_t at = text.find('?'); at != std::string_view::npos; at = text.find('?', at + 1)) {
    const bool is_first = at == 0 || before.find(text[at - 1]) != std::string_view::npos;
    const bool is_last =
        at + 1 == text.size() || behind.find(text[at + 1]) != std::string_view::npos;
    const std::size_t last = text.substr(0, at).find_last_not_of(" \t");
    const bool is_in_words =
        last != std::string_view::npos && beginnings.find(text[last]) == std::string_view::npos;
    if (!is_first || !is_last || is_in_words) result[at] = k_hidden_question_mark;
  }
  return result;
}

/// Directives without the line "---" that ends them (section 9.1.2), which the library reads.
std::optional<base::SourceLocation> find_open_directive(std::string_view text,
                                                        const std::string& file) {
  if (!text.starts_with('%') && text.find("\n%") == std::string_view::npos) return std::nullopt;
  std::optional<base::SourceLocation> directive;
  std::uint32_t number = 0;
  for (const std::string& line : base::split(text, '\n')) {
    ++number;
    if (line.starts_with('%')) {
      if (!directive) directive = base::SourceLocation{file, number, 1};
      continue;
    }
    const std::string_view content = base::trimmed(line);
    if (!content.empty() && !content.starts_with('#'))
      return line.starts_with("---") ? std::nullopt : directive;
  }
  return directive;
}

/// A line that begins with "%" behind the beginning of the content. The library passes over it.
std::optional<base::SourceLocation> find_lost_line(std::string_view text, const Node& root,
                                                   const std::string& file) {
  const bool is_in_lines = root.is_mapping() || root.is_sequence();
  std::size_t at = text.find("\n%");
  if (!is_in_lines || at == std::string_view::npos) return std::nullopt;
  const std::size_t begin = text.find(root.is_mapping() ? '{' : '[');
  const Places places(text);
  for (; at != std::string_view::npos; at = text.find("\n%", at + 1)) {
    const Places::Place place = places.at(at + 1);
    // Inside of brackets it may be part of a text.
    if (begin < at && places.at(begin).line == root.where.line) return std::nullopt;
    if (place.line > root.where.line) return base::SourceLocation{file, place.line, place.column};
  }
  return std::nullopt;
}

/// Complaints that are about a line and what stands before it, rather than about the line alone.
bool is_about_neighbours(std::string_view message) {
  namespace theirs = YAML::ErrorMsg;
  return message == theirs::MAP_VALUE || message == theirs::END_OF_MAP ||
         message == theirs::END_OF_SEQ || message == theirs::MAP_KEY ||
         message == theirs::BLOCK_ENTRY;
}

bool is_about_brackets(std::string_view message) {
  namespace theirs = YAML::ErrorMsg;
  return message == theirs::END_OF_MAP_FLOW || message == theirs::END_OF_SEQ_FLOW ||
         message == theirs::FLOW_END;
}

base::Diagnostic diagnostic_of(const Slip& slip, std::string_view text, const std::string& file) {
  const Places::Place place = Places(text).at(slip.offset);
  return {.code = "yaml.syntax",
          .message = slip.message,
          .where = base::SourceLocation{file, place.line, place.column},
          .hint = slip.hint};
}

/// The library's complaint in the words of people, or what led to it.
base::Diagnostic diagnostic_of(const YAML::Exception& error, std::string_view text,
                               const base::SourceLocation& where) {
  const auto line = static_cast<std::uint32_t>(where.line);
  if (auto odd = find_odd_cause(text, line, where.file)) return std::move(*odd);
  if (auto cause = find_cause(text, line, where.file)) return std::move(*cause);
  const auto tab = find_tab(text, error.mark, where);
  if (!tab && is_about_neighbours(error.msg)) {
    if (auto cause = find_cause_of_misfit(text, line, where.file)) return std::move(*cause);
  }
  const auto offset = static_cast<std::size_t>(std::max(error.mark.pos, 0));
  if (auto slip = is_about_brackets(error.msg) ? find_flow_slip(text, offset) : std::nullopt)
    return diagnostic_of(*slip, text, where.file);
  Complaint complaint = tab ? tab_complaint() : complaint_for(error.msg);
  return {.code = "yaml.syntax",
          .message = std::move(complaint.message),
          .where = tab.value_or(where),
          .hint = std::move(complaint.hint)};
}

base::Diagnostic complaint_about_broken_key(const Builder& builder, const BrokenKeys& broken) {
  return {.code = "yaml.syntax",
          .message = "too many keys in braces stand on two lines",
          .where = builder.locate(broken.keys.front().begin),
          .hint = "write each key and its colon on one line"};
}

/// How many empty lines with tabs, and collections whose keys stand on two lines, are read; each
/// costs one more reading of the text.
constexpr int k_most_repairs = 50;

/// `shown` is what the library reads in the place of the text.
Document build(std::string_view text, const std::string& shown, const std::string& file,
               const Limits& limits, int repairs = 0) {
  TextBuffer buffer(shown);
  std::istream stream(&buffer);
  Builder builder(text, shown, file, limits);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop& stop) {
    const bool is_syntax = stop.diagnostic.code == "yaml.syntax" && stop.diagnostic.where;
    auto odd = is_syntax ? find_odd_cause(text, stop.diagnostic.where->line, file) : std::nullopt;
    return failed(builder.diagnostics(), odd ? std::move(*odd) : stop.diagnostic);
  } catch (const BrokenKeys& broken) {
    if (repairs == k_most_repairs)
      return failed(builder.diagnostics(), complaint_about_broken_key(builder, broken));
    return build(text, with_keys_on_one_line(shown, broken.keys), file, limits, repairs + 1);
  } catch (const YAML::DeepRecursion& error) {
    return failed(
        builder.diagnostics(),
        {.code = "yaml.too-deep",
         .message = fmt::format("the document is nested more than {} levels deep", limits.depth),
         .where = builder.locate(error.mark),
         .hint = "use fewer levels"});
  } catch (const YAML::Exception& error) {
    const auto repaired =
        repairs < k_most_repairs ? without_tabs_of_empty_line(shown, error.mark) : std::nullopt;
    if (repaired) return build(text, *repaired, file, limits, repairs + 1);
    const base::SourceLocation where = builder.locate(error.mark);
    return failed(builder.diagnostics(), diagnostic_of(error, text, where));
  }
  Document document{builder.take_root(), builder.diagnostics()};
  if (const auto lost = document.root ? find_lost_line(text, *document.root, file) : std::nullopt) {
    document.diagnostics.error(
        "yaml.syntax",
        "a line that begins with \"%\" is a directive, and stands behind the content", *lost,
        "remove the line, or indent it");
  }
  if (!document.root || document.root->is_null()) {
    document.root.reset();
    document.diagnostics.error("yaml.empty", "the file holds no YAML document", {file, 0, 0},
                               "write at least one key");
  }
  return document;
}

} // namespace

Document parse(std::string_view text, const std::string& file, const Limits& limits) {
  if (base::ByteSize(text.size()) > limits.text) {
    return failed(
        {}, {.code = "yaml.too-large",
             .message = fmt::format("the file is larger than {}", base::to_string(limits.text)),
             .where = base::SourceLocation{file, 0, 0},
             .hint = "move long texts into files beside the config"});
  }
  std::string decoded;
  if (const auto order = utf16_order(text)) {
    auto utf8 = from_utf16(text.substr(2), *order);
    if (!utf8) {
      return failed({}, {.code = "yaml.not-text",
                         .message = "the file begins as UTF-16, and is not",
                         .where = base::SourceLocation{file, 0, 0},
                         .hint = "save the file with the encoding UTF-8"});
    }
    decoded = std::move(*utf8);
  } else {
    if (text.starts_with(k_byte_order_mark)) text.remove_prefix(k_byte_order_mark.size());
    decoded = std::string(text);
  }
  if (auto bad_text = find_bad_text(decoded, file)) return failed({}, std::move(*bad_text));
  const std::string plain = with_plain_breaks(std::move(decoded));
  if (auto deep = find_deep_line(plain, file)) return failed({}, std::move(*deep));
  if (const auto directive = find_open_directive(plain, file)) {
    return failed({}, {.code = "yaml.syntax",
                       .message = "no line \"---\" follows this directive",
                       .where = directive,
                       .hint = "remove the line, or write \"---\" behind it"});
  }
  return build(plain, without_question_marks(plain), file, limits);
}

} // namespace imagewright::yaml
