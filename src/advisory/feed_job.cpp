// SPDX-License-Identifier: MIT
#include <array>

#include <imagewright/advisory/feed.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/sandbox/worker.hpp>

#include "feed_codec.hpp"
#include "feeds.hpp"

namespace imagewright::advisory {

namespace {

constexpr std::string_view k_read_job = "read-feed";
/// The largest feeds need a tenth of it.
constexpr sandbox::WorkerLimits k_limits{.memory = base::ByteSize::gib(4),
                                         .time = std::chrono::minutes(10)};

std::string read_in_worker(const sandbox::WorkerCall& call) {
  return encode(read_source(decode_feed_source(call.request, call.descriptors[0])));
}

} // namespace

Feed read_feed(const std::filesystem::path& path, const base::Cancellation& cancellation) {
  const OpenedFeed feed = open_feed(path);
  return sandbox::ask_worker({.job = k_read_job,
                              .subject = "the feed " + base::quoted(path.string()),
                              .request = encode(feed.source),
                              .descriptors = {feed.content.get()},
                              .limits = k_limits},
                             cancellation, &decode_feed);
}

std::span<const sandbox::WorkerJob> worker_jobs() {
  static constexpr std::array jobs{sandbox::WorkerJob{.name = k_read_job, .run = &read_in_worker}};
  return jobs;
}

} // namespace imagewright::advisory
