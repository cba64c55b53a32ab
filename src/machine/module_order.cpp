// SPDX-License-Identifier: MIT
#include "module_order.hpp"

#include <algorithm>
#include <set>

#include <imagewright/base/text.hpp>

namespace imagewright::machine {

namespace {

std::string kernel_name(std::string_view name) {
  std::string text(name);
  std::ranges::replace(text, '-', '_');
  return text;
}

/// "pre: crc32c post: x" names what is better loaded before.
std::vector<std::string> soft_needs(std::string_view text) {
  std::vector<std::string> names;
  bool is_before = false;
  for (const std::string& word : base::split_whitespace(text)) {
    if (word.ends_with(':')) {
      is_before = word == "pre:";
    } else if (is_before) {
      names.push_back(kernel_name(word));
    }
  }
  return names;
}

std::vector<std::string> needs_of(std::string_view content) {
  std::vector<std::string> names;
  for (const std::string& value : module_values(content, "depends")) {
    for (const std::string& name : base::split(value, ','))
      if (!name.empty()) names.push_back(kernel_name(name));
  }
  for (const std::string& value : module_values(content, "softdep"))
    for (std::string& name : soft_needs(value))
      names.push_back(std::move(name));
  return names;
}

class Ordering {
public:
  explicit Ordering(const Modules& modules) : modules_(modules) {}

  void add(const std::string& name) {
    const auto found = modules_.find(name);
    // Marked before its needs: a circle ends.
    if (found == modules_.end() || !seen_.insert(name).second) return;
    for (const std::string& need : needs_of(found->second))
      add(need);
    order_.push_back(name);
  }

  std::vector<std::string> take() { return std::move(order_); }

private:
  const Modules& modules_;
  std::set<std::string> seen_;
  std::vector<std::string> order_;
};

} // namespace

std::string module_name(std::string_view path) {
  constexpr std::string_view k_end = ".ko";
  if (!path.ends_with(k_end)) return {};
  path.remove_suffix(k_end.size());
  return kernel_name(path.substr(path.rfind('/') + 1));
}

std::vector<std::string> module_values(std::string_view content, std::string_view key) {
  // The section .modinfo is a row of texts, each ended by a zero byte.
  std::string start(1, '\0');
  start += key;
  start += '=';
  std::vector<std::string> values;
  for (std::size_t place = content.find(start); place != std::string_view::npos;
       place = content.find(start, place + 1)) {
    const std::string_view rest = content.substr(place + start.size());
    values.emplace_back(rest.substr(0, rest.find('\0')));
  }
  return values;
}

std::vector<std::string> module_order(const Modules& modules,
                                      const std::vector<std::string>& wanted) {
  Ordering ordering(modules);
  for (const std::string& name : wanted)
    ordering.add(name);
  return ordering.take();
}

} // namespace imagewright::machine
