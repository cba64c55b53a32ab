// SPDX-License-Identifier: MIT
#include "package_loader.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/parallel_for.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/fs/digest.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/report/stage_scope.hpp>

#include "beginnings.hpp"
#include "failure.hpp"

namespace imagewright::repo {

namespace {

constexpr const char* k_stage = "download";

[[noreturn]] void fail_package(const model::Repository& repository,
                               const model::LockedPackage& package,
                               const DownloadFailure& failure) {
  const std::string name = package.nevra.to_string();
  const std::string relock =
      "; when a lock names it and the repository has moved on, run \"imagewright lock --update " +
      package.nevra.name + "\"";
  switch (failure.problem) {
  case DownloadProblem::missing:
    fail(repository,
         {.code = "repo.package-missing",
          .message = fmt::format("the package {} is not there: {}", name, failure.detail),
          .hint = "check the repository" + relock});
  case DownloadProblem::wrong_size:
  case DownloadProblem::wrong_content:
    fail(repository, {.kind = base::FailureKind::verification,
                      .code = "repo.package-checksum",
                      .message = fmt::format("the package {} is not the one that was announced: {}",
                                             name, failure.detail),
                      .hint = "find out why it was replaced" + relock});
  case DownloadProblem::portal:
    fail_portal(repository, "the package " + name, failure);
  case DownloadProblem::broken_off:
  case DownloadProblem::unreachable:
    break;
  }
  fail(repository,
       {.code = "repo.unreachable",
        .message = fmt::format("cannot get the package {}: {}", name, failure.detail),
        .hint = failure.hint.empty()
                    ? fmt::format("check the address {} and the network", shown_address(repository))
                    : failure.hint});
}

/// A lock and metadata are what others wrote.
void require_safe_place(const model::Repository& repository, const model::LockedPackage& package) {
  const base::Place place = base::split_place(package.location);
  const auto refuse = [&](const std::string& where, const std::string& fault) {
    fail(repository, {.kind = base::FailureKind::verification,
                      .code = "repo.package-outside",
                      .message = fmt::format("the package {} is placed at {}, which {}",
                                             package.nevra.to_string(), base::quoted(where), fault),
                      .hint = "do not use this repository or lock until whoever made it has "
                              "explained why"});
  };
  if (const auto fault = base::find_location_fault(place.path)) {
    refuse(place.path, *fault);
  }
  if (place.base.empty()) return;
  if (const auto fault = find_base_fault(place.base, source_of(repository))) {
    refuse(base::without_secrets(place.base), *fault);
  }
}

class PackageLoader {
public:
  PackageLoader(FetchContext& context, const std::vector<model::Repository>& repositories,
                const model::ArchitectureLock& lock)
      : context_(context), repositories_(repositories), lock_(lock),
        stage_(context.reporter, k_stage, fmt::format("{} packages", lock.packages.size())),
        staging_(context.cache.stage()) {}

  model::PackageSet load() {
    for (const model::LockedPackage& package : lock_.packages) {
      repository_of_.push_back(&find_repository(package));
    }
    paths_.resize(lock_.packages.size());
    base::parallel_for(lock_.packages.size(), context_.options.thread_count, context_.cancellation,
                       [&](std::size_t index) { find_present(index); });
    fetch_absent();
    model::PackageSet set;
    for (std::size_t index = 0; index < paths_.size(); ++index) {
      set.files.push_back({lock_.packages[index], *paths_[index]});
    }
    std::sort(set.files.begin(), set.files.end(),
              [](const auto& left, const auto& right) { return left.package < right.package; });
    return set;
  }

private:
  const model::Repository& find_repository(const model::LockedPackage& package) const {
    const auto found =
        std::find_if(repositories_.begin(), repositories_.end(),
                     [&](const auto& item) { return item.name == package.repository; });
    if (found != repositories_.end()) return *found;
    throw base::Error(base::FailureKind::input, "repo.unknown-repository",
                      fmt::format("the lock takes {} from the repository {}, which is not "
                                  "configured for this architecture",
                                  package.nevra.to_string(), base::quoted(package.repository)),
                      "configure that repository, or run \"imagewright lock\"");
  }

  /// Verifies what is on this host already: a file of a local repository, or of the cache.
  void find_present(std::size_t index) {
    context_.cancellation.check();
    const model::LockedPackage& package = lock_.packages[index];
    const model::Repository& repository = *repository_of_[index];
    require_safe_place(repository, package);
    const base::Place place = base::split_place(package.location);
    const Source source = source_below(place.base, source_of(repository));
    if (!source.is_local()) {
      paths_[index] = context_.cache.find(package.checksum);
      return;
    }
    const std::filesystem::path path = source.directory / place.path;
    if (!std::filesystem::is_regular_file(path)) {
      fail_package(repository, package,
                   {DownloadProblem::missing, base::quoted(path.string()) + " does not exist"});
    }
    const base::Digest actual = fs::digest_of_file(path, package.checksum.algorithm);
    if (actual != package.checksum) {
      fail_package(repository, package,
                   {DownloadProblem::wrong_content,
                    fmt::format("{} has the checksum {} instead of {}", base::quoted(path.string()),
                                actual.to_string(), package.checksum.to_string())});
    }
    paths_[index] = path;
  }

  void fetch_absent() {
    std::vector<Download> downloads;
    std::vector<std::size_t> absent;
    base::ByteSize total;
    for (std::size_t index = 0; index < paths_.size(); ++index) {
      if (paths_[index]) continue;
      downloads.push_back(plan_download(index));
      absent.push_back(index);
      total = total + lock_.packages[index].download_size;
    }
    const auto observer = [&](base::ByteSize arrived, std::size_t index) {
      stage_.progress({.bytes_done = arrived,
                       .bytes_total = total,
                       .current = lock_.packages[absent[index]].nevra.to_string()});
    };
    try {
      store(downloads, absent, context_.downloader.fetch(downloads, observer));
    } catch (...) {
      // Also when cancelled: what has arrived is not fetched again.
      keep_beginnings(downloads, context_.cache);
      throw;
    }
    stage_.set_summary(fmt::format("{} packages, {} fetched, {}", paths_.size(), absent.size(),
                                   base::to_string(total)));
  }

  Download plan_download(std::size_t index) {
    const model::LockedPackage& package = lock_.packages[index];
    const model::Repository& repository = *repository_of_[index];
    const base::Place place = base::split_place(package.location);
    const Source source = source_below(place.base, source_of(repository));
    if (!context_.can_fetch_from(source)) {
      fail(repository,
           {.code = "repo.offline",
            .message = fmt::format("the package {} is not in the cache", package.nevra.to_string()),
            .hint = "run once without --offline"});
    }
    Download download{.source = source,
                      .path = place.path,
                      .target = staging_.path() / package.checksum.hex,
                      .digest = package.checksum};
    if (package.download_size > base::ByteSize(0)) download.size = package.download_size;
    context_.cache.take_partial(package.checksum, beginning_of(download));
    return download;
  }

  void store(const std::vector<Download>& downloads, const std::vector<std::size_t>& absent,
             const std::vector<DownloadResult>& results) {
    base::parallel_for(downloads.size(), context_.options.thread_count, context_.cancellation,
                       [&](std::size_t item) {
                         if (results[item]) return;
                         paths_[absent[item]] = context_.cache.put_staged(downloads[item].target,
                                                                          *downloads[item].digest);
                       });
    // The first failure is told after everything that did arrive was kept.
    for (std::size_t item = 0; item < results.size(); ++item) {
      if (!results[item]) continue;
      fail_package(*repository_of_[absent[item]], lock_.packages[absent[item]], *results[item]);
    }
  }

  FetchContext& context_;
  const std::vector<model::Repository>& repositories_;
  const model::ArchitectureLock& lock_;
  report::StageScope stage_;
  fs::TemporaryDirectory staging_;
  std::vector<const model::Repository*> repository_of_;
  std::vector<std::optional<std::filesystem::path>> paths_;
};

} // namespace

model::PackageSet load_packages(FetchContext& context,
                                const std::vector<model::Repository>& repositories,
                                const model::ArchitectureLock& lock) {
  return PackageLoader(context, repositories, lock).load();
}

} // namespace imagewright::repo
