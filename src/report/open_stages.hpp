// SPDX-License-Identifier: MIT
#pragma once

// The stages that are open right now, innermost last.

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/report/reporter.hpp>

namespace imagewright::report {

struct OpenStage {
  std::string name;
  std::string detail;
  std::chrono::nanoseconds started{0};
  Progress progress;
  /// When its progress was last shown.
  std::optional<std::chrono::nanoseconds> shown;
};

class OpenStages {
public:
  void open(std::string_view name, std::string_view detail, std::chrono::nanoseconds now) {
    stages_.push_back({std::string(name), std::string(detail), now, {}, {}});
  }

  /// The innermost stage of that name, or null.
  OpenStage* find(std::string_view name) {
    const auto stage = std::find_if(stages_.rbegin(), stages_.rend(),
                                    [&](const OpenStage& open) { return open.name == name; });
    return stage == stages_.rend() ? nullptr : &*stage;
  }

  /// Removes the innermost stage of that name and gives how long it was open; zero when there is
  /// none.
  std::chrono::nanoseconds close(std::string_view name, std::chrono::nanoseconds now) {
    const OpenStage* stage = find(name);
    if (stage == nullptr) return std::chrono::nanoseconds{0};
    const auto duration = now - stage->started;
    stages_.erase(stages_.begin() + (stage - stages_.data()));
    return duration;
  }

  /// A stage may have parts that are called the same; people want to read of the whole.
  bool is_open(std::string_view name) const {
    return std::any_of(stages_.begin(), stages_.end(),
                       [&](const OpenStage& open) { return open.name == name; });
  }

  OpenStage* innermost() { return stages_.empty() ? nullptr : &stages_.back(); }
  std::size_t depth() const { return stages_.size(); }

private:
  std::vector<OpenStage> stages_;
};

} // namespace imagewright::report
