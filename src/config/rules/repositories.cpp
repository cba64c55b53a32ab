// SPDX-License-Identifier: MIT
#include <map>
#include <string>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "config/rules/rules.hpp"

namespace imagewright::config {

base::Diagnostics check_repositories(const std::vector<model::Repository>& repositories) {
  base::Diagnostics diagnostics;
  std::map<std::string, base::SourceLocation> known;
  for (const model::Repository& repository : repositories) {
    const auto [first, is_new] = known.emplace(repository.name, repository.where);
    if (!is_new) {
      diagnostics.add(
          {.code = "config.duplicate-name",
           .message = fmt::format("two repositories are named {}", base::quoted(repository.name)),
           .where = repository.where,
           .related = {{first->second, "the first one stands here"}},
           .hint = "give each repository its own name"});
    }
    const bool needs_keys = repository.package_signatures == model::SignatureCheck::required ||
                            repository.metadata_signature == model::SignatureCheck::required;
    if (needs_keys && repository.gpg_keys.empty()) {
      diagnostics.error(
          "config.missing-key",
          fmt::format("the repository {} needs the key \"gpgKeys\" to verify signatures",
                      base::quoted(repository.name)),
          repository.where,
          "add gpgKeys, or say openly \"gpgCheck: false\" and \"repoGpgCheck: false\"");
    }
  }
  return diagnostics;
}

} // namespace imagewright::config
