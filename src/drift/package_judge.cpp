// SPDX-License-Identifier: MIT
#include "package_judge.hpp"

#include <algorithm>
#include <compare>

#include <sys/stat.h>

#include <fmt/format.h>

#include <imagewright/audit/real_path.hpp>
#include <imagewright/base/package_version.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file_type.hpp>
#include <imagewright/inspect/file_record.hpp>

namespace imagewright::drift {

namespace {

base::PackageVersion version(const model::Nevra& nevra) {
  return {nevra.epoch, nevra.version, nevra.release};
}

/// Name → number, of passwd or group.
std::map<std::string, std::string> ids_in(const NodeTree& tree, const std::string& path) {
  std::map<std::string, std::string> ids{{"root", "0"}};
  for (const std::string& line : base::split(tree.read(path).value_or(""), '\n')) {
    const std::vector<std::string> fields = base::split(line, ':');
    if (fields.size() > 2) ids.emplace(fields[0], fields[2]);
  }
  return ids;
}

std::string aspect(const audit::Aspects& aspects, std::string_view name) {
  const auto found = aspects.find(name);
  return found == aspects.end() ? std::string() : found->second;
}

/// What an update does not decide: labels, capabilities, other attributes.
bool has_same_attributes(const audit::Aspects& before, const audit::Aspects& now) {
  static const std::set<std::string, std::less<>> decided{"type",   "mode",   "owner",  "content",
                                                          "target", "device", "package"};
  const auto rest = [](const audit::Aspects& aspects) {
    audit::Aspects others;
    for (const auto& [name, value] : aspects) {
      if (!decided.contains(name)) others.emplace(name, value);
    }
    return others;
  };
  return rest(before) == rest(now);
}

} // namespace

PackageJudge::PackageJudge(const audit::Manifest& manifest, const NodeTree& tree)
    : manifest_(manifest) {
  for (const model::LockedPackage& package : manifest.packages) {
    in_image_.insert(package.nevra);
    by_name_[package.nevra.name].push_back(&package);
  }
  for (const audit::PackageKey& key : manifest.package_keys)
    signed_repositories_.insert(key.repository);
  node_ = read_packages(tree, KeyRing(manifest.package_keys),
                        [&](const model::Nevra& nevra) { return is_update(nevra); });
  if (!node_.complaint.empty()) {
    if (!manifest.packages.empty())
      add("package database", DriftClass::unreadable, "unreadable", node_.complaint);
    return;
  }
  users_ = ids_in(tree, "/etc/passwd");
  groups_ = ids_in(tree, "/etc/group");
  for (const NodePackage& package : node_.packages)
    judge(package);
  find_removed();
  index_files(tree);
}

void PackageJudge::add(const std::string& subject, DriftClass drift_class, std::string what,
                       std::string reason) {
  findings_.push_back(
      {FindingKind::package, subject, drift_class, std::move(what), std::move(reason)});
}

/// A version of a package of the image that the image does not have, and newer than it has.
bool PackageJudge::is_update(const model::Nevra& nevra) const {
  const auto found = by_name_.find(nevra.name);
  if (found == by_name_.end() || in_image_.contains(nevra)) return false;
  return std::all_of(found->second.begin(), found->second.end(), [&](const auto* package) {
    return package->nevra.architecture != nevra.architecture ||
           base::compare_versions(version(nevra), version(package->nevra)) ==
               std::weak_ordering::greater;
  });
}

void PackageJudge::judge(const NodePackage& package) {
  const model::Nevra& nevra = package.nevra;
  const auto known = by_name_.find(nevra.name);
  if (known == by_name_.end()) {
    return add(nevra.to_string(), DriftClass::unexplained, "added",
               package.is_vouched
                   ? "a package that the image does not have, though it is well signed"
                   : "a package that the image does not have, signed by nobody known");
  }
  const model::LockedPackage& before = *known->second.front();
  if (in_image_.contains(nevra)) {
    const bool was_signed = signed_repositories_.contains(before.repository);
    if (was_signed && !package.is_vouched) {
      add(nevra.to_string(), DriftClass::unexplained, "entry of the package database",
          "its signature does not fit: the database was rewritten");
    }
    return;
  }
  const std::string what = fmt::format("version {} -> {}", before.nevra.evr(), nevra.evr());
  if (!package.is_vouched)
    return add(nevra.name, DriftClass::unexplained, what, "signed by nobody whom the image trusts");
  if (!is_update(nevra))
    return add(nevra.name, DriftClass::unexplained, what,
               "older than the image's, though well signed");
  updated_.insert(nevra.name);
  add(nevra.name, DriftClass::explained, what, "an update with a good signature");
}

void PackageJudge::find_removed() {
  for (const model::LockedPackage& package : manifest_.packages) {
    const bool is_there =
        std::any_of(node_.packages.begin(), node_.packages.end(), [&](const NodePackage& other) {
          return other.nevra.name == package.nevra.name;
        });
    if (!is_there)
      add(package.nevra.to_string(), DriftClass::unexplained, "removed", "nothing says why");
  }
}

void PackageJudge::index_files(const NodeTree& tree) {
  const audit::FindLink find_link = [&](const std::string& path) { return tree.link_target(path); };
  for (const NodePackage& package : node_.packages) {
    for (const inspect::PackagedFile& file : package.files) {
      const auto real = audit::real_path(file.path, find_link);
      if (real && !file.is_ghost()) files_[*real] = {&package, &file};
    }
  }
}

std::optional<std::string> PackageJudge::version_of(const std::string& package) const {
  for (const NodePackage& candidate : node_.packages) {
    if (candidate.nevra.name == package) return candidate.nevra.version;
  }
  return std::nullopt;
}

std::string PackageJudge::owner_of(const inspect::PackagedFile& file) const {
  const auto user = users_.find(file.user);
  const auto group = groups_.find(file.group);
  if (user == users_.end() || group == groups_.end()) return {};
  return user->second + ":" + group->second;
}

bool PackageJudge::fits(const inspect::PackagedFile& file, const audit::Aspects& now) const {
  const auto type = fs::find_file_type(static_cast<mode_t>(file.mode));
  if (!type || aspect(now, "type") != inspect::type_word(*type)) return false;
  if (aspect(now, "owner") != owner_of(file)) return false;
  if (*type == fs::FileType::symlink) return aspect(now, "target") == base::quoted(file.target);
  if (aspect(now, "mode") != fmt::format("{:04o}", file.mode & 07777U)) return false;
  if (*type != fs::FileType::regular) return *type == fs::FileType::directory;
  // Older digests can be forged.
  return file.digest.size() == 64 && aspect(now, "content").ends_with(" sha256:" + file.digest);
}

std::optional<std::string> PackageJudge::explain(const std::string& path,
                                                 const audit::Aspects& before,
                                                 const audit::Aspects& now) const {
  const auto found = files_.find(path);
  if (found == files_.end() || !fits(*found->second.second, now)) return std::nullopt;
  if (!before.empty() && !has_same_attributes(before, now)) return std::nullopt;
  return "of " + found->second.first->nevra.to_string() + ", as its signed header has it";
}

std::optional<std::string> PackageJudge::explain_absence(const std::string& path,
                                                         const audit::Aspects& before) const {
  const std::string owner = aspect(before, "package");
  if (owner.empty() || !updated_.contains(owner) || files_.contains(path)) return std::nullopt;
  for (const NodePackage& package : node_.packages) {
    // As long as the image's own version is there, so should its files be.
    if (package.nevra.name == owner && in_image_.contains(package.nevra)) return std::nullopt;
  }
  return "the update of " + owner + " has it no more";
}

} // namespace imagewright::drift
