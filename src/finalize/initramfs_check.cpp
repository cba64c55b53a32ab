// SPDX-License-Identifier: MIT
#include "initramfs_check.hpp"

#include <algorithm>
#include <map>

#include <imagewright/base/text.hpp>

namespace imagewright::finalize {

namespace {

constexpr const char* k_standard_directories[] = {"/usr/lib64/", "/usr/lib/", "/lib64/", "/lib/"};
/// The dracut module that takes drivers; without it none was asked for.
constexpr const char* k_driver_module = "kernel-modules";

using Words = std::vector<std::string>;

bool has(const Words& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

bool is_in_root(const MissingNeed& need, const Words& directories, const fs::RootDir& root) {
  if (need.needed.starts_with('/')) return root.exists(need.needed);
  const auto stands_in = [&](const std::string& directory) {
    return root.exists(directory + need.needed);
  };
  return std::ranges::any_of(k_standard_directories, stands_in) ||
         std::ranges::any_of(directories, stands_in);
}

/// modules.dep(5): each module that is a file, and the others that it needs.
std::map<std::string, Words> dependencies_of(const std::string& release, const fs::RootDir& root) {
  std::map<std::string, Words> dependencies;
  const auto text = root.find_content("/usr/lib/modules/" + release + "/modules.dep");
  for (const std::string& line : base::split(text.value_or(""), '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    Words& needed = dependencies[kernel_module_name(line.substr(0, colon))];
    for (const std::string& path : base::split_whitespace(line.substr(colon + 1)))
      needed.push_back(kernel_module_name(path));
  }
  return dependencies;
}

std::string as_kernel_has_it(std::string name) {
  std::ranges::replace(name, '-', '_');
  return name;
}

void add_kernel_module_faults(const InitramfsContent& content, const InitramfsWishes& wishes,
                              const fs::RootDir& root, Words& faults) {
  const auto dependencies = dependencies_of(wishes.kernel_release, root);
  const bool takes_drivers =
      content.dracut_modules.empty() || has(content.dracut_modules, k_driver_module);
  for (const std::string& driver : takes_drivers ? wishes.drivers : Words{}) {
    const std::string name = as_kernel_has_it(driver);
    if (dependencies.contains(name) && !has(content.kernel_modules, name))
      faults.push_back("it lacks the driver " + base::quoted(driver));
  }
  for (const std::string& module : content.kernel_modules) {
    const auto found = dependencies.find(module);
    if (found == dependencies.end()) continue;
    for (const std::string& needed : found->second) {
      if (has(content.kernel_modules, needed)) continue;
      faults.push_back("it lacks the driver " + base::quoted(needed) + ", which " +
                       base::quoted(module) + " needs");
    }
  }
}

} // namespace

std::vector<std::string> find_initramfs_faults(const InitramfsContent& content,
                                               const InitramfsWishes& wishes,
                                               const fs::RootDir& root) {
  Words faults;
  if (!content.has_init) faults.emplace_back("it has no program /init");
  for (const MissingNeed& need : content.missing) {
    if (!is_in_root(need, content.library_directories, root)) continue;
    faults.push_back("it lacks " + base::quoted(need.needed) + ", which " +
                     base::quoted(need.path) + " needs");
  }
  for (const std::string& module : wishes.dracut_modules) {
    if (!content.dracut_modules.empty() && !has(content.dracut_modules, module))
      faults.push_back("it lacks the dracut module " + base::quoted(module));
  }
  add_kernel_module_faults(content, wishes, root, faults);
  std::ranges::sort(faults);
  faults.erase(std::unique(faults.begin(), faults.end()), faults.end());
  return faults;
}

} // namespace imagewright::finalize
