// SPDX-License-Identifier: MIT
#pragma once

// Metadata of repositories that exist only in a test.

#include <cstdint>
#include <string>
#include <vector>

namespace imagewright_test {

/// One package. Dependencies are written as in a spec file: "name", "name >= 1:2-3", "(a if b)".
struct TinyPackage {
  std::string name;
  std::string version = "1";
  std::string release = "1";
  std::string epoch = "0";
  std::string architecture = "x86_64";
  std::vector<std::string> provides; ///< besides its own name
  std::vector<std::string> needs;    ///< what a spec file calls Requires
  std::vector<std::string> conflicts;
  std::vector<std::string> obsoletes;
  std::vector<std::string> recommends;
  std::vector<std::string> supplements;
  std::vector<std::string> files;
  std::string checksum; ///< hexadecimal SHA-256; empty: one made up from the full name
  std::string checksum_type = "sha256";
  std::string location; ///< empty: made from the full name
  std::uint64_t size = 1000;
  std::string base; ///< xml:base of the location; empty: none
};

/// The primary metadata of a repository with these packages.
std::string primary_xml(const std::vector<TinyPackage>& packages);
/// The file lists that belong to it.
std::string filelists_xml(const std::vector<TinyPackage>& packages);

/// One line of repomd.xml.
struct TinyRecord {
  std::string type;
  std::string path;
  std::string checksum;
  std::uint64_t size = 0;
  std::string checksum_type = "sha256";
  std::string base; ///< xml:base of the location; empty: none
};

std::string repomd_xml(const std::vector<TinyRecord>& records);

} // namespace imagewright_test
