// SPDX-License-Identifier: MIT
#pragma once

// Bad news about repositories, always with the repository's name.

#include <string>

#include <imagewright/base/error.hpp>
#include <imagewright/model/repository.hpp>

#include "downloader.hpp"

namespace imagewright::repo {

/// One piece of bad news.
struct Failure {
  base::FailureKind kind = base::FailureKind::build;
  std::string code;    ///< with "repo."
  std::string message; ///< what happened; "repository NAME: " is put in front of it
  std::string hint;
  base::SourceLocation where = {}; ///< absent: where the repository's address stands
};

/// Throws it as base::Error at the word of the config, or the option, that it is about.
[[noreturn]] void fail(const model::Repository& repository, Failure failure);

/// The address in quotes, without secrets, for hints.
std::string shown_address(const model::Repository& repository);

/// A web page came in the place of a file (repo.portal) that is named at `where`; absent: the
/// repository's address.
[[noreturn]] void fail_portal(const model::Repository& repository, const std::string& what,
                              const DownloadFailure& failure,
                              const base::SourceLocation& where = {});

/// `file` is a private key where a public one belongs (repo.private-key); `where` it is named.
[[noreturn]] void fail_private(const model::Repository& repository, const std::string& file,
                               const base::SourceLocation& where);

} // namespace imagewright::repo
