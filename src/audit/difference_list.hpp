// SPDX-License-Identifier: MIT
#pragma once

// Collects the differences of one section.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/audit/comparison.hpp>
#include <imagewright/audit/manifest_file_line.hpp>

namespace imagewright::audit {

class DifferenceList {
public:
  /// Adds a difference unless the texts are the same.
  void compare(const std::string& subject, const std::string& aspect, const std::string& before,
               const std::string& after);
  void add(Difference difference) { differences_.push_back(std::move(difference)); }
  void only_before(const std::string& subject, const std::string& value = {});
  void only_after(const std::string& subject, const std::string& value = {});
  /// Each aspect of each thing; things of one side only with their aspect `shown`, where they have
  /// it.
  void compare_all(const std::map<std::string, Aspects>& before,
                   const std::map<std::string, Aspects>& after, std::string_view shown = {});
  /// Words that stand on one side only, with repetition; otherwise whether their order is the same.
  void compare_words(const std::vector<std::string>& before, const std::vector<std::string>& after);

  bool empty() const { return differences_.empty(); }
  /// Appends a section when there is anything in it.
  void move_to(Comparison& comparison, std::string title);

private:
  void compare_aspects(const std::string& subject, const Aspects& before, const Aspects& after);

  std::vector<Difference> differences_;
};

} // namespace imagewright::audit
