// SPDX-License-Identifier: MIT
#pragma once

// Fetches many files from many sources at once, with mirrors, retries and resumption.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/repo/fetch_options.hpp>

#include "source.hpp"

namespace imagewright::repo {

/// One file to fetch.
struct Download {
  Source source;
  std::string path;             ///< below the source
  std::filesystem::path target; ///< its beginning may stand in TARGET.part already
  std::optional<base::Digest> digest;
  std::optional<base::ByteSize> size;
};

/// Where the beginning of a download is kept that broke off.
std::filesystem::path beginning_of(const Download& download);

enum class DownloadProblem : std::uint8_t {
  missing,       ///< the server says that there is no such file
  unreachable,   ///< no server answered as it should
  broken_off,    ///< the connection ended before the file did
  wrong_size,    ///< shorter or longer than announced
  wrong_content, ///< of the announced size but not of the announced digest
};

/// Why a file could not be had.
struct DownloadFailure {
  DownloadProblem problem = DownloadProblem::unreachable;
  std::string detail; ///< in the words of the transport, with its URL
};

/// Nothing for a download that succeeded.
using DownloadResult = std::optional<DownloadFailure>;

/// Called with the number of bytes that arrived so far and the index of a file that just moved.
using DownloadObserver = std::function<void(base::ByteSize arrived, std::size_t index)>;

class Downloader {
public:
  Downloader(FetchOptions options, const base::Cancellation& cancellation);
  Downloader(const Downloader&) = delete;
  Downloader& operator=(const Downloader&) = delete;
  Downloader(Downloader&&) = delete;
  Downloader& operator=(Downloader&&) = delete;
  ~Downloader();

  /// One result for each download, in their order. Throws base::Cancelled.
  std::vector<DownloadResult> fetch(const std::vector<Download>& downloads,
                                    const DownloadObserver& observer = {});

  /// The digests that the metalink of a source allows for repomd.xml, once something was fetched
  /// from it; empty when it has none that we trust.
  std::vector<base::Digest> metalink_digests(const Source& source) const;

private:
  struct Handles;

  void pause_before_attempt(std::uint32_t attempt) const;

  FetchOptions options_;
  const base::Cancellation& cancellation_;
  std::unique_ptr<Handles> handles_;
};

} // namespace imagewright::repo
