// SPDX-License-Identifier: MIT
#pragma once

// A web server on the loopback interface that misbehaves on request.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <imagewright/fs/unique_fd.hpp>

/// How one path is served.
struct Served {
  std::string content;
  int status = 200;
  /// Requests that are answered with 503 before the content is.
  int failures_before = 0;
  /// After so many bytes of the body the connection is closed, for so many requests.
  std::optional<std::size_t> broken_after;
  int breaks = 0;
  /// After those, so many requests are answered with a head alone.
  int empties = 0;
  /// So many bytes more than the content, without a length announced.
  std::size_t surplus = 0;
  /// Of a 503, when not empty.
  std::string retry_after;
  /// Each byte of the body comes after this long.
  std::chrono::milliseconds byte_pause{0};
  /// The answer is a redirection to here.
  std::string redirect;
};

struct Requested {
  std::string path;
  std::string range; ///< of the Range header, or empty

  bool operator==(const Requested&) const = default;
};

class HttpServer {
public:
  HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  /// "http://127.0.0.1:PORT"
  std::string url() const;
  /// A path begins with "/".
  void serve(const std::string& path, Served served);
  std::vector<Requested> requests() const;
  /// How often a path was asked for.
  int count(const std::string& path) const;

private:
  void run();
  void answer(int connection);
  std::chrono::milliseconds pause_of(const Requested& request) const;
  std::string response_to(const Requested& request, std::size_t& body_limit);

  std::uint16_t port_ = 0; // before listener_, whose making sets it
  imagewright::fs::UniqueFd listener_;
  std::atomic<bool> is_stopping_{false};
  mutable std::mutex mutex_;
  std::map<std::string, Served> served_;
  std::vector<Requested> requests_;
  std::vector<std::thread> connections_;
  std::thread thread_;
};

/// The URL of a port on which nobody listens.
std::string dead_url();
