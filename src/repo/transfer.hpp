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
#include <imagewright/repo/fetch_options.hpp>

#include "curl_types.hpp"
#include "downloader.hpp"

namespace imagewright::repo {

/// What to ask for.
struct TransferRequest {
  std::string url;            ///< complete and percent-encoded
  std::string protocols;      ///< that it and its redirections may use, as libcurl has them
  std::filesystem::path file; ///< gets what arrives, behind what it holds already
  std::uint64_t largest = 0;  ///< the whole file is never longer
  std::vector<std::string> headers = {}; ///< libcurl tells no other host who asks
};

/// How it ended.
struct TransferOutcome {
  std::optional<DownloadFailure> failure;
  bool has_moved = false; ///< bytes of the file arrived
  /// The server does not go on from the beginning that was there.
  bool is_beginning_useless = false;
  std::optional<std::chrono::seconds> retry_after;
};

class Transfer {
public:
  /// Throws base::Error (fs.…) when the file cannot be written.
  Transfer(TransferRequest request, const FetchOptions& options);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  Transfer(Transfer&&) = delete;
  Transfer& operator=(Transfer&&) = delete;
  ~Transfer() = default;

  CURL* handle() const { return handle_.get(); }
  /// Length of the file so far.
  std::uint64_t arrived() const { return written_; }
  /// Whether the server has answered with anything.
  bool has_begun() const;
  /// What libcurl says in the end, in our words. Throws base::Error (fs.disk-full, fs.…) when the
  /// file could not be written.
  TransferOutcome finish(CURLcode code);

private:
  static std::size_t on_data(char* data, std::size_t size, std::size_t count, void* self);
  static int on_progress(void* self, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t);

  void configure(const FetchOptions& options);
  std::size_t write(const char* data, std::size_t size) noexcept;
  bool is_too_slow() noexcept;
  DownloadFailure failure_of(CURLcode code, long status) const;

  enum class Stop : std::uint8_t { none, too_large, too_slow, cannot_write };

  TransferRequest request_;
  FetchOptions options_;
  HeaderList headers_;
  EasyPointer handle_;
  fs::UniqueFd file_;
  std::uint64_t began_at_ = 0;
  std::uint64_t written_ = 0;
  Stop stop_ = Stop::none;
  int error_number_ = 0;
  std::chrono::steady_clock::time_point window_began_;
  std::uint64_t window_written_ = 0;
  char error_text_[CURL_ERROR_SIZE] = {};
};

} // namespace imagewright::repo
