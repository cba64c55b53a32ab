// SPDX-License-Identifier: MIT
#pragma once

// One request to one server, into one file.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/http/exchange.hpp>
#include <imagewright/repo/fetch_options.hpp>

#include "downloader.hpp"

namespace imagewright::repo {

/// What to ask for.
struct TransferRequest {
  std::string url;                       ///< complete and percent-encoded
  std::filesystem::path file;            ///< gets what arrives, behind what it holds already
  std::uint64_t largest = 0;             ///< the whole file is never longer
  std::vector<std::string> headers = {}; ///< no other host is told who asks
};

/// How it ended.
struct TransferOutcome {
  std::optional<DownloadFailure> failure;
  bool has_moved = false; ///< bytes of the file arrived
  /// The server does not go on from the beginning that was there.
  bool is_beginning_useless = false;
  std::optional<std::chrono::seconds> retry_after;
};

class Transfer : private http::Traffic {
public:
  /// Throws base::Error (fs.…) when the file cannot be written.
  Transfer(TransferRequest request, const FetchOptions& options);

  http::Exchange& exchange() { return exchange_; }
  /// Length of the file so far.
  std::uint64_t arrived() const { return written_; }
  /// Whether the server has answered with anything.
  bool has_begun() const;
  /// What the end means for the file. Throws base::Error (fs.disk-full, fs.…) when the file could
  /// not be written.
  TransferOutcome finish(const http::Ending& ending);

private:
  bool take(std::span<const std::byte> content) override;
  bool goes_on() override;
  DownloadFailure failure_of(const http::Ending& ending) const;

  enum class Stop : std::uint8_t { none, too_large, too_slow, cannot_write };

  TransferRequest request_;
  FetchOptions options_;
  fs::UniqueFd file_;
  std::uint64_t began_at_ = 0;
  std::uint64_t written_ = 0;
  Stop stop_ = Stop::none;
  int error_number_ = 0;
  std::chrono::steady_clock::time_point window_began_;
  std::uint64_t window_written_ = 0;
  http::Exchange exchange_;
};

} // namespace imagewright::repo
