// SPDX-License-Identifier: MIT
#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/finalize/machine_secrets.hpp>
#include <imagewright/root/real_patterns.hpp>

#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const RootOrigin& origin;
  const BaseDisk& base_disk;
  const std::map<std::string, std::string>& new_identifiers;
  const decltype(model::OsConfig::machine_id)& machine_id;
  const std::vector<std::string>& identity_files;
  const std::vector<std::string>& owned_files; ///< sorted; with those that a base brought
  const std::vector<model::Nevra>& packages;
};

/// Removes files that scripts left, and not what packages brought.
class IdentityRemover {
public:
  IdentityRemover(const fs::RootDir& files, const std::vector<std::string>& owned)
      : files_(files), owned_(owned) {}

  void remove(const std::string& pattern) {
    const auto parts = base::split(pattern, '/');
    IMAGEWRIGHT_ASSERT(parts.size() > 1 && parts.front().empty());
    visit("", std::span(parts).subspan(1));
  }

  const std::vector<std::string>& removed() const { return removed_; }

private:
  void visit(const std::string& directory, std::span<const std::string> parts) {
    if (parts.empty()) {
      remove_unowned(directory);
      return;
    }
    // A link is not followed: what is there has a pattern of its own.
    if (!directory.empty() && !is_directory(directory)) return;
    for (const auto& name : files_.list(directory.empty() ? "/" : directory)) {
      if (base::matches_glob(name, parts.front())) visit(directory + "/" + name, parts.subspan(1));
    }
  }

  bool is_directory(const std::string& path) const {
    const auto status = files_.find_status(path);
    return status && status->type == fs::FileType::directory;
  }

  bool is_owned(const std::string& path) const { return std::ranges::binary_search(owned_, path); }

  /// A directory goes with its last file.
  void remove_unowned(const std::string& path) {
    if (is_directory(path)) {
      for (const auto& name : files_.list(path))
        remove_unowned(path + "/" + name);
      if (!is_owned(path) && files_.list(path).empty()) files_.remove(path);
      return;
    }
    if (is_owned(path)) return;
    files_.remove(path);
    removed_.push_back(path);
  }

  const fs::RootDir& files_;
  const std::vector<std::string>& owned_;
  std::vector<std::string> removed_;
};

void set_machine_id(const Input& input, const fs::RootDir& files) {
  const auto mode = input.machine_id ? input.machine_id->value : model::MachineIdMode::first_boot;
  if (mode == model::MachineIdMode::keep) return;
  // Empty, not absent: systemd makes an id on the first boot, and does not apply presets anew.
  // "uninitialized" makes that boot a first one (machine-id(5)).
  const auto* text = mode == model::MachineIdMode::uninitialized ? "uninitialized\n" : "";
  files.write("/etc/machine-id", text, 0444);
  files.remove("/var/lib/dbus/machine-id");
}

/// What makes one machine differ from another must not be shared by all machines made from the
/// image.
StepYield remove_identity(const Input& input, root::WorkRoot& root) {
  const bool is_base = input.origin == RootOrigin::base_image;
  // Whoever gives the disk other identifiers wants another machine.
  const bool is_another = !input.new_identifiers.empty() || input.base_disk == BaseDisk::replaced;
  if (is_base && is_another && root.files().exists("/etc/machine-id"))
    set_machine_id(input, root.files());
  // Without packages no script has run, and what a base has is its own.
  if (is_base && input.packages.empty()) return {};
  IdentityRemover remover(root.files(), input.owned_files);
  std::vector<std::string> patterns = input.identity_files;
  patterns.insert(patterns.begin(), k_machine_secrets.begin(), k_machine_secrets.end());
  for (const auto& pattern : root::with_real_places(root.files(), patterns))
    remover.remove(pattern);
  if (!is_base) set_machine_id(input, root.files());
  StepYield yield;
  for (const auto& path : remover.removed()) {
    yield.warnings.push_back({.severity = base::Severity::warning,
                              .code = "finalize.identity-removed",
                              .message = "a script of a package made " + base::quoted(path) +
                                         ", which only one machine may have: it was removed",
                              .where = {},
                              .hint = "have it made at the first boot"});
  }
  return yield;
}

} // namespace

constinit const Step machine_identity{
    "machine-identity", AppliesTo::both,
    k_run<remove_identity, &FinalizePlan::origin, &FinalizePlan::base_disk,
          &FinalizePlan::new_identifiers, &model::OsConfig::machine_id,
          &FinalizePlan::identity_files, &model::InstalledRoot::owned_identity_files,
          &model::InstalledRoot::packages>};

} // namespace imagewright::finalize::steps
