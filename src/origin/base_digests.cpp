// SPDX-License-Identifier: MIT
#include <utility>

#include <imagewright/origin/base_digests.hpp>

namespace imagewright::origin {

std::optional<base::Digest> BaseDigests::disk() const {
  const std::lock_guard lock(mutex_);
  return known_.disk;
}

void BaseDigests::learn_disk(const base::Digest& digest) {
  const std::lock_guard lock(mutex_);
  known_.disk = digest;
}

std::optional<base::Digest> BaseDigests::file(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  const auto found = known_.files.find(number);
  return found == known_.files.end() ? std::nullopt : std::optional(found->second);
}

void BaseDigests::learn_file(std::uint64_t number, const base::Digest& digest) {
  const std::lock_guard lock(mutex_);
  known_.files.emplace(number, digest);
}

BaseDigests::Known BaseDigests::known() const {
  const std::lock_guard lock(mutex_);
  return known_;
}

void BaseDigests::recall(Known known) {
  const std::lock_guard lock(mutex_);
  known_ = std::move(known);
}

} // namespace imagewright::origin
