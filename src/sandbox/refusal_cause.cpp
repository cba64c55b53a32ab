// SPDX-License-Identifier: MIT
#include "refusal_cause.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>

#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

#include "user_namespace.hpp"

namespace imagewright::sandbox {

namespace {

enum class Place { host, container, kubernetes, hosted_runner };

Place find_place() {
  if (std::getenv("KUBERNETES_SERVICE_HOST") != nullptr ||
      std::filesystem::exists("/var/run/secrets/kubernetes.io"))
    return Place::kubernetes;
  const char* marks[] = {"/.dockerenv", "/run/.containerenv"};
  for (const char* mark : marks) {
    if (std::filesystem::exists(mark)) return Place::container;
  }
  if (std::getenv("container") != nullptr) return Place::container;
  return std::getenv("GITHUB_ACTIONS") != nullptr ? Place::hosted_runner : Place::host;
}

/// The word after a name in /proc/self/status.
std::string own_status(std::string_view name) {
  for (const std::string& line :
       base::split(fs::find_file("/proc/self/status").value_or(""), '\n')) {
    if (line.starts_with(name)) return std::string(base::trimmed(line.substr(name.size())));
  }
  return {};
}

std::string setting(const std::string& name) {
  return std::string(base::trimmed(fs::find_file("/proc/sys/" + name).value_or("")));
}

std::string remedy_for_filter() {
  switch (find_place()) {
  case Place::kubernetes:
    return "in the pod's securityContext: seccompProfile with type: Unconfined (which the baseline "
           "and the restricted standard forbid)";
  case Place::container:
    return "start the container with --security-opt seccomp=unconfined --security-opt "
           "systempaths=unconfined, or run the program outside of it as an ordinary user";
  case Place::host:
  case Place::hosted_runner:
    break;
  }
  return "start it without that filter: not from within a sandbox or a service with "
         "SystemCallFilter or RestrictNamespaces";
}

std::string with_sudo(const std::string& otherwise) {
  return find_place() == Place::hosted_runner ? "run it with sudo, which this runner has"
                                              : otherwise;
}

} // namespace

namespace {

/// Filters of container engines answer EPERM; who makes a namespace and hears EACCES of a mount in
/// it meets a security module, whatever the settings of a container show.
bool is_of_security_module(std::string_view reason) {
  return reason.find(std::generic_category().message(EACCES)) != std::string_view::npos;
}

/// Whether "/" is an ordinary directory of some filesystem.
bool is_in_chroot() {
  struct statx root {};
  return ::statx(AT_FDCWD, "/", 0, 0, &root) == 0 &&
         (root.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0 &&
         (root.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0;
}

RefusalCause security_module() {
  return {"AppArmor, or another security module, takes the rights from user namespaces of ordinary "
          "users",
          with_sudo("as root of the host: sysctl -w "
                    "kernel.apparmor_restrict_unprivileged_userns=0; or give the program an "
                    "AppArmor profile with \"userns,\"; or run it with sudo")};
}

} // namespace

RefusalCause find_cause_of_refusal(std::string_view reason) {
  if (!std::filesystem::exists("/proc/self/status"))
    return {"/proc is not mounted", "mount it: mount -t proc proc /proc"};
  if (is_of_security_module(reason) && !is_root()) return security_module();
  if (own_status("Seccomp:") == "2")
    return {"a filter of system calls (seccomp) is in force, as container engines set one",
            remedy_for_filter()};
  if (is_in_chroot())
    return {"this is a chroot, in which the kernel lets nobody make a user namespace",
            "run it as root of the chroot, or outside of it"};
  if (setting("user/max_user_namespaces") == "0")
    return {"user.max_user_namespaces is 0",
            with_sudo("as root: sysctl -w user.max_user_namespaces=15000")};
  if (setting("kernel/unprivileged_userns_clone") == "0")
    return {"kernel.unprivileged_userns_clone is 0",
            with_sudo("as root: sysctl -w kernel.unprivileged_userns_clone=1")};
  if (setting("kernel/apparmor_restrict_unprivileged_userns") == "1") return security_module();
  if (is_root() && !may_administrate())
    return {"this root lacks CAP_SYS_ADMIN and may not make a user namespace of its own",
            find_place() == Place::kubernetes
                ? "in the pod's securityContext: hostUsers: false"
                : "give the container CAP_SYS_ADMIN, or a user namespace of its own"};
  return {"the kernel, a security module or the place where it runs refuses it",
          with_sudo("run it as root, or where an ordinary user may make user namespaces")};
}

} // namespace imagewright::sandbox
