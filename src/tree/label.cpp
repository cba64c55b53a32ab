// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <memory>

#include <fmt/format.h>
#include <selinux/label.h>
#include <selinux/selinux.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/tree/label.hpp>

namespace imagewright::tree {

namespace {

constexpr const char* k_label_attribute = "security.selinux";

struct HandleCloser {
  void operator()(selabel_handle* handle) const { selabel_close(handle); }
};
using Handle = std::unique_ptr<selabel_handle, HandleCloser>;

struct ContextCloser {
  void operator()(char* context) const { freecon(context); }
};

Handle open_contexts(const RootTree& tree, const std::filesystem::path& file_contexts) {
  const fs::RootDir root(tree.host_path);
  if (!root.exists(file_contexts.string())) {
    throw base::Error(base::FailureKind::build, "tree.no-file-contexts",
                      fmt::format("the root has no SELinux file contexts at {}",
                                  base::quoted(file_contexts.string())),
                      "add the policy package of the distribution, or disable SELinux");
  }
  const std::string host_path = tree.host_path.string() + file_contexts.string();
  const selinux_opt option{SELABEL_OPT_PATH, host_path.c_str()};
  Handle handle(selabel_open(SELABEL_CTX_FILE, &option, 1));
  if (!handle) {
    base::throw_system_error("tree.cannot-label", "cannot read the file contexts", host_path,
                             errno);
  }
  return handle;
}

void set_label(Inode& inode, std::string context) {
  // The kernel stores the terminating null byte as part of the value, and so do its tools.
  context.push_back('\0');
  std::erase_if(inode.attributes,
                [](const auto& attribute) { return attribute.name == k_label_attribute; });
  inode.attributes.push_back({k_label_attribute, std::move(context)});
  std::sort(inode.attributes.begin(), inode.attributes.end());
}

} // namespace

RootTree label(RootTree tree, const std::filesystem::path& file_contexts) {
  const Handle handle = open_contexts(tree, file_contexts);
  std::vector<bool> is_done(tree.inodes.size());
  for (const Entry& entry : tree.entries) {
    if (is_done.at(entry.inode)) continue;
    is_done[entry.inode] = true;
    Inode& inode = tree.inodes[entry.inode];
    char* found = nullptr;
    if (selabel_lookup_raw(handle.get(), &found, entry.path.c_str(),
                           static_cast<int>(fs::type_bits(inode.type))) != 0) {
      if (errno == ENOENT) continue; // the policy says <<none>>
      base::throw_system_error("tree.cannot-label", "cannot find the label of", entry.path, errno);
    }
    const std::unique_ptr<char, ContextCloser> context(found);
    set_label(inode, context.get());
  }
  return tree;
}

} // namespace imagewright::tree
