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
  if (!repository.where.file.empty()) diagnostic.where = repository.where;
  throw base::Error(failure.kind, std::move(diagnostic));
}

std::string shown_address(const model::Repository& repository) {
  return base::quoted(base::without_secrets(repository.address()));
}

void fail_portal(const model::Repository& repository, const std::string& what,
                 const DownloadFailure& failure) {
  fail(repository,
       {.code = "repo.portal",
        .message = fmt::format("a web page came in the place of {}: {}", what, failure.detail),
        .hint = "log in to the network's portal, or correct the proxy or the address, and try "
                "again"});
}

} // namespace imagewright::repo
