// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include <imagewright/fleet/collect.hpp>

#include "found_records.hpp"

namespace imagewright::fleet {

namespace {

using Moment = std::chrono::steady_clock::time_point;

/// What is known of a fleet from one look at its directories to the next.
class Watcher {
public:
  explicit Watcher(const UnitList& list) {
    for (const Unit& unit : list.units)
      planned_.emplace(unit.id, digest_of(unit.inputs));
  }

  /// Gives what is new, in the order in which it was written.
  std::vector<UnitRecord> look(const std::vector<std::filesystem::path>& directories) {
    std::vector<FoundRecord> records = find_records(directories).records;
    std::ranges::stable_sort(records, {}, &FoundRecord::written);
    std::vector<UnitRecord> news;
    ended_.clear();
    for (const FoundRecord& found : records) {
      const UnitRecord& record = found.record;
      const auto planned = planned_.find(record.id);
      if (planned == planned_.end()) continue;
      UnitRecord& last = seen_[found.directory.string()];
      const bool is_new = last != record;
      const bool fits = record.inputs == planned->second;
      // What lay there before, of an earlier list, is not what is waited for; a job that ends now
      // with something else has ended all the same.
      if (!fits && (is_first_ || (!is_new && !late_.contains(found.directory.string())))) {
        last = record;
        continue;
      }
      if (!fits) late_.insert(found.directory.string());
      if (record.state != RecordState::started) ended_.insert(record.id);
      if (!is_new) continue;
      last = record;
      news.push_back(record);
    }
    is_first_ = false;
    return news;
  }

  bool have_all_ended() const { return ended_.size() == planned_.size(); }

private:
  std::map<std::string, base::Digest> planned_;
  std::map<std::string, UnitRecord> seen_; ///< by directory
  std::set<std::string> late_;  ///< directories with something else, which came meanwhile
  std::set<std::string> ended_; ///< ids
  bool is_first_ = true;
};

} // namespace

WatchEnd watch(const UnitList& list, const std::vector<std::filesystem::path>& directories,
               const WatchOptions& options, const base::Cancellation& cancellation) {
  constexpr auto k_pause = std::chrono::milliseconds(200);
  Watcher watcher(list);
  Moment last_news = std::chrono::steady_clock::now();
  while (true) {
    const std::vector<UnitRecord> news = watcher.look(directories);
    for (const UnitRecord& record : news)
      options.tell(record);
    if (watcher.have_all_ended()) return WatchEnd::all_ended;
    const Moment now = std::chrono::steady_clock::now();
    if (!news.empty()) last_news = now;
    if (options.patience && now - last_news >= *options.patience) return WatchEnd::nothing_new;
    std::this_thread::sleep_for(k_pause);
    cancellation.check();
  }
}

} // namespace imagewright::fleet
