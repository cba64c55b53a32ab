// SPDX-License-Identifier: MIT
#include "downloader.hpp"

#include <algorithm>
#include <map>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/http/group.hpp>
#include <imagewright/http/pause.hpp>

#include "beginnings.hpp"
#include "content_check.hpp"
#include "server_set.hpp"
#include "transfer.hpp"
#include "waiting_notes.hpp"

namespace imagewright::repo {

namespace {

constexpr base::ByteSize k_largest_list = base::ByteSize::mib(4);
/// Nobody waits longer for a server that says when it will be back.
constexpr std::chrono::seconds k_longest_pause{120};
/// Attempts that moved something do not count, but a server that moves a byte each time has an end.
constexpr std::size_t k_most_moving_attempts = 200;
/// A damaged transfer is another one the next time; a file that was replaced is not.
constexpr std::uint32_t k_rounds_of_other_bytes = 3;
/// How often observers and whoever wants to stop are listened to.
constexpr std::chrono::milliseconds k_slice{50};

using Clock = std::chrono::steady_clock;

std::uint64_t largest_of(const Download& download) {
  return download.size.value_or(download.largest).bytes();
}

/// One file on its way.
struct Job {
  const Download* download = nullptr;
  ServerSet* servers = nullptr;
  std::size_t index = 0;
  std::size_t server = 0;
  std::vector<std::size_t> asked; ///< in this round
  std::uint32_t rounds = 0;       ///< in which every server failed
  bool has_hope = false; ///< one of this round failed in a way that may be over the next time
  std::size_t moving_attempts = 0;
  Clock::time_point not_before{};
  Clock::time_point began{}; ///< the attempt that runs
  std::unique_ptr<Transfer> transfer;
  DownloadResult worst;
  bool is_done = false;
};

/// All files of one call.
class Batch {
public:
  Batch(const FetchOptions& options, const base::Cancellation& cancellation, WaitingNotes& notes,
        DownloadObserver observer)
      : options_(options), cancellation_(cancellation), notes_(notes),
        observer_(std::move(observer)) {}
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  Batch(Batch&&) = delete;
  Batch& operator=(Batch&&) = delete;
  ~Batch() {
    for (const auto& job : jobs_) {
      if (job->transfer) group_.remove(job->transfer->exchange());
    }
  }

  void add(const Download& download, ServerSet& servers, std::size_t index) {
    auto job = std::make_unique<Job>();
    job->download = &download;
    job->servers = &servers;
    job->index = index;
    jobs_.push_back(std::move(job));
  }

  void run(std::vector<DownloadResult>& results) {
    while (start_some() || running_ > 0 || has_waiting()) {
      cancellation_.check();
      finish_some();
      observe();
      tell_of_silence();
      group_.wait(k_slice);
    }
    observe();
    for (const auto& job : jobs_)
      results[job->index] = job->worst;
  }

private:
  bool has_waiting() const {
    return std::any_of(jobs_.begin(), jobs_.end(), [](const auto& job) { return !job->is_done; });
  }

  bool start_some() {
    const std::size_t most = std::max<std::size_t>(options_.parallel_downloads, 1);
    bool has_started = false;
    const auto now = Clock::now();
    for (const auto& job : jobs_) {
      if (running_ >= most) break;
      if (job->is_done || job->transfer || job->not_before > now) continue;
      start(*job);
      has_started = true;
    }
    return has_started;
  }

  void start(Job& job) {
    const auto server = job.servers->next(job.asked);
    if (!server) throw base::BugError("a download without a server");
    job.server = *server;
    const Download& download = *job.download;
    const std::filesystem::path part = beginning_of(download);
    // Without a digest nobody can say that a beginning fits what follows.
    if (!download.digest || size_or_zero(part) > largest_of(download)) remove_beginning(download);
    if (download.size && size_or_zero(part) == download.size->bytes() &&
        download.size->bytes() > 0) {
      accept(job);
      return;
    }
    const std::string& base = job.servers->base_of(job.server);
    job.transfer = std::make_unique<Transfer>(TransferRequest{.url = url_below(base, download.path),
                                                              .file = part,
                                                              .largest = largest_of(download),
                                                              .headers = download.headers},
                                              options_);
    job.began = Clock::now();
    group_.add(job.transfer->exchange());
    ++running_;
  }

  void finish_some() {
    for (const auto& [exchange, ending] : group_.move()) {
      Job& job = job_of(*exchange);
      const std::unique_ptr<Transfer> transfer = std::move(job.transfer);
      --running_;
      const TransferOutcome outcome = transfer->finish(ending);
      if (!outcome.failure) {
        accept(job);
      } else {
        give_up_server(job, outcome);
      }
    }
  }

  Job& job_of(const http::Exchange& exchange) {
    const auto found = std::ranges::find_if(jobs_, [&](const auto& job) {
      return job->transfer && &job->transfer->exchange() == &exchange;
    });
    if (found == jobs_.end()) throw base::BugError("a transfer ends that nobody began");
    return **found;
  }

  void accept(Job& job) {
    const Download& download = *job.download;
    DownloadResult fault =
        check_content(download, job.servers->mirrors(), job.servers->base_of(job.server));
    if (!fault) {
      std::filesystem::rename(beginning_of(download), download.target);
      job.servers->note_success(job.server);
      job.worst.reset();
      job.is_done = true;
      return;
    }
    const bool is_short = fault->problem == DownloadProblem::wrong_size && download.digest &&
                          size_or_zero(beginning_of(download)) < largest_of(download);
    if (!is_short) remove_beginning(download);
    give_up_server(job, {.failure = std::move(fault)});
  }

  /// To the next server, to the next round, or to the end.
  void give_up_server(Job& job, const TransferOutcome& outcome) {
    const DownloadFailure& failure = *outcome.failure;
    if (failure.problem == DownloadProblem::wrong_size) remove_beginning(*job.download);
    if (outcome.is_beginning_useless) {
      remove_beginning(*job.download);
      if (++job.moving_attempts < k_most_moving_attempts) return;
    }
    if (!job.worst || failure.problem >= job.worst->problem) job.worst = failure;
    job.has_hope = job.has_hope || !failure.is_lasting;
    job.servers->note_fault(job.server, failure.detail);
    if (outcome.has_moved && job.download->digest &&
        ++job.moving_attempts < k_most_moving_attempts) {
      // It goes on where it broke off, and that was no failed attempt.
      job.not_before = Clock::now() + options_.pause;
      if (job.servers->servers().size() > 1) job.asked = {job.server};
      return;
    }
    job.asked.push_back(job.server);
    if (job.servers->next(job.asked) && !outcome.retry_after) return;
    end_round(job, outcome);
  }

  void end_round(Job& job, const TransferOutcome& outcome) {
    if (job.servers->next(job.asked)) return; // another one may be willing now
    job.asked.clear();
    ++job.rounds;
    const DownloadProblem problem = job.worst->problem;
    const bool has_other_bytes =
        problem == DownloadProblem::wrong_content || problem == DownloadProblem::wrong_size;
    const auto rounds =
        has_other_bytes ? std::min(k_rounds_of_other_bytes, options_.attempts) : options_.attempts;
    job.is_done = problem == DownloadProblem::missing || job.rounds >= rounds ||
                  !std::exchange(job.has_hope, false);
    if (job.is_done) return;
    auto pause = http::pause_after(job.rounds, options_.pause, options_.longest_pause);
    if (outcome.retry_after) {
      pause = std::max<std::chrono::milliseconds>(pause,
                                                  std::min(*outcome.retry_after, k_longest_pause));
    }
    job.not_before = Clock::now() + pause;
    notes_.tell_of_failure(job.servers->base_of(job.server), job.worst->detail, options_);
  }

  /// Of servers that neither answer nor refuse.
  void tell_of_silence() {
    const auto now = Clock::now();
    for (const auto& job : jobs_) {
      if (!job->transfer || job->transfer->has_begun() || now - job->began < k_silent_wait)
        continue;
      notes_.tell_of_silence(job->servers->base_of(job->server));
    }
  }

  void observe() {
    if (!observer_) return;
    std::uint64_t total = 0;
    std::optional<std::size_t> moved;
    arrived_.resize(jobs_.size());
    for (std::size_t item = 0; item < jobs_.size(); ++item) {
      const Job& job = *jobs_[item];
      std::uint64_t now = arrived_[item];
      if (job.transfer) now = job.transfer->arrived();
      if (job.is_done && !job.worst) now = size_or_zero(job.download->target);
      if (now != arrived_[item]) moved = job.index;
      arrived_[item] = now;
      total += now;
    }
    if (moved) observer_(base::ByteSize(total), *moved);
  }

  const FetchOptions& options_;
  const base::Cancellation& cancellation_;
  WaitingNotes& notes_;
  const DownloadObserver observer_; // a copy: none may be a temporary of the caller
  // Goes last: the transfers in it are removed before.
  http::Group group_;
  std::vector<std::unique_ptr<Job>> jobs_;
  std::vector<std::uint64_t> arrived_;
  std::size_t running_ = 0;
};

} // namespace

struct Downloader::State {
  FetchOptions options;
  const base::Cancellation& cancellation;
  WaitingNotes notes;
  std::map<Source, ServerSet> servers;

  /// Null with the failure of the list.
  ServerSet* servers_of(const Source& source, const std::filesystem::path& directory,
                        DownloadResult& failure);
  DownloadResult fetch_list(const Source& source, const std::filesystem::path& directory,
                            MirrorList& mirrors);
};

DownloadResult Downloader::State::fetch_list(const Source& source,
                                             const std::filesystem::path& directory,
                                             MirrorList& mirrors) {
  const std::string& address = source.metalink.empty() ? source.mirror_list : source.metalink;
  Download list{
      .source = source, .path = "list", .target = directory / "list", .largest = k_largest_list};
  if (const auto local = find_local_path(address)) {
    list.source = {.directory = local->parent_path()};
    list.path = local->filename().string();
    if (auto failure = copy_local(list)) return failure;
  } else {
    // The address is complete, with a query of its own.
    MirrorList itself;
    itself.bases.push_back(address);
    ServerSet only(std::move(itself));
    std::vector<DownloadResult> results(1);
    list.path.clear();
    Batch batch(options, cancellation, notes, {});
    batch.add(list, only, 0);
    batch.run(results);
    if (results.front()) return results.front();
  }
  mirrors = read_mirrors(list.target, source, cancellation);
  std::filesystem::remove(list.target);
  if (!mirrors.bases.empty()) return std::nullopt;
  return DownloadFailure{DownloadProblem::unreachable,
                         fmt::format("{} names no mirror that can be used",
                                     base::quoted(base::without_secrets(address)))};
}

ServerSet* Downloader::State::servers_of(const Source& source,
                                         const std::filesystem::path& directory,
                                         DownloadResult& failure) {
  const auto found = servers.find(source);
  if (found != servers.end()) return &found->second;
  MirrorList mirrors;
  if (source.url.empty()) {
    failure = fetch_list(source, directory, mirrors);
    if (failure) return nullptr;
  } else {
    mirrors.bases.push_back(source.url);
  }
  return &servers.emplace(source, ServerSet(std::move(mirrors))).first->second;
}

Downloader::Downloader(FetchOptions options, const base::Cancellation& cancellation,
                       WaitingObserver waiting_observer)
    : state_(new State{.options = std::move(options),
                       .cancellation = cancellation,
                       .notes = WaitingNotes(std::move(waiting_observer)),
                       .servers = {}}) {}

Downloader::~Downloader() = default;

std::vector<DownloadResult> Downloader::fetch(const std::vector<Download>& downloads,
                                              const DownloadObserver& observer) {
  std::vector<DownloadResult> results(downloads.size());
  std::map<Source, DownloadFailure> dead_lists;
  Batch batch(state_->options, state_->cancellation, state_->notes, observer);
  for (std::size_t index = 0; index < downloads.size(); ++index) {
    const Download& download = downloads[index];
    state_->cancellation.check();
    if (download.source.is_local()) {
      results[index] = copy_local(download);
      continue;
    }
    const auto dead = dead_lists.find(download.source);
    if (dead != dead_lists.end()) {
      results[index] = dead->second;
      continue;
    }
    ServerSet* servers =
        state_->servers_of(download.source, download.target.parent_path(), results[index]);
    if (servers == nullptr) {
      dead_lists.emplace(download.source, *results[index]);
      continue;
    }
    batch.add(download, *servers, index);
  }
  batch.run(results);
  return results;
}

std::vector<MirrorUse> Downloader::mirrors_of(const Source& source) const {
  std::vector<MirrorUse> result;
  const auto found = state_->servers.find(source);
  if (found == state_->servers.end() || !source.url.empty()) return result;
  for (const Server& server : found->second.servers()) {
    if (server.files == 0 && server.faults == 0) continue;
    result.push_back({base::without_secrets(server.base), server.files, server.last_fault});
  }
  return result;
}

Source Downloader::last_mirror_of(const Source& source) const {
  const auto found = state_->servers.find(source);
  if (found == state_->servers.end() || !source.url.empty()) return source;
  return {.url = found->second.base_of(found->second.last())};
}

bool Downloader::pass_over_last_mirror(const Source& source, const std::string& fault) {
  const auto found = state_->servers.find(source);
  if (found == state_->servers.end() || !source.url.empty()) return false;
  ServerSet& servers = found->second;
  const std::size_t last = servers.last();
  servers.note_fault(last, fault);
  const auto& all = servers.servers();
  return std::any_of(all.begin(), all.end(),
                     [](const Server& server) { return server.faults == 0; });
}

} // namespace imagewright::repo
