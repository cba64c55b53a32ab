// SPDX-License-Identifier: MIT
#pragma once

// Package repositories, as configured and as pinned.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/source_location.hpp>
#include <imagewright/model/located.hpp>

namespace imagewright::model {

enum class SignatureCheck : std::uint8_t { required, skipped };

/// Is this the fingerprint of an OpenPGP key in hexadecimal, and not a path or a URL?
bool is_fingerprint(std::string_view text);

/// An rpm-md repository. Exactly one of base_url, mirror_list and path is given.
struct Repository {
  std::string name;
  std::string base_url;    ///< file, http or https; $basearch and $releasever are already replaced
  std::string mirror_list; ///< URL of a list with one base URL a line, or a metalink
  std::string path;        ///< absolute path of a local directory that has repodata/
  std::vector<LocatedText> gpg_keys; ///< absolute paths or URLs of public keys, or fingerprints
  SignatureCheck package_signatures = SignatureCheck::required;
  SignatureCheck metadata_signature = SignatureCheck::required;
  std::int32_t priority = 99;                ///< the smaller wins, whatever the versions; as in dnf
  std::int32_t cost = 1000;                  ///< among equals, the cheaper wins
  std::vector<std::string> include_packages; ///< globs; empty: all
  std::vector<std::string> exclude_packages; ///< globs
  std::vector<std::string> architectures;    ///< empty: all
  base::SourceLocation where;
  base::SourceLocation address_where = {}; ///< of the URL, list or path

  bool operator==(const Repository&) const = default;

  /// The URL or path, for people.
  const std::string& address() const;
};

/// What a lock remembers of a repository.
struct LockedRepository {
  std::string name;
  std::string address;
  base::Digest metadata; ///< of repomd.xml
  std::vector<std::string>
      key_fingerprints; ///< of the keys that may sign, sorted; empty when signatures are skipped

  auto operator<=>(const LockedRepository&) const = default;
};

} // namespace imagewright::model
