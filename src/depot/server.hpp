// SPDX-License-Identifier: MIT
#pragma once

// Requests to one server, which may answer anything, or never.

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/depot/depot.hpp>

namespace imagewright::depot {

enum class ServerOutcome : std::uint8_t {
  done,
  missing,   ///< 404, 410
  failed,    ///< the server does not do what it is there for: it is better left alone
  damaged,   ///< longer or shorter than it should be
  not_taken, ///< whoever was to take what arrived could not
};

struct ServerAnswer {
  ServerOutcome outcome = ServerOutcome::failed;
  std::string reason; ///< without addresses and secrets
};

/// Takes what arrives; false: it cannot.
using ContentSink = std::function<bool(std::span<const std::byte>)>;

class Server {
public:
  Server(const DepotPlace& place, const base::Cancellation& cancellation)
      : place_(place), cancellation_(cancellation) {}

  /// Never gives the sink a byte more than `largest`. `path` is below the server's URL. Throws
  /// base::Cancelled.
  ServerAnswer get(const std::string& path, std::uint64_t largest, const ContentSink& sink) const;
  /// Sends so many bytes from the beginning of an open file. Throws base::Cancelled.
  ServerAnswer put(const std::string& path, int file, std::uint64_t size) const;

private:
  const DepotPlace& place_;
  const base::Cancellation& cancellation_;
};

} // namespace imagewright::depot
