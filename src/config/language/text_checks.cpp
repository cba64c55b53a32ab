// SPDX-License-Identifier: MIT
#include "config/language/text_checks.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <imagewright/base/text.hpp>
#include <imagewright/base/uuid.hpp>

#include "config/language/language.hpp"
#include "config/values.hpp"

namespace imagewright::config {

namespace {

using Complaint = std::optional<TextComplaint>;

constexpr std::string_view k_blanks = " \t\r\n";
constexpr std::string_view k_lower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view k_digits = "0123456789";

bool is_letter(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}
bool is_digit(char character) {
  return character >= '0' && character <= '9';
}

/// Only letters, digits and the given characters, and at least one of them?
bool holds_only(std::string_view text, std::string_view others) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char character) {
    return is_letter(character) || is_digit(character) ||
           others.find(character) != std::string_view::npos;
  });
}

bool has_scheme(std::string_view text, std::initializer_list<std::string_view> schemes) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon + 3 == text.size()) return false;
  if (text.find_first_of(k_blanks) != std::string_view::npos) return false;
  const std::string scheme = base::to_lower(text.substr(0, colon));
  return std::find(schemes.begin(), schemes.end(), scheme) != schemes.end();
}

bool has_part(std::string_view path, std::string_view part) {
  for (const std::string& piece : base::split(path, '/')) {
    if (piece == part) return true;
  }
  return false;
}

} // namespace

Complaint check_non_blank(std::string_view text) {
  if (base::trimmed(text).empty())
    return TextComplaint{"is blank", "write a value, or leave the key out"};
  return std::nullopt;
}

Complaint check_no_blanks(std::string_view text) {
  if (text.empty()) return TextComplaint{"is empty", "write a value, or leave it out"};
  if (text.find_first_of(k_blanks) != std::string_view::npos) {
    return TextComplaint{"holds a blank or a line break", "write it without"};
  }
  return std::nullopt;
}

Complaint check_absolute_path(std::string_view text) {
  if (!text.starts_with('/'))
    return TextComplaint{"is not an absolute path", "start it with \"/\""};
  if (text.find('\0') != std::string_view::npos)
    return TextComplaint{"holds a zero byte", "remove it"};
  if (has_part(text, "..")) return TextComplaint{"holds \"..\"", "write the path without it"};
  return std::nullopt;
}

Complaint check_mount_path(std::string_view text) {
  if (!text.starts_with('/'))
    return TextComplaint{"is not an absolute path", "start it with \"/\""};
  if (text.find_first_of(" \t\r\n:,") != std::string_view::npos) {
    return TextComplaint{"holds a blank, a colon or a comma, which a mount path may not",
                         "use another path"};
  }
  if (text.find("//") != std::string_view::npos || has_part(text, ".") || has_part(text, "..")) {
    return TextComplaint{"is not in its shortest form",
                         "write it without \"//\", \".\" and \"..\""};
  }
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
  const bool is_good = text.starts_with("/boot/") && text.size() > 6 && text.back() != '/' &&
                       text.find("//") == std::string_view::npos && !has_part(text, ".") &&
                       !has_part(text, "..");
  if (is_good) return std::nullopt;
  return TextComplaint{"is not a path under /boot", "write it like \"/boot/root.hash.sig\""};
}

Complaint check_disk_size(std::string_view text) {
  const auto size = parse_size(text);
  const std::string_view digits = text.substr(0, text.find_first_not_of(k_digits));
  if (!size && digits.size() > 1 && digits[0] == '0') {
    return TextComplaint{"has a leading zero", "write the number without it: sizes are decimal"};
  }
  if (!size && digits.size() == text.size() && !text.empty()) {
    return TextComplaint{"has no unit", "add K, M, G or T"};
  }
  if (!size)
    return TextComplaint{"is not a size", "write a whole number and K, M, G or T, such as 512M"};
  if (!size->is_multiple_of(base::ByteSize::mib(1))) {
    return TextComplaint{"is not a multiple of 1 MiB", "write it in M, as whole MiB"};
  }
  return std::nullopt;
}

Complaint check_partition_size(std::string_view text) {
  if (text == "grow") return std::nullopt;
  Complaint complaint = check_disk_size(text);
  if (!complaint && parse_size(text)->bytes() == 0)
    return TextComplaint{"is no room at all", "give at least 1M"};
  return complaint;
}

Complaint check_byte_size(std::string_view text) {
  if (parse_size(text)) return std::nullopt;
  return TextComplaint{"is not a size", "write a whole number and K, M, G or T, such as 64K"};
}

Complaint check_permissions(std::string_view text) {
  if (parse_permissions(text)) return std::nullopt;
  if (!text.empty() && text.find_first_not_of("01234567") == std::string_view::npos) {
    return TextComplaint{"has bits beyond 777", "leave out setuid, setgid and sticky"};
  }
  return TextComplaint{"is not an octal number", "write permissions such as 644 or 0755"};
}

Complaint check_partition_label(std::string_view text) {
  const bool is_ascii = std::all_of(text.begin(), text.end(), [](char character) {
    return static_cast<unsigned char>(character) < 0x80;
  });
  if (!is_ascii) return TextComplaint{"is not ASCII", "use ASCII characters for partition labels"};
  if (base::has_control_characters(text))
    return TextComplaint{"has a control character", "use letters, digits, marks and blanks"};
  if (text.size() > 35) return TextComplaint{"is longer than 35 characters", "shorten it"};
  return std::nullopt;
}

Complaint check_partition_type(std::string_view text) {
  if (parse_partition_kind(text) || base::Uuid::parse(text)) return std::nullopt;
  return TextComplaint{"is neither a partition type nor a UUID", ""};
}

Complaint check_verity_name(std::string_view text) {
  const bool is_good = !text.empty() && text.find_first_not_of(k_lower) == std::string_view::npos;
  if (is_good) return std::nullopt;
  return TextComplaint{"is not a word of the letters a to z", "use \"root\" or \"usr\""};
}

Complaint check_hostname(std::string_view text) {
  if (text.size() > 253) return TextComplaint{"is longer than 253 characters", "shorten it"};
  const std::vector<std::string> labels = base::split(text, '.');
  for (const std::string& label : labels) {
    if (label.size() > 63)
      return TextComplaint{"has a part longer than 63 characters", "shorten it"};
    if (!holds_only(label, "-") || label.front() == '-' || label.back() == '-') {
      return TextComplaint{"is not a host name",
                           "use letters, digits and hyphens, with dots between the parts"};
    }
  }
  const bool is_address =
      labels.size() == 4 && std::all_of(labels.begin(), labels.end(), [](const std::string& label) {
        return label.find_first_not_of(k_digits) == std::string::npos;
      });
  if (is_address) return TextComplaint{"is an IP address, not a host name", "give the host a name"};
  return std::nullopt;
}

Complaint check_time(std::string_view text) {
  if (parse_time(text)) return std::nullopt;
  return TextComplaint{"is neither a day nor a time",
                       "write it like 2026-01-31 or 2026-01-31T12:00:00Z"};
}

Complaint check_series(std::string_view text) {
  for (const std::string& part : base::split(text, '.')) {
    if (part.empty() || part.find_first_not_of(k_digits) != std::string::npos) {
      return TextComplaint{"is not a version series",
                           "write numbers with dots between them, such as 6.6"};
    }
  }
  return std::nullopt;
}

Complaint check_locale(std::string_view text) {
  if (holds_only(text, "_.@-")) return std::nullopt;
  return TextComplaint{"is not a locale", "write it like C.UTF-8 or de_DE.UTF-8"};
}

Complaint check_timezone(std::string_view text) {
  const bool is_good = holds_only(text, "_+-/") && text.front() != '/' && text.back() != '/' &&
                       text.find("//") == std::string_view::npos;
  if (is_good) return std::nullopt;
  return TextComplaint{"is not a time zone", "write it like Etc/UTC or Europe/Berlin"};
}

Complaint check_package(std::string_view text) {
  if (base::trimmed(text).empty()) return TextComplaint{"is blank", "write the name of a package"};
  if (text.find_first_of("\t\r\n") != std::string_view::npos) {
    return TextComplaint{"holds a line break or a tab", "write one package for each list item"};
  }
  if (text.starts_with('-'))
    return TextComplaint{"starts with \"-\"",
                         "write the name of a package; options are not possible"};
  return std::nullopt;
}

Complaint check_unit(std::string_view text) {
  if (base::trimmed(text).empty()) return TextComplaint{"is blank", "write the name of a unit"};
  if (text.find_first_of(" \t\r\n/") != std::string_view::npos || text.starts_with('-')) {
    return TextComplaint{"is not the name of a unit", "write it like sshd.service"};
  }
  return std::nullopt;
}

Complaint check_drop_in_name(std::string_view text) {
  if (holds_only(text, "._+@:-") && text.front() != '.' && text.front() != '-') return std::nullopt;
  return TextComplaint{"is not a good file name", "use letters, digits, \".\", \"_\" and \"-\""};
}

Complaint check_identifier(std::string_view text) {
  if (holds_only(text, "_.-")) return std::nullopt;
  return TextComplaint{"is not a word", "use letters, digits, \"_\", \".\" and \"-\""};
}

Complaint check_file_name(std::string_view text) {
  if (holds_only(text, "._+-") && text.front() != '.' && text.front() != '-') return std::nullopt;
  return TextComplaint{
      "is not a good file name",
      "use letters, digits, \".\", \"_\", \"+\" and \"-\", and start with a letter or a digit"};
}

Complaint check_url(std::string_view text) {
  if (has_scheme(text, {"file", "http", "https"})) return std::nullopt;
  return TextComplaint{"is not a URL with file, http or https", "use \"path\" for a directory"};
}

Complaint check_boot_url(std::string_view text) {
  if (has_scheme(text, {"ftp", "http", "https", "nfs", "tftp"})) return std::nullopt;
  return TextComplaint{"is not a URL with ftp, http, https, nfs or tftp",
                       "write it like http://host/path"};
}

Complaint check_oci_reference(std::string_view text) {
  const std::size_t slash = text.find('/');
  const bool is_good = slash != std::string_view::npos && slash > 0 && slash + 1 < text.size() &&
                       text.find_first_of(k_blanks) == std::string_view::npos &&
                       text.find("://") == std::string_view::npos &&
                       text.find("//") == std::string_view::npos && holds_only(text, "._-/:@+");
  if (is_good) return std::nullopt;
  return TextComplaint{"is not a reference to an OCI image",
                       "write it like registry.example/name:tag"};
}

Complaint check_oci_platform(std::string_view text) {
  const std::vector<std::string> parts = base::split(text, '/');
  const bool is_good = parts.size() <= 2 &&
                       std::all_of(parts.begin(), parts.end(),
                                   [](const std::string& part) { return holds_only(part, "._-"); });
  if (is_good) return std::nullopt;
  return TextComplaint{"is not a platform", "write it like linux/amd64"};
}

Complaint check_image_version(std::string_view text) {
  const std::vector<std::string> parts = base::split(text, '.');
  const bool is_good = (parts.size() == 2 || parts.size() == 3) && !check_series(text);
  if (is_good) return std::nullopt;
  return TextComplaint{"is not a version", "write it like 3.0, or like 3.0.20250910 for one build"};
}

Complaint check_image_variant(std::string_view text) {
  // Words of a-z and 0-9, separated by ".", "_", "__" or any number of "-".
  std::size_t index = 0;
  const auto skip_word = [&] {
    const std::size_t begin = index;
    while (index < text.size() &&
           (is_digit(text[index]) || k_lower.find(text[index]) != std::string_view::npos))
      ++index;
    return index > begin;
  };
  bool is_good = skip_word();
  while (is_good && index < text.size()) {
    const std::size_t begin = index;
    const char separator = text[index];
    while (index < text.size() && text[index] == separator)
      ++index;
    const std::size_t count = index - begin;
    const bool is_separator =
        separator == '-' || (separator == '_' && count <= 2) || (separator == '.' && count == 1);
    is_good = is_separator && skip_word();
  }
  if (is_good) return std::nullopt;
  return TextComplaint{"is not the name of an image variant", "write it like minimal-os"};
}

Complaint check_sysctl_key(std::string_view text) {
  if (holds_only(text, "._-/*:") && text.front() != '.' && text.back() != '.') return std::nullopt;
  return TextComplaint{"is not a kernel parameter", "write it like net.ipv4.ip_forward"};
}

} // namespace imagewright::config
