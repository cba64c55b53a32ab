// SPDX-License-Identifier: MIT
#pragma once

// What is signed: which files a build made, and of what.

#include <string>
#include <string_view>
#include <vector>

#include <imagewright/audit/manifest.hpp>
#include <imagewright/base/digest.hpp>

namespace imagewright::attest {

inline constexpr std::string_view k_statement_payload_type = "application/vnd.in-toto+json";

/// A file as a statement names it.
struct NamedFile {
  std::string name; ///< without directory
  base::Digest digest;

  auto operator<=>(const NamedFile&) const = default;
};

/// The files of an in-toto statement about a build.
struct Statement {
  std::vector<NamedFile> subjects;
  std::vector<NamedFile> byproducts; ///< reports, notes, sums: not what a build is for

  bool operator==(const Statement&) const = default;
};

/// How the build was asked for, as far as others can use it.
struct BuildRequest {
  std::string config;               ///< the file's name; empty: not known
  std::string inputs;               ///< one digest over every file that it is made of and names
  std::vector<std::string> formats; ///< as given on the command line
  std::string builder = "urn:imagewright:builder:self"; ///< who vouches for where it ran: a URI
};

/// An in-toto statement, version 1, with SLSA provenance, version 1, on one line. The same for the
/// same files and request: no clock, no host.
std::string to_text(const Statement& statement, const audit::Manifest& manifest,
                    const BuildRequest& request);

/// Throws base::Error (attest.damaged-statement): it is of another kind, or names files in other
/// directories. `file` is for messages.
Statement parse_statement(std::string_view text, const std::string& file);

} // namespace imagewright::attest
