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

/// How many empty lines with tabs are read; each costs one more reading of the text.
constexpr int k_most_empty_lines_with_tabs = 50;

Document build(std::string_view text, const std::string& file, const Limits& limits,
               int empty_lines_with_tabs = 0) {
  TextBuffer buffer(text);
  std::istream stream(&buffer);
  Builder builder(text, file, limits);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop& stop) {
    return failed(builder.diagnostics(), stop.diagnostic);
  } catch (const YAML::DeepRecursion& error) {
    return failed(
        builder.diagnostics(),
        {.code = "yaml.too-deep",
         .message = fmt::format("the document is nested more than {} levels deep", limits.depth),
         .where = builder.locate(error.mark),
         .hint = "use fewer levels"});
  } catch (const YAML::Exception& error) {
    const auto repaired = empty_lines_with_tabs < k_most_empty_lines_with_tabs
                              ? without_tabs_of_empty_line(text, error.mark)
                              : std::nullopt;
    if (repaired) return build(*repaired, file, limits, empty_lines_with_tabs + 1);
    const base::SourceLocation where = builder.locate(error.mark);
    if (auto cause = find_cause(text, static_cast<std::uint32_t>(where.line), file))
      return failed(builder.diagnostics(), std::move(*cause));
    const auto tab = find_tab(text, error.mark, where);
    Complaint complaint = tab ? tab_complaint() : complaint_for(error.msg);
    return failed(builder.diagnostics(), {.code = "yaml.syntax",
                                          .message = std::move(complaint.message),
                                          .where = tab.value_or(where),
                                          .hint = std::move(complaint.hint)});
  }
  Document document{builder.take_root(), builder.diagnostics()};
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
  return build(with_plain_breaks(std::move(decoded)), file, limits);
}

} // namespace imagewright::yaml
