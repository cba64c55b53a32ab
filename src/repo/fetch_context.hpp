// SPDX-License-Identifier: MIT
#pragma once

// What every part of fetching works with.

#include <map>
#include <string>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/cache/cache.hpp>
#include <imagewright/repo/fetch_options.hpp>
#include <imagewright/report/reporter.hpp>

#include "downloader.hpp"
#include "index_job.hpp"
#include "source.hpp"

namespace imagewright::repo {

struct FetchContext {
  FetchOptions options;
  cache::Cache& cache;
  report::Reporter& reporter;
  const base::Cancellation& cancellation;
  Downloader downloader;
  /// What workers read, by the digest (hexadecimal) of the repomd.xml that they read.
  std::map<std::string, RepomdIndex> indexes;

  /// Local directories always can be.
  bool can_fetch_from(const Source& source) const {
    return source.is_local() || options.network == Network::allowed;
  }
};

} // namespace imagewright::repo
