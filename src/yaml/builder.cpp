// SPDX-License-Identifier: MIT
#include "yaml/builder.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::yaml {

namespace {

[[noreturn]] void stop(std::string code, std::string message, base::SourceLocation where,
                       std::string hint) {
  throw Stop{{.code = std::move(code),
              .message = std::move(message),
              .where = std::move(where),
              .hint = std::move(hint)}};
}

/// The library writes "?" for a plain scalar and "!" for a quoted one when the text has no tag.
std::string explicit_tag(const std::string& tag) {
  return tag == "?" || tag == "!" ? std::string() : tag;
}

/// Where the value begins whose tag or anchor may begin at `offset`.
std::size_t skip_properties(std::string_view text, std::size_t offset) {
  while (offset < text.size() && (text[offset] == '&' || text[offset] == '!')) {
    offset = std::min(text.find_first_of(" \t\r\n", offset), text.size());
    offset = std::min(text.find_first_not_of(" \t\r\n", offset), text.size());
  }
  return offset;
}

/// Does quoted text that begins at `offset` have its closing quote?
bool has_closing_quote(std::string_view text, std::size_t offset) {
  const char quote = text[offset];
  for (std::size_t index = offset + 1; index < text.size(); ++index) {
    if (quote == '"' && text[index] == '\\') {
      ++index;
    } else if (text[index] == quote) {
      return true;
    }
  }
  return false;
}

} // namespace

// The library takes the end of the file for a closing quote when a line break stands before it.
void Builder::check_quotes_are_closed(const YAML::Mark& mark) {
  if (mark.is_null()) return;
  const std::size_t offset = skip_properties(text_, static_cast<std::size_t>(mark.pos));
  const bool is_quoted = offset < text_.size() && (text_[offset] == '"' || text_[offset] == '\'');
  if (is_quoted && !has_closing_quote(text_, offset)) {
    stop("yaml.syntax", "the quoted text has no end", locate(mark), "add the closing quote");
  }
}

base::SourceLocation Builder::locate(const YAML::Mark& mark) const {
  if (mark.is_null()) return {file_, 0, 0};
  return {file_, static_cast<std::uint32_t>(mark.line) + 1,
          static_cast<std::uint32_t>(mark.column) + 1};
}

void Builder::OnDocumentStart(const YAML::Mark& mark) {
  if (has_document_) {
    stop("yaml.many-documents", "the file holds more than one YAML document", locate(mark),
         "keep one document, and remove the \"---\" between them");
  }
  has_document_ = true;
}

void Builder::count_nodes(std::uint32_t count, const base::SourceLocation& where) {
  if (count > limits_.nodes - node_count_) {
    stop("yaml.too-many-nodes",
         fmt::format("the document has more than {} values, counting those of aliases",
                     limits_.nodes),
         where, "use fewer aliases of aliases");
  }
  node_count_ += count;
}

// The library reports an empty item at whatever follows it; its dash says more.
base::SourceLocation Builder::locate_empty(const YAML::Mark& mark) const {
  const base::SourceLocation where = locate(mark);
  const bool is_item = !frames_.empty() && frames_.back().measured.node.kind == NodeKind::sequence;
  if (!is_item || mark.is_null()) return where;
  const std::string_view before = text_.substr(0, static_cast<std::size_t>(mark.pos));
  const std::size_t last = before.find_last_not_of(" \t\r\n");
  if (last == std::string_view::npos || before[last] != '-') return where;
  const auto lines =
      std::count(before.begin() + static_cast<std::ptrdiff_t>(last), before.end(), '\n');
  const std::size_t line_break = before.substr(0, last).rfind('\n');
  const std::size_t column = line_break == std::string_view::npos ? last : last - line_break - 1;
  return {file_, where.line - static_cast<std::uint32_t>(lines),
          static_cast<std::uint32_t>(column + 1)};
}

void Builder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const base::SourceLocation where = locate_empty(mark);
  count_nodes(1, where);
  Measured measured;
  measured.node.where = where;
  deliver(std::move(measured), anchor);
}

void Builder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       const std::string& value) {
  const base::SourceLocation where = locate(mark);
  count_nodes(1, where);
  if (tag != "?") check_quotes_are_closed(mark);
  Measured measured;
  measured.node.kind = NodeKind::scalar;
  measured.node.style = tag == "?" ? ScalarStyle::plain : ScalarStyle::quoted;
  measured.node.text = value;
  measured.node.tag = explicit_tag(tag);
  measured.node.where = where;
  deliver(std::move(measured), anchor);
}

void Builder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const base::SourceLocation where = locate(mark);
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) {
    stop("yaml.syntax", "an alias stands inside the value that it names", where,
         "write the value out, or move the alias elsewhere");
  }
  count_nodes(found->second.nodes, where);
  if (frames_.size() + found->second.height > limits_.depth) {
    stop("yaml.too-deep",
         fmt::format("the document is nested more than {} levels deep", limits_.depth), where,
         "use fewer levels");
  }
  deliver(found->second, 0);
}

void Builder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                              YAML::EmitterStyle::value /*style*/) {
  open(NodeKind::sequence, mark, tag, anchor);
}

void Builder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) {
  open(NodeKind::mapping, mark, tag, anchor);
}

void Builder::open(NodeKind kind, const YAML::Mark& mark, const std::string& tag,
                   YAML::anchor_t anchor) {
  const base::SourceLocation where = locate(mark);
  count_nodes(1, where);
  // The library calls back while it descends, so this also bounds its own recursion.
  if (frames_.size() >= limits_.depth) {
    stop("yaml.too-deep",
         fmt::format("the document is nested more than {} levels deep", limits_.depth), where,
         "use fewer levels");
  }
  Frame frame;
  frame.measured.node.kind = kind;
  frame.measured.node.tag = explicit_tag(tag);
  frame.measured.node.where = where;
  frame.anchor = anchor;
  frames_.push_back(std::move(frame));
}

void Builder::close() {
  IMAGEWRIGHT_ASSERT(!frames_.empty());
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  for (Node& source : frame.merged) {
    for (Entry& entry : source.entries) {
      const bool is_new =
          frame.positions.emplace(entry.key, frame.measured.node.entries.size()).second;
      if (is_new) frame.measured.node.entries.push_back(std::move(entry));
    }
  }
  deliver(std::move(frame.measured), frame.anchor);
}

void Builder::deliver(Measured measured, YAML::anchor_t anchor) {
  if (anchor != 0) anchors_[anchor] = measured;
  if (frames_.empty()) {
    root_ = std::move(measured.node);
    return;
  }
  Frame& frame = frames_.back();
  frame.measured.height = std::max(frame.measured.height, measured.height + 1);
  frame.measured.nodes += measured.nodes;
  if (frame.measured.node.kind == NodeKind::sequence) {
    frame.measured.node.items.push_back(std::move(measured.node));
    return;
  }
  deliver_to_mapping(frame, std::move(measured.node));
}

void Builder::deliver_to_mapping(Frame& frame, Node node) {
  if (frame.key) {
    Key key = std::move(*frame.key);
    frame.key.reset();
    add_entry(frame, std::move(key), std::move(node));
    return;
  }
  if (node.kind == NodeKind::sequence || node.kind == NodeKind::mapping) {
    stop("yaml.syntax", fmt::format("a key must be a word, not {}", to_string(node.kind)),
         node.where, "put a value that starts with \"{\" or \"[\" in quotes");
  }
  if (node.kind == NodeKind::null) node.text = "null";
  frame.key = Key{std::move(node.text), std::move(node.where), node.style};
}

void Builder::add_entry(Frame& frame, Key key, Node value) {
  if (key.text == "<<" && key.style == ScalarStyle::plain) {
    add_merged(frame, key, std::move(value));
    return;
  }
  std::vector<Entry>& entries = frame.measured.node.entries;
  const auto [first, is_new] = frame.positions.emplace(key.text, entries.size());
  if (!is_new) {
    diagnostics_.add({.code = "yaml.duplicate-key",
                      .message = fmt::format("the key {} stands twice in the same mapping",
                                             base::quoted(key.text)),
                      .where = key.where,
                      .related = {{entries[first->second].where, "the first one stands here"}},
                      .hint = "keep one of them"});
    return;
  }
  entries.push_back({std::move(key.text), std::move(key.where), std::move(value)});
}

void Builder::add_merged(Frame& frame, const Key& key, Node value) {
  std::vector<Node> sources;
  if (value.kind == NodeKind::sequence) {
    sources = std::move(value.items);
  } else {
    sources.push_back(std::move(value));
  }
  for (Node& source : sources) {
    if (source.kind != NodeKind::mapping) {
      diagnostics_.error("yaml.syntax",
                         fmt::format("\"<<\" needs a mapping, not {}", to_string(source.kind)),
                         key.where, "name the anchor of a mapping");
      continue;
    }
    frame.merged.push_back(std::move(source));
  }
}

} // namespace imagewright::yaml
