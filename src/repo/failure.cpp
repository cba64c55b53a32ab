// SPDX-License-Identifier: MIT
#include "failure.hpp"

#include <utility>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>

namespace imagewright::repo {

void fail(const model::Repository& repository, Failure failure) {
  base::Diagnostic diagnostic{.code = std::move(failure.code),
                              .message =
                                  fmt::format("repository {}: {}", base::quoted(repository.name),
                                              base::without_secrets(failure.message)),
                              .hint = std::move(failure.hint)};
  for (const base::SourceLocation& where :
       {failure.where, repository.address_where, repository.where}) {
    if (!diagnostic.where && !where.file.empty()) diagnostic.where = where;
  }
  throw base::Error(failure.kind, std::move(diagnostic));
}

std::string shown_address(const model::Repository& repository) {
  return base::quoted(base::without_secrets(repository.address()));
}

void fail_portal(const model::Repository& repository, const std::string& what,
                 const DownloadFailure& failure, const base::SourceLocation& where) {
  fail(repository,
       {.code = "repo.portal",
        .message = fmt::format("a web page came in the place of {}: {}", what, failure.detail),
        .hint = "log in to the network's portal, or correct the proxy or the address, and try "
                "again",
        .where = where});
}

void fail_private(const model::Repository& repository, const std::string& file,
                  const base::SourceLocation& where) {
  fail(repository,
       {.kind = base::FailureKind::verification,
        .code = "repo.private-key",
        .message = fmt::format("{} holds a PRIVATE key, and only public ones belong there", file),
        .hint =
            "give the public half (gpg --export --armor FINGERPRINT); keep the private key where "
            "only its owner reads it, and make a new one if this one was shared",
        .where = where});
}

} // namespace imagewright::repo
