// SPDX-License-Identifier: MIT
#include <chrono>
#include <ctime>
#include <thread>
#include <utility>

#include <imagewright/root/known_content.hpp>

namespace imagewright::root {

namespace {

using Time = std::pair<time_t, long>;

Time time_of(const timespec& time) {
  return {time.tv_sec, time.tv_nsec};
}

} // namespace

bool FileStamp::operator==(const FileStamp& other) const {
  return number == other.number && size == other.size &&
         time_of(changed) == time_of(other.changed) && time_of(modified) == time_of(other.modified);
}

FileStamp stamp_of(const struct stat& status) {
  return {.number = status.st_ino,
          .changed = status.st_ctim,
          .modified = status.st_mtim,
          .size = status.st_size};
}

void KnownContent::learn(const struct stat& status, const base::Digest& digest) {
  files_[status.st_ino] = {stamp_of(status), digest};
  if (time_of(latest_) < time_of(status.st_ctim)) latest_ = status.st_ctim;
}

std::optional<base::Digest> KnownContent::find(const struct stat& status) const {
  const auto known = files_.find(status.st_ino);
  if (known == files_.end() || !(known->second.stamp == stamp_of(status))) return std::nullopt;
  return known->second.digest;
}

void KnownContent::settle() const {
  // The clock that filesystems take their times from ticks some hundred times a second.
  constexpr std::chrono::milliseconds k_step{1};
  constexpr int k_most_steps = 50;
  for (int step = 0; step < k_most_steps; ++step) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (time_of(latest_) < time_of(now)) return;
    std::this_thread::sleep_for(k_step);
  }
}

} // namespace imagewright::root
