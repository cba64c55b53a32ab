// SPDX-License-Identifier: MIT
#pragma once

// Writes a database file of bbolt, in which containerd keeps what it knows.

#include <map>
#include <string>

namespace imagewright::container {

/// Keys with values, and further buckets by name. A name is either a key or a bucket.
struct Bucket {
  std::map<std::string, std::string> values;
  std::map<std::string, Bucket> buckets;
};

/// The whole file: the same bytes for the same content.
std::string bolt_file(const Bucket& root);

} // namespace imagewright::container
