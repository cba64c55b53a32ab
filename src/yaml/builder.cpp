// SPDX-License-Identifier: MIT
#include "yaml/builder.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "yaml/cause.hpp"

namespace imagewright::yaml {

namespace {

std::string with_question_marks(std::string value) {
  std::ranges::replace(value, k_hidden_question_mark, '?');
  return value;
}

/// The library writes "?" for a plain scalar and "!" for a quoted one when the text has no tag.
std::string explicit_tag(const std::string& tag) {
  return tag == "?" || tag == "!" ? std::string() : with_question_marks(tag);
}

} // namespace

base::SourceLocation Builder::locate(std::size_t offset) const {
  const Places::Place place = places_.at(offset);
  return {file_, place.line, place.column};
}

base::SourceLocation Builder::locate(const YAML::Mark& mark) const {
  return mark.is_null() ? base::SourceLocation{file_, 0, 0}
                        : locate(static_cast<std::size_t>(mark.pos));
}

std::size_t Builder::column_of(std::size_t offset) const {
  return places_.column_of(offset);
}

std::size_t Builder::least_column() const {
  for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) {
    if (frame->is_in_brackets) continue;
    return (frame->key ? frame->key->column : frame->column) + 1;
  }
  return 0;
}

void Builder::OnDocumentStart(const YAML::Mark& mark) {
  if (has_document_) stop_at_second_document(mark);
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
  if (mark.is_null()) return locate(mark);
  const std::size_t end = std::min(static_cast<std::size_t>(mark.pos), text_.size());
  const std::size_t last = text_.substr(0, end).find_last_not_of(" \t\r\n");
  const bool is_item = !frames_.empty() && frames_.back().measured.node.kind == NodeKind::sequence;
  const bool is_dash = last != std::string_view::npos && is_item && text_[last] == '-';
  // Behind the end of the file there is nothing to show.
  const bool is_at_end = last != std::string_view::npos && end == text_.size();
  return is_dash || is_at_end ? locate(last) : locate(mark);
}

void Builder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const base::SourceLocation where = locate_empty(mark);
  count_nodes(1, where);
  check_null(mark, where);
  Measured measured;
  measured.node.where = where;
  deliver(std::move(measured), anchor);
}

/// An explicit tag does not tell whether the text after it is quoted.
ScalarStyle Builder::style_of(const YAML::Mark& mark, const std::string& tag) const {
  if (tag == "?") return ScalarStyle::plain;
  if (tag == "!" || mark.is_null()) return ScalarStyle::quoted;
  const std::size_t offset = skip_properties(text_, static_cast<std::size_t>(mark.pos));
  const bool is_quoted = offset < text_.size() &&
                         std::string_view("\"'|>").find(text_[offset]) != std::string_view::npos;
  return is_quoted ? ScalarStyle::quoted : ScalarStyle::plain;
}

void Builder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       const std::string& value) {
  const base::SourceLocation where = locate(mark);
  count_nodes(1, where);
  Measured measured;
  measured.node.kind = NodeKind::scalar;
  measured.node.style = style_of(mark, tag);
  measured.node.text = with_question_marks(value);
  measured.node.tag = explicit_tag(tag);
  measured.node.where = where;
  if (!mark.is_null()) {
    check_properties(static_cast<std::size_t>(mark.pos));
    const std::size_t offset = skip_properties(text_, static_cast<std::size_t>(mark.pos));
    const std::size_t end = read_strictly(offset, measured.node);
    const auto raw = text_.substr(offset, end - offset);
    measured.node.last_line =
        where.line + static_cast<std::uint32_t>(std::count(raw.begin(), raw.end(), '\n'));
    const bool is_key = !frames_.empty() &&
                        frames_.back().measured.node.kind == NodeKind::mapping &&
                        !frames_.back().key && !frames_.back().is_in_brackets;
    if (is_key && end > offset) check_key_has_colon(offset, end, measured.node);
    // A key begins with its anchor or tag.
    next_column_ = column_of(static_cast<std::size_t>(mark.pos));
    const std::size_t next = text_.find_first_not_of(" \t\r\n", end);
    next_has_colon_ = next != std::string_view::npos && text_[next] == ':';
  }
  if (measured.node.tag == "tag:yaml.org,2002:null") {
    if (!value.empty() && value != "~" && base::to_lower(value) != "null") {
      stop("yaml.syntax", fmt::format("{} is tagged as null", base::quoted(value)), where,
           "remove the tag, or the value");
    }
    if (value.empty()) check_null(mark, where);
    measured.node = Node{.where = where};
  }
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
                              YAML::EmitterStyle::value style) {
  open(NodeKind::sequence, mark, tag, anchor, style);
}

void Builder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) {
  open(NodeKind::mapping, mark, tag, anchor, style);
}

void Builder::open(NodeKind kind, const YAML::Mark& mark, const std::string& tag,
                   YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
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
  frame.is_in_brackets = style == YAML::EmitterStyle::Flow;
  if (!mark.is_null()) {
    check_properties(static_cast<std::size_t>(mark.pos));
    const std::size_t offset = skip_properties(text_, static_cast<std::size_t>(mark.pos));
    const bool is_outermost = frames_.empty() || !frames_.back().is_in_brackets;
    const bool has_bracket =
        offset < text_.size() && (text_[offset] == '[' || text_[offset] == '{');
    if (frame.is_in_brackets && is_outermost && has_bracket) check_brackets(offset);
    frame.column = column_of(offset);
  }
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
  frame.key =
      Key{std::move(node.text), std::move(node.where), node.style, next_column_, next_has_colon_};
}

void Builder::report_second(const Key& key, const base::SourceLocation& first) {
  diagnostics_.add({.code = "yaml.duplicate-key",
                    .message = fmt::format("the key {} stands twice in the same mapping",
                                           base::quoted(key.text)),
                    .where = key.where,
                    .related = {{first, "the first one stands here"}},
                    .hint = key.text == "<<" ? "write one with a list: <<: [*first, *second]"
                                             : "keep one of them"});
}

void Builder::add_entry(Frame& frame, Key key, Node value) {
  if (key.text == "<<" && key.style == ScalarStyle::plain) {
    if (frame.merge_key) report_second(key, *frame.merge_key);
    frame.merge_key = key.where;
    add_merged(frame, key, std::move(value));
    return;
  }
  std::vector<Entry>& entries = frame.measured.node.entries;
  const auto [first, is_new] = frame.positions.emplace(key.text, entries.size());
  if (!is_new) {
    report_second(key, entries[first->second].where);
    return;
  }
  entries.push_back({std::move(key.text), std::move(key.where), std::move(value), key.has_colon});
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
