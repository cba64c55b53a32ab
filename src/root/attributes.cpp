// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <cstdint>

#include <linux/limits.h>
#include <sys/xattr.h>

#include <imagewright/base/error.hpp>
#include <imagewright/root/attributes.hpp>

namespace imagewright::root {

namespace {

// include/uapi/linux/capability.h: struct vfs_cap_data (revision 2) and struct vfs_ns_cap_data
// (revision 3), which appends the user id that owns the namespace. The first word, little endian,
// has the revision in its top byte.
constexpr std::size_t k_capability_size = 20;
constexpr std::size_t k_namespaced_capability_size = 24;
constexpr std::size_t k_revision_byte = 3;

std::string read_value(const std::string& host_path, const std::string& name,
                       const std::string& shown) {
  std::string value(256, '\0');
  while (true) {
    const ssize_t length = lgetxattr(host_path.c_str(), name.c_str(), value.data(), value.size());
    if (length >= 0) {
      value.resize(static_cast<std::size_t>(length));
      return value;
    }
    if (errno != ERANGE || value.size() > XATTR_SIZE_MAX) {
      base::throw_system_error("root.cannot-examine", "cannot read " + name + " of", shown, errno);
    }
    value.resize(value.size() * 16);
  }
}

std::string read_names(const std::string& host_path, const std::string& shown) {
  std::string names(1024, '\0');
  while (true) {
    const ssize_t length = llistxattr(host_path.c_str(), names.data(), names.size());
    if (length >= 0) {
      names.resize(static_cast<std::size_t>(length));
      return names;
    }
    if (errno == ENOTSUP) return {};
    if (errno != ERANGE || names.size() > XATTR_LIST_MAX) {
      base::throw_system_error("root.cannot-examine", "cannot list the attributes of", shown,
                               errno);
    }
    names.resize(names.size() * 16);
  }
}

} // namespace

bool belongs_to_image(std::string_view name) {
  return name == "security.capability" || name == "security.ima" || name.starts_with("user.") ||
         name == "system.posix_acl_access" || name == "system.posix_acl_default";
}

std::string without_namespace(std::string capability) {
  if (capability.size() == k_namespaced_capability_size && capability[k_revision_byte] == 3) {
    capability.resize(k_capability_size);
    capability[k_revision_byte] = 2;
  }
  return capability;
}

std::vector<ExtendedAttribute> read_attributes(const std::string& host_path,
                                               const std::string& shown) {
  std::vector<ExtendedAttribute> attributes;
  const std::string names = read_names(host_path, shown);
  for (std::size_t start = 0; start < names.size();) {
    const std::string name = names.substr(start, names.find('\0', start) - start);
    start += name.size() + 1;
    if (!belongs_to_image(name)) continue;
    std::string value = read_value(host_path, name, shown);
    if (name == "security.capability") value = without_namespace(std::move(value));
    attributes.push_back({name, std::move(value)});
  }
  std::sort(attributes.begin(), attributes.end());
  return attributes;
}

} // namespace imagewright::root
