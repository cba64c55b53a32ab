// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>

#include <sys/mman.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/tree/label.hpp>

#include "label_job.hpp"

namespace imagewright::tree {

namespace {

constexpr const char* k_label_attribute = "security.selinux";
/// A large tree and a large policy on a slow machine.
constexpr std::chrono::minutes k_longest_time{20};

/// A companion that the policy does not have.
fs::UniqueFd open_nothing() {
  fs::UniqueFd fd(::memfd_create("imagewright-nothing", MFD_CLOEXEC));
  if (!fd)
    base::throw_system_error("tree.cannot-label", "cannot make a file in memory", "memfd", errno);
  return fd;
}

/// In the order of k_context_endings.
std::vector<fs::UniqueFd> open_texts(const fs::RootDir& root, const std::string& file_contexts) {
  if (!root.exists(file_contexts)) {
    throw base::Error(
        base::FailureKind::build, "tree.no-file-contexts",
        fmt::format("the root has no SELinux file contexts at {}", base::quoted(file_contexts)),
        "add the policy package of the distribution, or disable SELinux");
  }
  std::vector<fs::UniqueFd> texts;
  for (const std::string_view ending : k_context_endings) {
    const std::string path = file_contexts + std::string(ending);
    texts.push_back(root.exists(path) ? root.open_file(path) : open_nothing());
  }
  return texts;
}

void set_label(Inode& inode, std::string context) {
  // The kernel stores the terminating null byte as part of the value, and so do its tools.
  context.push_back('\0');
  std::erase_if(inode.attributes,
                [](const auto& attribute) { return attribute.name == k_label_attribute; });
  inode.attributes.push_back({k_label_attribute, std::move(context)});
  std::sort(inode.attributes.begin(), inode.attributes.end());
}

/// The first name of each inode.
std::vector<const Entry*> first_names(const RootTree& tree) {
  std::vector<const Entry*> names(tree.inodes.size(), nullptr);
  for (const Entry& entry : tree.entries) {
    if (names.at(entry.inode) == nullptr) names[entry.inode] = &entry;
  }
  std::erase(names, nullptr);
  return names;
}

std::vector<std::string> find_contexts(const RootTree& tree, const std::vector<const Entry*>& names,
                                       const std::vector<fs::UniqueFd>& texts,
                                       const base::Cancellation& cancellation) {
  std::vector<PathToLabel> paths;
  for (const Entry* entry : names)
    paths.push_back({entry->path, fs::type_bits(tree.inodes[entry->inode].type)});
  sandbox::WorkerRequest request{.job = k_label_job,
                                 .subject = "the SELinux file contexts of the image",
                                 .request = encode_label_request(paths)};
  request.limits.time = k_longest_time;
  for (const fs::UniqueFd& text : texts)
    request.descriptors.push_back(text.get());
  return sandbox::ask_worker(request, cancellation, [&](std::string_view answer) {
    return decode_label_answer(answer, paths.size());
  });
}

} // namespace

RootTree label(RootTree tree, const fs::RootDir& root, const std::filesystem::path& file_contexts,
               const base::Cancellation& cancellation) {
  const std::vector<const Entry*> names = first_names(tree);
  const std::vector<std::string> contexts =
      find_contexts(tree, names, open_texts(root, file_contexts.string()), cancellation);
  for (std::size_t index = 0; index < names.size(); ++index) {
    if (!contexts[index].empty()) set_label(tree.inodes[names[index]->inode], contexts[index]);
  }
  return tree;
}

} // namespace imagewright::tree
