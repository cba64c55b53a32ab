// SPDX-License-Identifier: MIT
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>

#include <fmt/format.h>

#include <imagewright/accounts/database.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "../boot_paths.hpp"
#include "../given_files.hpp"
#include "../steps.hpp"
#include "../text_lines.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const std::vector<model::PathEdit>& edits;
  const std::string& database;
  const model::DiskLayout& layout;
};

/// chown(2) leaves such an owner as it is; nobody has it.
constexpr std::uint32_t k_unchanged = ~std::uint32_t{0};

/// A number as an owner; nothing for names.
std::optional<std::uint32_t> find_number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == k_unchanged)
    return std::nullopt;
  return value;
}

[[noreturn]] void refuse(const std::string& code, const std::string& message,
                         const base::SourceLocation& where, const std::string& hint) {
  throw base::Error(base::FailureKind::input,
                    {.code = code, .message = message, .where = where, .hint = hint});
}

[[noreturn]] void throw_not_there(const std::string& path, const base::SourceLocation& where) {
  refuse("finalize.no-such-file", base::quoted(path) + " is not in the image", where,
         "correct the path, or install the package that brings it");
}

class Editor {
public:
  Editor(root::WorkRoot& root, const std::string& database) : root_(root), database_(database) {}

  /// The path that has another content now.
  std::string carry_out(const model::PathEdit& edit) const {
    std::string path = name_on_esp(root_.files(), edit.path.text);
    switch (edit.kind) {
    case model::PathEditKind::removal:
      remove(path, edit);
      break;
    case model::PathEditKind::link:
      make_link(path, edit);
      break;
    case model::PathEditKind::directory:
      make_directory(path, edit);
      break;
    case model::PathEditKind::lines:
      path = real_path(path, edit);
      edit_lines(path, edit);
      break;
    case model::PathEditKind::properties:
      path = real_path(path, edit);
      break;
    }
    set_properties(path, edit);
    return path;
  }

private:
  /// Where links lead, inside of the image.
  std::string real_path(const std::string& path, const model::PathEdit& edit) const {
    if (!root_.files().exists(path)) throw_not_there(path, edit.path.where);
    std::string real = root_.files().real_path(root_.files().open(path, O_PATH));
    require_no_database(root_.files(), {real, edit.path.where}, database_);
    return real;
  }

  void remove(const std::string& path, const model::PathEdit& edit) const {
    if (!root_.files().find_status(path)) throw_not_there(path, edit.path.where);
    require_no_database(root_.files(), {path, edit.path.where}, database_);
    root_.files().remove_tree(path);
  }

  void make_link(const std::string& path, const model::PathEdit& edit) const {
    const auto slash = path.rfind('/');
    if (slash != 0) root_.files().make_directories(path.substr(0, slash));
    require_no_database(root_.files(), {path, edit.path.where}, database_);
    const auto status = root_.files().find_status(path);
    root_.files().make_symlink(path, edit.target);
    if (!status) root_.own(path, 0, 0);
  }

  void make_directory(const std::string& path, const model::PathEdit& edit) const {
    const auto status = root_.files().find_target_status(path);
    if (status && status->type == fs::FileType::directory) return;
    if (root_.files().find_status(path)) {
      refuse("finalize.not-editable", base::quoted(path) + " is there, and no directory",
             edit.path.where, "remove it with an edit before this one, or choose another path");
    }
    root_.files().make_directories(path, 0755);
    require_no_database(root_.files(), {path, edit.path.where}, database_);
    root_.own(path, 0, 0);
  }

  void edit_lines(const std::string& path, const model::PathEdit& edit) const {
    const auto status = root_.files().find_status(path);
    if (!status || status->type != fs::FileType::regular) {
      refuse("finalize.not-editable", base::quoted(path) + " is no file that has lines",
             edit.path.where, "choose another path");
    }
    std::string text = root_.files().read(path);
    if (text.find('\0') != std::string::npos) {
      refuse("finalize.not-editable", base::quoted(path) + " is no text: it has zero bytes",
             edit.path.where, "give the whole file with os.additionalFiles");
    }
    for (const model::LineEdit& line : edit.lines)
      text = edited(text, line, path);
    root_.files().write(path, text, status->permissions);
  }

  /// Owners first: a change of them takes permissions away.
  void set_properties(const std::string& path, const model::PathEdit& edit) const {
    if (edit.owner || edit.group) {
      const auto status = root_.files().find_status(path);
      root_.own(path, edit.owner ? user_of(*edit.owner) : k_unchanged,
                edit.group ? group_of(*edit.group) : k_unchanged);
      if (!edit.permissions && status->type != fs::FileType::symlink)
        root_.files().set_permissions(path, status->permissions);
    }
    if (edit.permissions) root_.files().set_permissions(path, *edit.permissions);
  }

  uid_t user_of(const model::LocatedText& name) const {
    if (const auto number = find_number(name.text)) return *number;
    const accounts::AccountDatabase accounts(root_.files());
    if (const auto user = accounts.find_user(name.text)) return user->id;
    refuse("finalize.no-such-account", "the image has no user " + base::quoted(name.text),
           name.where, "add it to os.users, or install the package that brings it");
  }

  gid_t group_of(const model::LocatedText& name) const {
    if (const auto number = find_number(name.text)) return *number;
    const accounts::AccountDatabase accounts(root_.files());
    if (const auto group = accounts.find_group(name.text)) return *group;
    refuse("finalize.no-such-account", "the image has no group " + base::quoted(name.text),
           name.where, "add it to os.groups, or install the package that brings it");
  }

  root::WorkRoot& root_;
  const std::string& database_;
};

/// What stands in the way is told at the edit's place.
StepYield edit_files(const Input& input, root::WorkRoot& root) {
  StepYield yield;
  const Editor editor(root, input.database);
  for (const model::PathEdit& edit : input.edits) {
    try {
      const std::string path = editor.carry_out(edit);
      if (edit.kind == model::PathEditKind::lines)
        yield.given_files.push_back({path, edit.path.where});
      if (edit.permissions || edit.owner || edit.group)
        yield.add({.warnings = warn_of_lost_permissions(root.files(), input.layout,
                                                        {path, edit.path.where})});
    } catch (const base::Error& error) {
      if (error.diagnostic().code != "fs.root-access") throw;
      base::Diagnostic told = error.diagnostic();
      told.where = edit.path.where;
      throw base::Error(base::FailureKind::input, told);
    }
  }
  return yield;
}

} // namespace

constinit const Step edits{"edits", AppliesTo::both,
                           k_run<edit_files, &model::OsConfig::edits,
                                 &FinalizePlan::rpm_database_path, &FinalizePlan::layout>};

} // namespace imagewright::finalize::steps
