// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/image/wsl_root.hpp>
#include <imagewright/tree/edit.hpp>

#include "image/wsl/icon.hpp"

namespace imagewright::image {

namespace {

/// Of the system and of each user.
constexpr std::array k_own_units{"/etc/systemd/system", "/etc/systemd/user"};
constexpr std::string_view k_first_run_path = "/usr/lib/wsl/first-run.sh";
constexpr std::string_view k_icon_path = "/usr/lib/wsl/distribution.ico";
constexpr std::string_view k_default_user = "1000";

constexpr std::string_view k_first_run = R"(#!/bin/sh
# Runs when the distribution is opened for the first time, and makes the account that it opens with.
set -eu

uid=1000
if getent passwd "$uid" > /dev/null; then
  exit 0
fi

echo "Choose a name for your account here. It need not be the one that you have in Windows."
while true; do
  printf 'Name: '
  read -r name || exit 1
  if useradd --create-home --shell /bin/bash --uid "$uid" -- "$name"; then
    if ! command -v passwd > /dev/null || passwd "$name"; then
      break
    fi
    userdel --remove "$name"
  fi
done

for group in wheel sudo; do
  if getent group "$group" > /dev/null; then
    usermod --append --groups "$group" "$name"
  fi
done
)";

bool is_unwanted_attribute(std::string_view name) {
  return name == "security.selinux" || name == "security.ima" || name == "security.evm";
}

bool is_unit_not_for_wsl(std::string_view name) {
  return std::ranges::find(k_units_not_for_wsl, name) != k_units_not_for_wsl.end();
}

std::string last_part(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

class WslEditor {
public:
  WslEditor(tree::RootTree tree, const WslRequest& request)
      : contents_(tree), editor_(std::move(tree)), request_(request) {}

  tree::RootTree edit() {
    leave_out_the_machine();
    mask_units();
    editor_.drop_attributes(is_unwanted_attribute);
    if (request_.form == model::RootForm::wslg_system) {
      add("/etc/wsl.conf", "[boot]\ncommand=/usr/bin/WSLGd\n\n[user]\ndefault=wslg\n");
    } else {
      describe_distribution();
    }
    return editor_.finish();
  }

private:
  /// Kernel, initramfs, boot loader and mounts are Windows', and so is the list of name servers.
  void leave_out_the_machine() {
    for (const char* directory : {"/boot", "/efi", "/lib/modules", "/usr/lib/modules"})
      editor_.clear(directory);
    editor_.remove("/etc/resolv.conf");
    replace("/etc/fstab", "# Windows mounts what there is.\n", 0644);
    // An empty file: systemd makes an identity, and does not take it for a first boot, which would
    // enable units by their presets.
    replace("/etc/machine-id", "", 0444);
  }

  void replace(const std::string& path, std::string text, mode_t permissions) {
    editor_.put(path, tree::text_file(std::move(text), permissions, request_.epoch));
  }

  /// What the root has itself stays.
  void add(const std::string& path, std::string text, mode_t permissions = 0644) {
    if (editor_.find(path) == nullptr) replace(path, std::move(text), permissions);
  }

  void mask_units() {
    for (const std::string directory : k_own_units)
      mask_units_in(directory);
  }

  void mask_units_in(const std::string& directory) {
    for (const std::string& name : editor_.list(directory)) {
      const std::string path = directory + "/" + name;
      if (name.ends_with(".wants") || name.ends_with(".requires")) {
        for (const std::string& unit : editor_.list(path)) {
          if (is_not_for_wsl(path, unit)) editor_.remove(path + "/" + unit);
        }
      } else if (is_not_for_wsl(directory, name)) {
        editor_.remove(path);
      }
    }
    for (const std::string_view unit : k_units_not_for_wsl) {
      editor_.put(fmt::format("{}/{}", directory, unit),
                  tree::symbolic_link("/dev/null", request_.epoch));
    }
  }

  /// By its own name, or as another name of such a unit.
  bool is_not_for_wsl(const std::string& directory, const std::string& name) const {
    if (is_unit_not_for_wsl(name)) return true;
    const tree::Inode* inode = editor_.find(directory + "/" + name);
    return inode != nullptr && inode->type == fs::FileType::symlink &&
           is_unit_not_for_wsl(last_part(inode->target));
  }

  void describe_distribution() {
    if (has_init()) add("/etc/wsl.conf", "[boot]\nsystemd=true\n");
    if (editor_.find("/etc/wsl-distribution.conf") != nullptr) return;
    std::string text = "[oobe]\n";
    if (can_make_user()) {
      add(std::string(k_first_run_path), std::string(k_first_run), 0755);
      text += fmt::format("command={}\ndefaultUid={}\n", k_first_run_path, k_default_user);
    }
    text += fmt::format("defaultName={}\n\n[shortcut]\nicon={}\n", name_for_windows(), k_icon_path);
    add(std::string(k_icon_path), default_icon());
    replace("/etc/wsl-distribution.conf", std::move(text), 0644);
  }

  bool has_init() const {
    return std::ranges::any_of(std::array{"/usr/lib/systemd/systemd", "/lib/systemd/systemd"},
                               [&](const char* path) { return editor_.find(path) != nullptr; });
  }

  /// Whether the first run has an account to make and a program that does it.
  bool can_make_user() const {
    const bool has_program =
        std::ranges::any_of(std::array{"/usr/sbin/useradd", "/usr/bin/useradd", "/sbin/useradd"},
                            [&](const char* path) { return editor_.find(path) != nullptr; });
    return has_program && !has_user(k_default_user);
  }

  bool has_user(std::string_view uid) const {
    const std::string accounts = read("/etc/passwd").value_or("");
    return std::ranges::any_of(base::split(accounts, '\n'), [&](const std::string& line) {
      const auto fields = base::split(line, ':');
      return fields.size() > 2 && fields[2] == uid;
    });
  }

  std::optional<std::string> read(std::string_view path) const {
    const tree::Inode* inode = editor_.find(path);
    if (inode == nullptr || inode->type != fs::FileType::regular) return std::nullopt;
    std::string text(inode->size, '\0');
    fs::read_exactly(contents_.open(*inode).get(), std::as_writable_bytes(std::span(text)), 0,
                     std::string(path));
    return text;
  }

  /// Letters, digits, dots, lines below and in the middle are what a name there may have.
  std::string name_for_windows() const {
    std::string name = request_.distribution_name;
    for (char& character : name) {
      const bool is_plain =
          (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
          (character >= '0' && character <= '9') || character == '.' || character == '_';
      if (!is_plain) character = '-';
    }
    return name;
  }

  tree::ContentReader contents_;
  tree::TreeEditor editor_;
  const WslRequest& request_;
};

} // namespace

tree::RootTree root_in_form(tree::RootTree tree, const WslRequest& request) {
  if (request.form == model::RootForm::node) return tree;
  return WslEditor(std::move(tree), request).edit();
}

} // namespace imagewright::image
