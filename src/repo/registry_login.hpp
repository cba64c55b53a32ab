// SPDX-License-Identifier: MIT
#pragma once

// Who we are to registries that want to know it.

#include <optional>
#include <string>
#include <string_view>

namespace imagewright::repo {

/// The login for a repository of a registry as the file has it that REGISTRY_AUTH_FILE names
/// (containers-auth.json(5)), ready for an Authorization of the scheme Basic; nothing when the
/// variable is not set or the file has none. Of several that fit, the one of the longest name
/// counts. Throws base::Error (repo.registry-login) for a file that cannot be used.
std::optional<std::string> find_registry_login(const std::string& host, const std::string& name);

/// The same of the file's text. `file` is for messages.
std::optional<std::string> registry_login_in(std::string_view text, const std::string& file,
                                             const std::string& host, const std::string& name);

} // namespace imagewright::repo
