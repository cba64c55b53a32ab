// SPDX-License-Identifier: MIT
#include "package_accounts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <set>
#include <string_view>

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <rpm/rpmbase64.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "package_content.hpp"

namespace imagewright::install {
namespace {

constexpr auto k_passwd = "/etc/passwd";
constexpr std::array<std::string_view, 2> k_definition_directories{"/etc/sysusers.d",
                                                                   "/usr/lib/sysusers.d"};

bool is_definition_file(const std::string& path) {
  return path.ends_with(".conf") &&
         std::ranges::any_of(k_definition_directories, [&](std::string_view directory) {
           return path.starts_with(std::string(directory) + "/");
         });
}

/// The line of sysusers.d that a capability such as "user(svc) = dSBzdmM…" carries.
std::string decoded_line(const char* version) {
  void* bytes = nullptr;
  std::size_t length = 0;
  if (version == nullptr || rpmBase64Decode(version, &bytes, &length) != 0) return {};
  std::string line(static_cast<const char*>(bytes), length);
  std::free(bytes); // NOLINT(cppcoreguidelines-no-malloc): librpm's
  return line.substr(0, line.find('\0'));
}

void add_capabilities(Header header, accounts::SystemAccounts& definitions) {
  const Dependencies provided(rpmdsNew(header, RPMTAG_PROVIDENAME, 0));
  while (rpmdsNext(provided.get()) >= 0) {
    const std::string_view name = rpmdsN(provided.get());
    const bool is_account =
        name.starts_with("user(") || name.starts_with("group(") || name.starts_with("groupmember(");
    if (is_account) definitions.add_lines(decoded_line(rpmdsEVR(provided.get())));
  }
}

/// The id that a package states in place of a name.
std::optional<std::uint32_t> find_number(std::string_view name) {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return id;
}

bool owns(Header header, std::string_view wanted) {
  const FileInformation files(rpmfiNew(nullptr, header, RPMTAG_BASENAMES, RPMFI_KEEPHEADER));
  while (rpmfiNext(files.get()) >= 0) {
    if (wanted == rpmfiFN(files.get())) return true;
  }
  return false;
}

} // namespace

PackageAccounts::PackageAccounts(const InstallRequest& request,
                                 const std::vector<CheckedPackage>& packages,
                                 const PackageFiles& files)
    : request_(request), packages_(packages), files_(files) {
  for (const CheckedPackage& package : packages_) {
    add_capabilities(package.header.get(), capabilities_);
    is_passwd_packaged_ = is_passwd_packaged_ || owns(package.header.get(), k_passwd);
  }
}

/// A table of ours would keep a package from bringing its own.
bool PackageAccounts::is_ready() const {
  return !is_passwd_packaged_ || root_.exists(k_passwd);
}

void PackageAccounts::reserve_ids(accounts::AccountDatabase& database) const {
  capabilities_.reserve_ids(database);
  definition_files_.reserve_ids(database);
  for (const auto& user : request_.users) {
    if (user.id) database.reserve(*user.id);
  }
  for (const auto& group : request_.groups) {
    if (group.id) database.reserve(*group.id);
  }
}

void PackageAccounts::before_scripts(Header header) {
  add_capabilities(header, own_);
  if (own_.is_empty() || !is_ready()) return;
  accounts::AccountDatabase database(root_);
  reserve_ids(database);
  if (const auto refusal = own_.make_all(database, request_.epoch)) {
    throw base::Error(base::FailureKind::build, "install.unknown-owner",
                      "the accounts of package " + text_of(header, RPMTAG_NAME) +
                          " cannot be made: " + *refusal,
                      "report it to whoever builds the package");
  }
  if (database.is_changed()) database.store(root_);
}

void PackageAccounts::read_definition_files() {
  if (has_definition_files_) return;
  has_definition_files_ = true;
  for (const auto directory : k_definition_directories) {
    for (const auto& name : root_.list(directory)) {
      const auto path = std::string(directory) + "/" + name;
      if (is_definition_file(path)) {
        definition_files_.add_lines(root_.find_content(path).value_or(""));
      }
    }
  }
  for (std::size_t index = 0; index < packages_.size(); ++index) {
    for (const auto& text : read_package_files(packages_[index], index, files_, is_definition_file))
      definition_files_.add_lines(text);
  }
}

accounts::Refusal PackageAccounts::make_from_config(accounts::AccountDatabase& database, Kind kind,
                                                    const std::string& name, bool& is_made) {
  const auto make_group = [&](const std::string& wanted) -> accounts::Refusal {
    const auto group = std::ranges::find(request_.groups, wanted, &accounts::SystemGroup::name);
    if (group == request_.groups.end()) return std::nullopt;
    return database.add_group(group->name, group->id);
  };
  const auto user = std::ranges::find(request_.users, name, &accounts::UserRecord::name);
  if (user != request_.users.end() && (kind == Kind::user || !user->group)) {
    is_made = true;
    if (auto refusal = make_group(user->group.value_or(user->name))) return refusal;
    return database.put_user(*user, request_.epoch);
  }
  const auto group = std::ranges::find(request_.groups, name, &accounts::SystemGroup::name);
  if (kind != Kind::group || group == request_.groups.end()) return std::nullopt;
  is_made = true;
  return make_group(name);
}

accounts::Refusal PackageAccounts::make(accounts::AccountDatabase& database, Kind kind,
                                        const std::string& name, bool& is_made) {
  const auto make_from = [&](const accounts::SystemAccounts& definitions) {
    const auto made = kind == Kind::user ? definitions.make_user(database, name, request_.epoch)
                                         : definitions.make_group(database, name);
    is_made = made.is_defined;
    return made.refusal;
  };
  auto refusal = make_from(capabilities_);
  if (!is_made) refusal = make_from_config(database, kind, name, is_made);
  if (is_made) return refusal;
  read_definition_files();
  reserve_ids(database);
  return make_from(definition_files_);
}

void PackageAccounts::require_owner(accounts::AccountDatabase& database, Kind kind,
                                    const std::string& name, Header header,
                                    const std::string& path) {
  const bool is_known = kind == Kind::user
                            ? database.find_user(name) || ::getpwnam(name.c_str()) != nullptr
                            : database.find_group(name) || ::getgrnam(name.c_str()) != nullptr;
  if (name == "root" || is_known) return;
  bool is_made = false;
  const auto refusal = make(database, kind, name, is_made);
  if (is_made && !refusal) return;
  throw base::Error(
      base::FailureKind::build, "install.unknown-owner",
      base::quoted(path) + " of package " + nevra_of(header).to_string() + " belongs to the " +
          (kind == Kind::user ? "user " : "group ") + base::quoted(name) + ", " +
          (refusal ? "who cannot be made: " + *refusal : "whom nobody has made or defined"),
      "install the package that makes the account, or define it in os.users or os.groups");
}

void PackageAccounts::before_unpacking(Header header) {
  const FileInformation files(rpmfiNew(nullptr, header, RPMTAG_BASENAMES, RPMFI_KEEPHEADER));
  std::set<std::string> users{"root"};
  std::set<std::string> groups{"root"};
  std::optional<accounts::AccountDatabase> database;
  const auto require = [&](Kind kind, const std::string& name, const std::string& path) {
    if (find_number(name) || !(kind == Kind::user ? users : groups).insert(name).second) return;
    if (!database) {
      database.emplace(root_);
      reserve_ids(*database);
    }
    require_owner(*database, kind, name, header, path);
  };
  while (rpmfiNext(files.get()) >= 0) {
    if ((rpmfiFFlags(files.get()) & RPMFILE_GHOST) != 0) continue;
    require(Kind::user, rpmfiFUser(files.get()), rpmfiFN(files.get()));
    require(Kind::group, rpmfiFGroup(files.get()), rpmfiFN(files.get()));
  }
  if (database && database->is_changed()) database->store(root_);
}

void PackageAccounts::settle_numbers() const {
  for (const CheckedPackage& package : packages_) {
    const FileInformation files(
        rpmfiNew(nullptr, package.header.get(), RPMTAG_BASENAMES, RPMFI_KEEPHEADER));
    while (rpmfiNext(files.get()) >= 0) {
      const auto user = find_number(rpmfiFUser(files.get()));
      const auto group = find_number(rpmfiFGroup(files.get()));
      const auto* path = rpmfiFN(files.get());
      struct stat status {};
      if ((!user && !group) || ::lstat(path, &status) != 0) continue;
      root_.set_owner(path, user.value_or(status.st_uid), group.value_or(status.st_gid));
      // A new owner takes the bits away that run a program as its owner.
      if (!S_ISLNK(status.st_mode)) root_.set_permissions(path, rpmfiFMode(files.get()) & 07777U);
    }
  }
}

} // namespace imagewright::install
