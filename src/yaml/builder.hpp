// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/yaml/parse.hpp>

#include "yaml/brackets.hpp"
#include "yaml/places.hpp"
#include "yaml/strict.hpp"

namespace imagewright::yaml {

/// Thrown to leave the parser library: the document asks for too much, or there is no sense in
/// reading on.
struct Stop {
  base::Diagnostic diagnostic;
};

/// Thrown at a collection in brackets with keys that the parser library has to see on one line.
struct BrokenKeys {
  std::vector<Stretch> keys;
};

/// What stands for a "?" that the parser library is not to see; no text may hold it.
constexpr char k_hidden_question_mark = '\x01';

/// Leaves the parser library with an error.
[[noreturn]] void stop(std::string code, std::string message, base::SourceLocation where,
                       std::string hint);

/// Where the value begins whose tag or anchor may begin at `offset`.
std::size_t skip_properties(std::string_view text, std::size_t offset);

/// Builds nodes from the parser library's events, and refuses what it lets pass.
class Builder final : public YAML::EventHandler {
public:
  /// `shown` is what the parser library reads in the place of `text`: the same, but for question
  /// marks and line breaks that are hidden from it. Both must outlive the builder.
  Builder(std::string_view text, std::string_view shown, std::string file, Limits limits)
      : text_(text), shown_(shown), places_(text), file_(std::move(file)), limits_(limits) {}

  std::optional<Node> take_root() { return std::move(root_); }
  const base::Diagnostics& diagnostics() const { return diagnostics_; }
  base::SourceLocation locate(const YAML::Mark& mark) const;
  base::SourceLocation locate(std::size_t offset) const;

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

private:
  /// A finished node, and how much it weighs when it is used again.
  struct Measured {
    Node node;
    std::uint32_t height = 1;
    std::uint32_t nodes = 1;
  };
  struct Key {
    std::string text;
    base::SourceLocation where;
    ScalarStyle style = ScalarStyle::plain;
    std::size_t column = 0; ///< in bytes, counted from 0
    bool has_colon = true;
  };
  struct Frame {
    Measured measured;
    YAML::anchor_t anchor = 0;
    std::optional<Key> key;
    bool is_in_brackets = false;
    std::size_t column = 0; ///< of its first dash or key, counted from 0
    std::optional<base::SourceLocation> merge_key;
    std::vector<Node> merged;                               ///< mappings named by "<<"
    std::unordered_map<std::string, std::size_t> positions; ///< of keys among the entries
  };

  void open(NodeKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YAML::EmitterStyle::value style);
  void close();
  void deliver(Measured measured, YAML::anchor_t anchor);
  void deliver_to_mapping(Frame& frame, Node node);
  void report_second(const Key& key, const base::SourceLocation& first);
  void add_entry(Frame& frame, Key key, Node value);
  void add_merged(Frame& frame, const Key& key, Node value);
  base::SourceLocation locate_empty(const YAML::Mark& mark) const;
  std::size_t column_of(std::size_t offset) const;
  /// Where lines of a value start that belongs to the collection that is open.
  std::size_t least_column() const;
  [[noreturn]] void stop_at(const Slip& slip) const;
  void refuse(const std::optional<Slip>& slip) const;
  void check_brackets(std::size_t offset) const;
  std::size_t read_strictly(std::size_t offset, Node& node) const;
  void check_key_has_colon(std::size_t offset, std::size_t end, const Node& key) const;
  void check_properties(std::size_t offset) const;
  void check_null(const YAML::Mark& mark, const base::SourceLocation& where) const;
  ScalarStyle style_of(const YAML::Mark& mark, const std::string& tag) const;
  void stop_at_second_document(const YAML::Mark& mark) const;
  void count_nodes(std::uint32_t count, const base::SourceLocation& where);

  std::string_view text_;
  std::string_view shown_;
  Places places_;
  std::string file_;
  Limits limits_;
  base::Diagnostics diagnostics_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Measured> anchors_;
  std::optional<Node> root_;
  std::uint32_t node_count_ = 0;
  bool has_document_ = false;
  std::size_t next_column_ = 0; ///< of the scalar that was read last
  bool next_has_colon_ = true;  ///< the same
};

} // namespace imagewright::yaml
