// SPDX-License-Identifier: MIT
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/fs/digest.hpp>
#include <imagewright/repo/remote_files.hpp>
#include <imagewright/report/stage_scope.hpp>

#include "beginnings.hpp"
#include "fetch_context.hpp"

namespace imagewright::repo {

namespace {

std::string shown(const model::RemoteFile& file) {
  return base::quoted(base::without_secrets(file.url));
}

struct Telling {
  base::FailureKind kind = base::FailureKind::build;
  std::string code;
  std::string message;
  std::string hint;
};

Telling telling_of(const model::RemoteFile& file, const DownloadFailure& failure) {
  switch (failure.problem) {
  case DownloadProblem::missing:
    return {.code = "repo.file-missing",
            .message = fmt::format("there is no file {}: {}", shown(file), failure.detail),
            .hint = "correct \"url\""};
  case DownloadProblem::wrong_size:
  case DownloadProblem::wrong_content:
    return {.kind = base::FailureKind::verification,
            .code = "repo.file-checksum",
            .message = fmt::format("the file {} is not the one that the config names: {}",
                                   shown(file), failure.detail),
            .hint = "find out from its publisher whether it was replaced; when that is accepted, "
                    "correct \"sha256\" and \"size\""};
  case DownloadProblem::portal:
    return {.code = "repo.portal",
            .message = fmt::format("a web page came in the place of the file {}: {}", shown(file),
                                   failure.detail),
            .hint = "log in to the portal of this network, or correct \"url\""};
  case DownloadProblem::broken_off:
  case DownloadProblem::unreachable:
    break;
  }
  return {.code = "repo.unreachable",
          .message = fmt::format("cannot get the file {}: {}", shown(file), failure.detail),
          .hint = failure.hint.empty() ? "check the address and the network" : failure.hint};
}

[[noreturn]] void fail(const RemoteFileRequest& request, Telling telling) {
  throw base::Error(telling.kind, {.code = std::move(telling.code),
                                   .message = std::move(telling.message),
                                   .where = request.where,
                                   .hint = std::move(telling.hint)});
}

class RemoteFileLoader {
public:
  RemoteFileLoader(const std::vector<RemoteFileRequest>& requests, const FetchOptions& options,
                   const FetchEnvironment& environment)
      : requests_(requests), context_{.options = options,
                                      .cache = environment.cache,
                                      .reporter = environment.reporter,
                                      .cancellation = environment.cancellation,
                                      .downloader = Downloader(options, environment.cancellation)},
        stage_(environment.reporter, "download", fmt::format("{} files", requests.size())),
        staging_(environment.cache.stage()), paths_(requests.size()) {}

  std::vector<std::filesystem::path> load() {
    for (std::size_t index = 0; index < requests_.size(); ++index)
      find_present(index);
    fetch_absent();
    std::vector<std::filesystem::path> paths;
    for (const std::optional<std::filesystem::path>& path : paths_)
      paths.push_back(path.value());
    return paths;
  }

private:
  const model::RemoteFile& file(std::size_t index) const { return requests_[index].file; }

  void find_present(std::size_t index) {
    context_.cancellation.check();
    paths_[index] = context_.cache.find(file(index).digest);
    const FileAddress address = address_of_file(file(index).url);
    if (paths_[index]) {
      require_size(index);
    } else if (address.source.is_local()) {
      take_local(index, address.source.directory / address.name);
    }
  }

  /// What the cache has was fetched under its digest, for another config maybe.
  void require_size(std::size_t index) const {
    const auto& size = file(index).size;
    const std::uint64_t actual = std::filesystem::file_size(*paths_[index]);
    if (!size || size->bytes() == actual) return;
    fail(requests_[index],
         telling_of(file(index), {DownloadProblem::wrong_size,
                                  fmt::format("the file with this digest has {} bytes, not {}",
                                              actual, size->bytes())}));
  }

  void take_local(std::size_t index, const std::filesystem::path& path) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) {
      fail(requests_[index],
           telling_of(file(index),
                      {DownloadProblem::missing, base::quoted(path.string()) + " does not exist"}));
    }
    const base::Digest actual = fs::digest_of_file(path, file(index).digest.algorithm);
    if (actual != file(index).digest) {
      fail(requests_[index],
           telling_of(file(index), {DownloadProblem::wrong_content,
                                    fmt::format("its digest is {}, not {}", actual.hex,
                                                file(index).digest.hex)}));
    }
    paths_[index] = context_.cache.put_copy(path, file(index).digest);
    require_size(index);
  }

  void fetch_absent() {
    std::vector<Download> downloads;
    std::vector<std::size_t> absent;
    for (std::size_t index = 0; index < paths_.size(); ++index) {
      if (paths_[index]) continue;
      downloads.push_back(plan_download(index));
      absent.push_back(index);
    }
    const auto observer = [&](base::ByteSize arrived, std::size_t index) {
      stage_.progress({.bytes_done = arrived,
                       .bytes_total = {},
                       .current = base::without_secrets(file(absent[index]).url)});
    };
    try {
      store(downloads, absent, context_.downloader.fetch(downloads, observer));
    } catch (...) {
      // Also when cancelled: what has arrived is not fetched again.
      keep_beginnings(downloads, context_.cache);
      throw;
    }
    stage_.set_summary(fmt::format("{} files, {} fetched", paths_.size(), absent.size()));
  }

  Download plan_download(std::size_t index) {
    const FileAddress address = address_of_file(file(index).url);
    if (!context_.can_fetch_from(address.source)) {
      fail(requests_[index],
           {.code = "repo.offline",
            .message = fmt::format("the file {} is not in the cache", shown(file(index))),
            .hint = "run once without --offline"});
    }
    // Two entries may want one file: each has a place of its own.
    Download download{.source = address.source,
                      .path = address.name,
                      .target =
                          staging_.path() / fmt::format("{}-{}", index, file(index).digest.hex),
                      .digest = file(index).digest,
                      .size = file(index).size,
                      .headers = requests_[index].headers};
    context_.cache.take_partial(file(index).digest, beginning_of(download));
    return download;
  }

  void store(const std::vector<Download>& downloads, const std::vector<std::size_t>& absent,
             const std::vector<DownloadResult>& results) {
    // The first failure is told after everything that did arrive was kept.
    for (std::size_t item = 0; item < results.size(); ++item) {
      if (results[item]) continue;
      paths_[absent[item]] =
          context_.cache.put_staged(downloads[item].target, *downloads[item].digest);
    }
    for (std::size_t item = 0; item < results.size(); ++item) {
      if (!results[item]) continue;
      const RemoteFileRequest& request = requests_[absent[item]];
      fail(request, telling_of(request.file, *results[item]));
    }
  }

  const std::vector<RemoteFileRequest>& requests_;
  FetchContext context_;
  report::StageScope stage_;
  fs::TemporaryDirectory staging_;
  std::vector<std::optional<std::filesystem::path>> paths_;
};

} // namespace

std::vector<std::filesystem::path> load_remote_files(const std::vector<RemoteFileRequest>& requests,
                                                     const FetchOptions& options,
                                                     const FetchEnvironment& environment) {
  if (requests.empty()) return {};
  return RemoteFileLoader(requests, options, environment).load();
}

} // namespace imagewright::repo
