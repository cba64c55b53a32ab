// SPDX-License-Identifier: MIT
#include "difference_list.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include <imagewright/base/text.hpp>

namespace imagewright::audit {

namespace {

std::optional<std::string> find(const Aspects& aspects, std::string_view name) {
  const auto found = aspects.find(name);
  if (found == aspects.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> sorted(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  return words;
}

std::vector<std::string> missing_from(const std::vector<std::string>& other,
                                      const std::vector<std::string>& words) {
  std::vector<std::string> missing;
  std::set_difference(words.begin(), words.end(), other.begin(), other.end(),
                      std::back_inserter(missing));
  return missing;
}

} // namespace

void DifferenceList::compare(const std::string& subject, const std::string& aspect,
                             const std::string& before, const std::string& after) {
  if (before != after) differences_.push_back({subject, aspect, before, after});
}

void DifferenceList::only_before(const std::string& subject, const std::string& value) {
  differences_.push_back({subject, "presence", value, std::nullopt});
}

void DifferenceList::only_after(const std::string& subject, const std::string& value) {
  differences_.push_back({subject, "presence", std::nullopt, value});
}

void DifferenceList::compare_aspects(const std::string& subject, const Aspects& before,
                                     const Aspects& after) {
  std::set<std::string> names;
  for (const auto& [name, value] : before)
    names.insert(name);
  for (const auto& [name, value] : after)
    names.insert(name);
  for (const std::string& name : names) {
    auto left = find(before, name);
    auto right = find(after, name);
    if (left != right) add({subject, name, std::move(left), std::move(right)});
  }
}

void DifferenceList::compare_all(const std::map<std::string, Aspects>& before,
                                 const std::map<std::string, Aspects>& after,
                                 std::string_view shown) {
  std::set<std::string> subjects;
  for (const auto& [subject, aspects] : before)
    subjects.insert(subject);
  for (const auto& [subject, aspects] : after)
    subjects.insert(subject);
  for (const std::string& subject : subjects) {
    const auto left = before.find(subject);
    const auto right = after.find(subject);
    if (right == after.end()) {
      only_before(subject, find(left->second, shown).value_or(""));
    } else if (left == before.end()) {
      only_after(subject, find(right->second, shown).value_or(""));
    } else {
      compare_aspects(subject, left->second, right->second);
    }
  }
}

void DifferenceList::compare_words(const std::vector<std::string>& before,
                                   const std::vector<std::string>& after) {
  const std::vector<std::string> left = sorted(before);
  const std::vector<std::string> right = sorted(after);
  for (const std::string& word : missing_from(right, left))
    only_before(word);
  for (const std::string& word : missing_from(left, right))
    only_after(word);
  if (left == right && before != after) {
    add({"all", "order", base::join(before, " "), base::join(after, " ")});
  }
}

void DifferenceList::move_to(Comparison& comparison, std::string title) {
  if (differences_.empty()) return;
  comparison.sections.push_back({std::move(title), std::exchange(differences_, {})});
}

} // namespace imagewright::audit
