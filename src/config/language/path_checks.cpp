// SPDX-License-Identifier: MIT
// Texts that name a place in the image, on a partition or beside the config.
#include <string>

#include <fmt/format.h>

#include <imagewright/base/paths.hpp>
#include <imagewright/base/text.hpp>

#include "config/language/characters.hpp"
#include "config/language/language.hpp"
#include "config/language/text_checks.hpp"

namespace imagewright::config {

namespace {

using Complaint = std::optional<TextComplaint>;

constexpr std::string_view k_ends_field = "holds a \":\", which ends a field of /etc/passwd";

bool has_part(std::string_view path, std::string_view part) {
  for (const std::string& piece : base::split(path, '/')) {
    if (piece == part) return true;
  }
  return false;
}

} // namespace

Complaint check_absolute_path(std::string_view text) {
  if (!text.starts_with('/'))
    return TextComplaint{"is not an absolute path", "start it with \"/\""};
  if (base::has_control_characters(text))
    return TextComplaint{"holds a control character", "remove it"};
  return std::nullopt;
}

Complaint check_directory_destination(std::string_view text) {
  if (text.find_first_not_of(' ') == std::string_view::npos)
    return TextComplaint{"is empty", "write a path of the image"};
  if (base::has_control_characters(text))
    return TextComplaint{"holds a control character", "remove it"};
  for (const std::string_view place : {"/dev", "/proc", "/sys"}) {
    if (!base::is_at_or_below(in_form(TextForm::image_path, text), place)) continue;
    return TextComplaint{"is where the kernel shows its own files",
                         "choose another directory: nothing that an image holds there is seen"};
  }
  return std::nullopt;
}

Complaint check_place_in_partition(std::string_view text) {
  if (text.empty()) return TextComplaint{"is empty", "write the path of a file"};
  if (base::has_control_characters(text))
    return TextComplaint{"holds a control character", "remove it"};
  if (in_form(TextForm::image_path, text) == "/")
    return TextComplaint{"is the top of the partition, not a file", "add the name of the file"};
  return std::nullopt;
}

Complaint check_file_destination(std::string_view text) {
  Complaint complaint = check_directory_destination(text);
  if (complaint) return complaint;
  const std::string path = in_form(TextForm::image_path, text);
  if (path == "/")
    return TextComplaint{"is the root directory, not a file", "add the name of the file"};
  if (text.ends_with("/") || text.ends_with("/.") || text.ends_with("/.."))
    return TextComplaint{"names a directory, not a file",
                         fmt::format("add the name of the file, or write {}", path)};
  return std::nullopt;
}

Complaint check_program_path(std::string_view text) {
  Complaint complaint = check_absolute_path(text);
  if (complaint && holds_only(text, "._+-"))
    return TextComplaint{"is the name of a program, not its path",
                         fmt::format("write {}/{}", text == "nologin" ? "/sbin" : "/bin", text)};
  if (!complaint && text.find(':') != std::string_view::npos)
    return TextComplaint{std::string(k_ends_field), "use another path"};
  return complaint;
}

Complaint check_home(std::string_view text) {
  Complaint complaint = check_absolute_path(text);
  if (!complaint && text.find(':') != std::string_view::npos)
    return TextComplaint{std::string(k_ends_field), "use another path"};
  for (const std::string_view place : {"/dev", "/proc", "/sys"}) {
    if (!complaint && base::is_at_or_below(in_form(TextForm::image_path, text), place))
      return TextComplaint{"is where the kernel shows its own files", "use another path"};
  }
  if (!complaint && text.find(' ') != std::string_view::npos)
    return TextComplaint{"holds a blank, which many programs do not expect in a home directory",
                         "use another path"};
  if (!complaint && has_part(text, ".."))
    return TextComplaint{"holds \"..\"", "write the path without it"};
  return complaint;
}

Complaint check_mount_path(std::string_view text) {
  if (!text.starts_with('/'))
    return TextComplaint{"is not an absolute path", "start it with \"/\""};
  if (text.find_first_of(" \t\r\n:,") != std::string_view::npos) {
    return TextComplaint{"holds a blank, a colon or a comma, which a mount path may not",
                         "use another path"};
  }
  return std::nullopt;
}

Complaint check_filesystem_path(std::string_view text) {
  if (Complaint complaint = check_mount_path(text)) return complaint;
  const std::string path = in_form(TextForm::image_path, text);
  for (const std::string_view place : {"/dev", "/proc", "/sys"}) {
    if (base::is_at_or_below(path, place))
      return TextComplaint{"is where the kernel shows its own files", "mount it somewhere else"};
  }
  if (path == "/run")
    return TextComplaint{"is where systemd mounts a filesystem of its own",
                         "mount it somewhere else"};
  if (path == "/etc")
    return TextComplaint{"is read before anything is mounted: it has to be on the root filesystem",
                         "mount it somewhere else"};
  return std::nullopt;
}

Complaint check_mount_options(std::string_view text) {
  if (text.find_first_of(k_blanks) != std::string_view::npos) {
    return TextComplaint{"holds a blank", "separate mount options with commas"};
  }
  return std::nullopt;
}

Complaint check_subvolume_path(std::string_view text) {
  const bool is_good = !text.empty() && text.front() != '/' && text.back() != '/' &&
                       text.find("//") == std::string_view::npos && !has_part(text, ".") &&
                       !has_part(text, "..");
  if (is_good) return std::nullopt;
  return TextComplaint{"is not the path of a subvolume",
                       "write it relative, without \"/\" at its ends, \"//\", \".\" and \"..\""};
}

Complaint check_local_path(std::string_view text) {
  if (text.empty())
    return std::nullopt; // as if it were not given; the rule about path and content speaks
  if (text.starts_with('/')) {
    return TextComplaint{
        "is an absolute path",
        "put the file into the directory of the config, and name it relative to that"};
  }
  int depth = 0;
  for (const std::string& piece : base::split(text, '/')) {
    if (piece.empty() || piece == ".") continue;
    depth += piece == ".." ? -1 : 1;
    if (depth < 0)
      return TextComplaint{"leaves the directory of the config",
                           "put the file into that directory"};
  }
  return std::nullopt;
}

Complaint check_hash_signature_path(std::string_view text) {
  const bool is_good =
      text.starts_with("/boot/") && text.size() > 6 && in_form(TextForm::image_path, text) == text;
  if (!is_good)
    return TextComplaint{"is not a path under /boot", "write it like \"/boot/root.hash.sig\""};
  if (text.find_first_of(" \t\r\n:,") == std::string_view::npos) return std::nullopt;
  return TextComplaint{"holds a blank, a colon or a comma", "use another file name"};
}

} // namespace imagewright::config
