// SPDX-License-Identifier: MIT
#pragma once

// The accounts that files of packages belong to, made before the files are unpacked: as rpm 4.19
// makes them, whichever rpm is linked.

#include <string>
#include <vector>

#include <imagewright/accounts/system_accounts.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/install/install.hpp>

#include "package_files.hpp"
#include "rpm_handles.hpp"
#include "signature_check.hpp"

namespace imagewright::install {

/// Inside of the root. All arguments are borrowed.
class PackageAccounts {
public:
  PackageAccounts(const InstallRequest& request, const std::vector<CheckedPackage>& packages,
                  const PackageFiles& files);

  /// Makes what the package's own user() and group() capabilities define: its scripts may count on
  /// them.
  void before_scripts(Header header);
  /// Makes the owners of the package's files that nobody has made yet, from what packages (user()
  /// and group() capabilities, files of sysusers.d) or the config define. Throws base::Error
  /// (install.unknown-owner).
  void before_unpacking(Header header);
  /// Gives files to owners that packages state as numbers, which librpm takes for names that nobody
  /// has.
  void settle_numbers() const;

private:
  enum class Kind { user, group };

  bool is_ready() const;
  void require_owner(accounts::AccountDatabase& database, Kind kind, const std::string& name,
                     Header header, const std::string& path);
  accounts::Refusal make(accounts::AccountDatabase& database, Kind kind, const std::string& name,
                         bool& is_made);
  accounts::Refusal make_from_config(accounts::AccountDatabase& database, Kind kind,
                                     const std::string& name, bool& is_made);
  void reserve_ids(accounts::AccountDatabase& database) const;
  void read_definition_files();

  const InstallRequest& request_;
  const std::vector<CheckedPackage>& packages_;
  const PackageFiles& files_;
  fs::RootDir root_{"/"};
  accounts::SystemAccounts capabilities_;     ///< of all packages
  accounts::SystemAccounts own_;              ///< of packages whose turn has come
  accounts::SystemAccounts definition_files_; ///< of all packages, read when somebody is missing
  bool has_definition_files_ = false;
  bool is_passwd_packaged_ = false;
};

} // namespace imagewright::install
