// SPDX-License-Identifier: MIT
#pragma once

// Fetches many files from many sources at once, with mirrors, retries and resumption.

#include <cstdint>
#include <filesystem>
#include <functional>
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
  std::string path;             ///< below the source, as it is: encoded for the wire by us
  std::filesystem::path target; ///< its beginning may stand in TARGET.part already
  std::optional<base::Digest> digest;
  std::optional<base::ByteSize> size; ///< as announced: never a byte more is taken
  /// What is taken at most where no size is announced.
  base::ByteSize largest = base::ByteSize::gib(2);
  std::vector<std::string> headers = {}; ///< of the request
};

enum class DownloadProblem : std::uint8_t {
  missing,       ///< every server says that there is no such file
  unreachable,   ///< no server answered as it should
  broken_off,    ///< the connection ended before the file did
  portal,        ///< a web page in the place of the file
  wrong_size,    ///< shorter or longer than announced
  wrong_content, ///< of the announced size but not of the announced digest
};

/// Why a file could not be had.
struct DownloadFailure {
  DownloadProblem problem = DownloadProblem::unreachable;
  std::string detail;      ///< with its URL, without secrets
  std::string hint = {};   ///< what helps, where more is known than that it did not come
  bool is_lasting = false; ///< asking again would change nothing
};

/// Nothing for a download that succeeded.
using DownloadResult = std::optional<DownloadFailure>;

/// Called with the number of bytes that arrived so far and the index of a file that just moved.
using DownloadObserver = std::function<void(base::ByteSize arrived, std::size_t index)>;

/// Called with a sentence when a server does not answer, and waiting for it goes on: once for each.
using WaitingObserver = std::function<void(const std::string& sentence)>;

/// What one server did.
struct MirrorUse {
  std::string base; ///< URL, without secrets
  std::size_t files = 0;
  std::string last_fault; ///< why it was passed over the last time; empty: never
};

class Downloader {
public:
  Downloader(FetchOptions options, const base::Cancellation& cancellation,
             WaitingObserver waiting_observer = {});
  Downloader(const Downloader&) = delete;
  Downloader& operator=(const Downloader&) = delete;
  Downloader(Downloader&&) = delete;
  Downloader& operator=(Downloader&&) = delete;
  ~Downloader();

  /// One result for each download, in their order. What is repodata/repomd.xml of a metalink is
  /// taken only when the metalink vouches for it. Throws base::Cancelled and base::Error (fs.…).
  std::vector<DownloadResult> fetch(const std::vector<Download>& downloads,
                                    const DownloadObserver& observer = {});

  /// The mirrors of a list or a metalink that were asked so far; nothing for other sources.
  std::vector<MirrorUse> mirrors_of(const Source& source) const;
  /// The server that gave the last file of a source, as a source; the source itself when it has no
  /// mirrors.
  Source last_mirror_of(const Source& source) const;
  /// Asks that server last from now on, for that reason; false when every other one was passed over
  /// already.
  bool pass_over_last_mirror(const Source& source, const std::string& fault);

private:
  struct State;

  std::unique_ptr<State> state_;
};

} // namespace imagewright::repo
