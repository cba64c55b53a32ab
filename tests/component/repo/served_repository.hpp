// SPDX-License-Identifier: MIT
#pragma once

// A tiny repository on a server, and everything that fetching from it needs.

#include <functional>
#include <map>
#include <string>

#include <imagewright_test/scratch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/repo/repository_set.hpp>

#include "http_server.hpp"
#include "signing_key.hpp"

/// The files of a repository, by path.
using RepositoryFiles = std::map<std::string, std::string>;

/// Metadata and two packages "app" and "tool". With a key the metadata is signed.
RepositoryFiles make_repository(const SigningKey* key = nullptr);

/// The lock of its two packages, from a repository of that name.
imagewright::model::ArchitectureLock lock_of(const RepositoryFiles& files,
                                             const std::string& repository);

/// Cache, reporter and cancellation of one test.
class Fetching {
public:
  /// A fresh set over the same cache, as the next run of the program has it.
  imagewright::repo::RepositorySet
  set(const std::vector<imagewright::model::Repository>& repositories);

  imagewright_test::ScratchDirectory scratch;
  imagewright::repo::FetchOptions options{.pause = std::chrono::milliseconds(1),
                                          .connect_timeout = std::chrono::seconds(5),
                                          .stall_timeout = std::chrono::seconds(5)};
  imagewright::cache::Cache cache{scratch / "cache"};
  imagewright::report::NullReporter reporter;
  imagewright::base::Cancellation cancellation;
};

/// A repository without signatures at that address.
imagewright::model::Repository unsigned_repository(const std::string& url);

void serve(HttpServer& server, const RepositoryFiles& files, const std::string& prefix = "");

/// The diagnostic of the base::Error that it throws; the code is "no error" when it throws none.
imagewright::base::Diagnostic error_of(const std::function<void()>& action);
imagewright::base::FailureKind kind_of(const std::function<void()>& action);
