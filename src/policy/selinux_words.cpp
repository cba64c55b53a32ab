// SPDX-License-Identifier: MIT
#include <imagewright/base/error.hpp>
#include <imagewright/policy/selinux_words.hpp>

namespace imagewright::policy {

std::vector<std::string> selinux_arguments(model::SelinuxMode mode) {
  switch (mode) {
  case model::SelinuxMode::disabled:
    return {"selinux=0"};
  case model::SelinuxMode::permissive:
  case model::SelinuxMode::enforcing:
    return {"security=selinux", "selinux=1"};
  case model::SelinuxMode::force_enforcing:
    return {"security=selinux", "selinux=1", "enforcing=1"};
  }
  throw base::BugError("unknown SELinux mode");
}

std::string selinux_setting(model::SelinuxMode mode) {
  switch (mode) {
  case model::SelinuxMode::disabled:
    return "disabled";
  case model::SelinuxMode::permissive:
    return "permissive";
  case model::SelinuxMode::enforcing:
  case model::SelinuxMode::force_enforcing:
    return "enforcing";
  }
  throw base::BugError("unknown SELinux mode");
}

} // namespace imagewright::policy
