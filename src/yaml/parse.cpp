// SPDX-License-Identifier: MIT
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

Document build(std::string_view text, const std::string& file, const Limits& limits) {
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
    const base::SourceLocation where = builder.locate(error.mark);
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
  if (text.starts_with(k_byte_order_mark)) text.remove_prefix(k_byte_order_mark.size());
  if (auto bad_text = find_bad_text(text, file)) return failed({}, std::move(*bad_text));
  return build(text, file, limits);
}

} // namespace imagewright::yaml
