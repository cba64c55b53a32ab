// SPDX-License-Identifier: MIT
#pragma once

// A cache on a server that machines share, and that none of them has to trust.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/attest/key.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/digest.hpp>

namespace imagewright::depot {

/// Where it is, and how long it is waited for.
struct DepotPlace {
  std::string url; ///< http or https, without a user
  /// "USER:PASSWORD"; absent: nobody logs in.
  std::optional<std::string> login;
  /// A server that moves nothing for so long is given up.
  std::chrono::seconds patience{10};
};

/// One file of an entry.
struct DepotFile {
  std::string name; ///< without directories
  std::uint64_t size = 0;
  base::Digest digest;

  bool operator==(const DepotFile&) const = default;
};

enum class DepotFinding : std::uint8_t {
  absent,
  refused, ///< there is something, or nobody answers; the reason says what is wrong
  found
};

/// What stands under a key.
struct DepotEntry {
  DepotFinding finding = DepotFinding::absent;
  std::string reason;
  std::vector<DepotFile> files;
};

/// Entries stand under `ac/`, content under `cas/`, as caches of Bazel have it: a plain WebDAV
/// server will do. An entry counts only when a trusted key has signed it together with its key;
/// content only when it has the size and digest that the entry says. No fault of a server is an
/// error: after the first one that tells of the server itself nothing more is asked of it.
class Depot {
public:
  /// Entries of the `trusted` are read; with a `signer`, entries are written. Throws base::Error
  /// (depot.bad-url).
  Depot(DepotPlace place, std::vector<attest::VerificationKey> trusted,
        std::optional<attest::SigningKey> signer, const base::Cancellation& cancellation);
  Depot(const Depot&) = delete;
  Depot& operator=(const Depot&) = delete;
  Depot(Depot&&) = delete;
  Depot& operator=(Depot&&) = delete;
  ~Depot();

  bool reads() const;
  bool writes() const;

  /// Throws base::Cancelled.
  DepotEntry find(const base::Digest& key);
  /// Writes the content to a new file, which is there only when all is well. Gives the fault, or
  /// nothing. Throws base::Cancelled.
  std::optional<std::string> fetch(const DepotFile& file, const std::filesystem::path& target);

  /// Whether some entry stands there, whoever wrote it. Throws base::Cancelled.
  bool has(const base::Digest& key);
  /// Content first, the entry last. `files` and where each of them is; `places` has as many. Gives
  /// the fault, or nothing. Throws base::Error (fs.cannot-read, attest.cannot-sign) and
  /// base::Cancelled.
  std::optional<std::string> put(const base::Digest& key, const std::vector<DepotFile>& files,
                                 const std::vector<std::filesystem::path>& places);

private:
  struct State;

  std::unique_ptr<State> state_;
};

} // namespace imagewright::depot
