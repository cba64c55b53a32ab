// SPDX-License-Identifier: MIT
#pragma once

// Which changes of files an update of packages explains.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <imagewright/audit/manifest.hpp>
#include <imagewright/audit/manifest_file_line.hpp>
#include <imagewright/drift/report.hpp>

#include "node_packages.hpp"

namespace imagewright::drift {

/// Compares the packages of the image with those of the node.
class PackageJudge {
public:
  PackageJudge(const audit::Manifest& manifest, const NodeTree& tree);

  std::size_t package_count() const { return node_.packages.size(); }
  const std::vector<Finding>& findings() const { return findings_; }
  /// Whether any package was updated by whom the image trusts.
  bool has_update() const { return !updated_.empty(); }
  /// The version of an installed package; nothing when there is none.
  std::optional<std::string> version_of(const std::string& package) const;

  /// Why the file is what it is; nothing when no update says so. `before` is empty for a file that
  /// the image does not have.
  std::optional<std::string> explain(const std::string& path, const audit::Aspects& before,
                                     const audit::Aspects& now) const;
  /// Likewise for a file that is gone.
  std::optional<std::string> explain_absence(const std::string& path,
                                             const audit::Aspects& before) const;
  /// Every path that updates brought.
  const std::map<std::string, std::pair<const NodePackage*, const inspect::PackagedFile*>>&
  updated_files() const {
    return files_;
  }

private:
  bool is_update(const model::Nevra& nevra) const;
  void judge(const NodePackage& package);
  void find_removed();
  void index_files(const NodeTree& tree);
  void add(const std::string& subject, DriftClass drift_class, std::string what,
           std::string reason);
  std::string owner_of(const inspect::PackagedFile& file) const;
  bool fits(const inspect::PackagedFile& file, const audit::Aspects& now) const;

  const audit::Manifest& manifest_;
  std::set<model::Nevra> in_image_;
  std::map<std::string, std::vector<const model::LockedPackage*>> by_name_;
  std::set<std::string> signed_repositories_;
  NodePackages node_;
  std::set<std::string> updated_; ///< names
  std::map<std::string, std::pair<const NodePackage*, const inspect::PackagedFile*>> files_;
  std::map<std::string, std::string> users_;
  std::map<std::string, std::string> groups_;
  std::vector<Finding> findings_;
};

} // namespace imagewright::drift
