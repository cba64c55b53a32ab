// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::json {

namespace {

constexpr std::size_t k_deepest_nesting = 128;
/// The files of a whole distribution are not as many; short ones take many times the memory of
/// their text.
constexpr std::size_t k_most_values = std::size_t{16} << 20U;

base::SourceLocation location_of(std::string_view text, std::size_t offset,
                                 const std::string& file) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n') + 1);
  const std::size_t start = before.rfind('\n');
  const std::size_t column =
      start == std::string_view::npos ? before.size() + 1 : before.size() - start;
  return {file, line, static_cast<std::uint32_t>(column)};
}

/// Builds a Value from the parser's events. The stack is ours, so that deep nesting costs no
/// machine stack.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
public:
  bool null() override { return put(Value()); }
  bool boolean(bool value) override { return put(Value(value)); }
  bool number_integer(std::int64_t value) override { return put(Value(value)); }
  bool number_unsigned(std::uint64_t value) override { return put(Value(value)); }
  bool number_float(double value, const std::string& /*text*/) override {
    return put(Value(value));
  }
  bool string(std::string& value) override { return put(Value(std::move(value))); }
  bool binary(nlohmann::json::binary_t& /*value*/) override { return fail("this is not JSON"); }

  bool start_object(std::size_t /*size*/) override { return open(Frame{.is_object = true}); }
  bool start_array(std::size_t /*size*/) override { return open(Frame{.is_object = false}); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    Frame& frame = frames_.back();
    // Not by looking through the members: there may be a million, of somebody who means it.
    if (!frame.names.insert(name).second)
      return fail(fmt::format("the member {} stands twice", base::quoted(name)));
    frame.key = name;
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) override {
    offset = position > 0 ? position - 1 : 0;
    return fail("this is not JSON");
  }

  Value result;
  std::optional<std::string> problem;
  std::size_t offset = 0;

private:
  struct Frame {
    bool is_object = false;
    std::string key;
    std::set<std::string> names;
    Object members;
    Array elements;
  };

  bool fail(std::string text) {
    problem = std::move(text);
    return false;
  }

  bool put(Value value) {
    if (++count_ > k_most_values) return fail("this has too many values");
    if (frames_.empty()) {
      result = std::move(value);
      return true;
    }
    Frame& frame = frames_.back();
    if (frame.is_object) {
      frame.members.emplace_back(std::move(frame.key), std::move(value));
    } else {
      frame.elements.push_back(std::move(value));
    }
    return true;
  }

  bool open(Frame frame) {
    if (frames_.size() >= k_deepest_nesting) return fail("this is nested too deeply");
    frames_.push_back(std::move(frame));
    return true;
  }

  bool close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    return put(frame.is_object ? Value(std::move(frame.members))
                               : Value(std::move(frame.elements)));
  }

  std::vector<Frame> frames_;
  std::size_t count_ = 0;
};

} // namespace

namespace {

std::string hint_for(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "the file is empty: make it again";
  if (text[first] != '{' && text[first] != '[') return "give the JSON document itself";
  return "mend it at this place, or make the file again";
}

} // namespace

Value parse(std::string_view text, const std::string& file) {
  Builder builder;
  const bool is_whole = nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  if (is_whole && !builder.problem) return std::move(builder.result);
  throw base::Error(base::FailureKind::input,
                    base::Diagnostic{.code = "json.syntax",
                                     .message = builder.problem.value_or("this is not JSON"),
                                     .where = location_of(text, builder.offset, file),
                                     .hint = hint_for(text)});
}

} // namespace imagewright::json
