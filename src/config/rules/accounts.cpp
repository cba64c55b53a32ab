// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "config/rules/rules.hpp"

namespace imagewright::config {

base::Diagnostics check_accounts(const model::OsConfig& os) {
  base::Diagnostics diagnostics;
  for (const model::UserConfig& user : os.users) {
    if (!user.password) continue;
    const model::PasswordConfig& password = *user.password;
    const bool has_value = !password.value.empty() || !password.file.empty();
    const bool is_locked = password.type == model::PasswordType::locked;
    if (is_locked && has_value) {
      diagnostics.error(
          "config.conflict",
          fmt::format("the password of {} is locked, but has a value", base::quoted(user.name)),
          password.where, "remove the value");
    } else if (!is_locked && !has_value) {
      diagnostics.error("config.missing-key",
                        fmt::format("the password of {} has no value", base::quoted(user.name)),
                        password.where, "add \"value:\", or use \"type: locked\"");
    } else if (password.type == model::PasswordType::plain_text) {
      diagnostics.warning("config.plain-text-password",
                          fmt::format("the password of {} stands in the config as plain text",
                                      base::quoted(user.name)),
                          password.where,
                          "use \"type: hashed\" with the output of \"openssl passwd -6\"");
    }
  }
  return diagnostics;
}

} // namespace imagewright::config
