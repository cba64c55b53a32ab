// SPDX-License-Identifier: MIT
#include "config/language/text_checks.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/paths.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/uuid.hpp>
#include <imagewright/model/repository.hpp>

#include "config/language/language.hpp"
#include "config/language/meanings.hpp"
#include "config/values.hpp"

namespace imagewright::config {

namespace {

using Complaint = std::optional<TextComplaint>;

constexpr std::string_view k_blanks = " \t\r\n";
constexpr std::string_view k_ends_field = "holds a \":\", which ends a field of /etc/passwd";
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

std::string whole_mib_hint(base::ByteSize size) {
  const base::ByteSize up((size.bytes() / (1U << 20U) + 1) << 20U);
  return fmt::format("write it in whole MiB, such as {}", size_text(up));
}

/// About a text that is no size; `example` is the hint when nobody can tell what was meant.
TextComplaint complaint_about_size(std::string_view text, std::string example) {
  const std::string_view digits = text.substr(0, text.find_first_not_of(k_digits));
  if (digits.size() == text.size() && !text.empty())
    return {"has no unit", fmt::format("write the unit: {0}M is {0} MiB, {0}G is {0} GiB", text)};
  const bool is_number_with_unit =
      digits.size() + 1 == text.size() && !digits.empty() &&
      std::string_view("KMGT").find(text.back()) != std::string_view::npos;
  if (is_number_with_unit && digits[0] != '0')
    return {"is larger than any disk", "write a smaller size"};
  const auto meant = meant_size(std::string_view(text).substr(0, text.find(" //")));
  const bool is_good = meant && meant->bytes() > 0 && meant->is_multiple_of(base::ByteSize::mib(1));
  std::string hint = is_good ? fmt::format("write {}", size_text(*meant)) : std::move(example);
  if (digits.size() > 1 && digits[0] == '0') return {"has a leading zero", std::move(hint)};
  return {"is not a size", std::move(hint)};
}

/// Words of a-z and 0-9, separated by ".", "_", "__" or any number of "-" (OCI distribution
/// specification, "Pulling manifests").
bool is_repository_part(std::string_view text) {
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
  return is_good;
}

bool is_repository(std::string_view text) {
  const std::vector<std::string> parts = base::split(text, '/');
  return std::all_of(parts.begin(), parts.end(),
                     [](const std::string& part) { return is_repository_part(part); });
}

bool is_tag(std::string_view text) {
  return holds_only(text, "_.-") && text.size() <= 128 && text.front() != '.' &&
         text.front() != '-';
}

bool is_digest(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::size_t>, 3> algorithms = {
      {{"sha256:", 64}, {"sha384:", 96}, {"sha512:", 128}}};
  return std::any_of(algorithms.begin(), algorithms.end(), [&](const auto& row) {
    return text.starts_with(row.first) && text.size() == row.first.size() + row.second &&
           text.find_first_not_of("0123456789abcdef", row.first.size()) == std::string_view::npos;
  });
}

/// "host", "host:port", "[address]", "[address]:port" (RFC 3986, section 3.2.2 and 3.2.3).
bool is_host_and_port(std::string_view text) {
  std::size_t end = text.find(':');
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return false;
    if (text.substr(1, bracket - 1).find_first_not_of("0123456789abcdefABCDEF:.%") !=
        std::string_view::npos)
      return false;
    end = bracket + 1;
  } else if (text.substr(0, end).find_first_of("[]") != std::string_view::npos) {
    return false;
  }
  if (end == std::string_view::npos || end == text.size()) return true;
  return text[end] == ':' && text.find_first_not_of(k_digits, end + 1) == std::string_view::npos;
}

bool is_registry(std::string_view text) {
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char character) {
    const auto byte = static_cast<unsigned char>(character);
    return byte >= 0x80 || is_letter(character) || is_digit(character) ||
           std::string_view("-._~!$&'()*+,;=:[]").find(character) != std::string_view::npos;
  });
  return !text.empty() && text.front() != ':' && is_plain && is_host_and_port(text);
}

/// What a host may hold besides a port (RFC 3986, section 3.2.2): percent signs only in an address
/// in brackets.
bool has_characters_of_host(std::string_view host) {
  for (std::size_t index = 0; index < host.size(); ++index) {
    const auto byte = static_cast<unsigned char>(host[index]);
    const bool is_plain =
        byte >= 0x80 || is_letter(host[index]) || is_digit(host[index]) ||
        std::string_view("-._~!$&'()*+,;=:[]<>\"").find(host[index]) != std::string_view::npos;
    const bool is_encoded = host[index] == '%' && host.starts_with('[');
    if (!is_plain && !is_encoded) return false;
  }
  return true;
}

/// About what follows "scheme://".
Complaint check_url_parts(std::string_view rest) {
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const std::size_t at = authority.rfind('@');
  const std::string_view host = at == std::string_view::npos ? authority : authority.substr(at + 1);
  if (host.empty() || host.front() == ':')
    return TextComplaint{"is a URL without a host", "write it like http://host/path"};
  if (!is_host_and_port(host) || !has_characters_of_host(host))
    return TextComplaint{"is a URL whose host or port cannot be read",
                         "write it like http://host:8080/path; a port is a number"};
  for (std::size_t found = rest.find('%'); found != std::string_view::npos;
       found = rest.find('%', found + 1)) {
    const std::string_view digits = rest.substr(found + 1, 2);
    const bool is_good = digits.size() == 2 && digits.find_first_not_of("0123456789abcdefABCDEF") ==
                                                   std::string_view::npos;
    if (!is_good)
      return TextComplaint{"holds a \"%\" without two hexadecimal digits", "write %25 for a \"%\""};
  }
  return std::nullopt;
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

Complaint check_variable_name(std::string_view text) {
  if (text.empty()) return TextComplaint{"is empty", "write the name of a variable"};
  if (text.find_first_of(std::string_view("=\0\n", 3)) == std::string_view::npos)
    return std::nullopt;
  return TextComplaint{"holds \"=\" or a line break", "write the name of a variable alone"};
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

Complaint check_disk_size(std::string_view text) {
  const auto size = parse_size(text);
  if (!size)
    return complaint_about_size(text, "write a whole number and K, M, G or T, such as 512M");
  if (!size->is_multiple_of(base::ByteSize::mib(1)))
    return TextComplaint{"is not a multiple of 1 MiB", whole_mib_hint(*size)};
  return std::nullopt;
}

Complaint check_partition_size(std::string_view text) {
  if (text == "grow") return std::nullopt;
  if (!parse_size(text))
    return complaint_about_size(text,
                                "write a size such as 512M, or grow for the rest of the disk");
  Complaint complaint = check_disk_size(text);
  if (!complaint && parse_size(text)->bytes() == 0)
    return TextComplaint{"is no room at all", "give at least 1M"};
  return complaint;
}

Complaint check_byte_size(std::string_view text) {
  if (parse_size(text)) return std::nullopt;
  return complaint_about_size(text, "write a whole number and K, M, G or T, such as 64K");
}

Complaint check_permissions(std::string_view text) {
  if (parse_permissions(text)) return std::nullopt;
  if (!text.empty() && text.find_first_not_of("01234567") == std::string_view::npos) {
    return TextComplaint{"has bits beyond 777",
                         fmt::format("write {}: setuid, setgid and sticky are not possible",
                                     text.substr(text.size() - 3))};
  }
  if (text.starts_with("0o") && parse_permissions(text.substr(2)))
    return TextComplaint{"is not written as permissions are",
                         fmt::format("write {}", text.substr(2))};
  const std::string meant = meant_permissions(text);
  return TextComplaint{"is not an octal number", meant.empty()
                                                     ? "write permissions such as 644 or 0755"
                                                     : fmt::format("write {}", meant)};
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
  if (parse_partition_kind(text)) return std::nullopt;
  if (const auto uuid = base::Uuid::parse(text)) {
    if (*uuid != base::Uuid()) return std::nullopt;
    return TextComplaint{"means that the entry of the partition table is unused",
                         "leave the type out"};
  }
  return TextComplaint{"is neither a partition type nor a UUID", ""};
}

Complaint check_verity_name(std::string_view text) {
  const bool is_good = !text.empty() && text.find_first_not_of(k_lower) == std::string_view::npos;
  if (is_good) return std::nullopt;
  return TextComplaint{"is not a word of the letters a to z", "use \"root\" or \"usr\""};
}

Complaint check_hostname(std::string_view text) {
  if (text.size() > 64)
    return TextComplaint{"is longer than 64 characters, the most that Linux keeps", "shorten it"};
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
  const std::string meant = meant_time(text);
  return TextComplaint{"is neither a day nor a time",
                       meant.empty() ? "write it like 2026-01-31 or 2026-01-31T12:00:00Z"
                                     : fmt::format("write {}", meant)};
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
  // language[_TERRITORY][.CODESET][@modifier], or C and POSIX (locale(1), "Locale names").
  const auto is_word = [](std::string_view word, std::string_view others) {
    return holds_only(word, others);
  };
  const std::size_t at = text.find('@');
  const bool has_good_modifier = at == std::string_view::npos || is_word(text.substr(at + 1), "");
  const std::string_view before = text.substr(0, at);
  const std::size_t dot = before.find('.');
  const bool has_good_set = dot == std::string_view::npos || is_word(before.substr(dot + 1), "-");
  const std::vector<std::string> names = base::split(before.substr(0, dot), '_');
  const std::string& language = names.front();
  const bool is_language = language == "C" || language == "POSIX" ||
                           ((language.size() == 2 || language.size() == 3) &&
                            language.find_first_not_of(k_lower) == std::string::npos);
  const bool has_good_territory =
      names.size() == 1 || (names.size() == 2 && (names[1].size() == 2 || names[1].size() == 3) &&
                            is_word(names[1], ""));
  if (has_good_modifier && has_good_set && is_language && has_good_territory) return std::nullopt;
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

Complaint check_sha256(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdefABCDEF";
  if (text.size() == 64 && text.find_first_not_of(digits) == std::string_view::npos)
    return std::nullopt;
  return TextComplaint{"is not a SHA-256 digest",
                       "write the 64 digits that sha256sum prints, without a prefix"};
}

Complaint check_release_word(std::string_view text) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789._-";
  if (!text.empty() && text.find_first_not_of(allowed) == std::string_view::npos)
    return std::nullopt;
  return TextComplaint{"is not an identifier of os-release(5)",
                       "use lower-case letters, digits, \".\", \"_\" and \"-\""};
}

Complaint check_release_text(std::string_view text) {
  if (base::trimmed(text).empty()) return TextComplaint{"is blank", "write a name for people"};
  if (!base::has_control_characters(text)) return std::nullopt;
  return TextComplaint{"is more than one line", "write it on one line"};
}

Complaint check_url(std::string_view text) {
  if (has_scheme(text, {"file", "http", "https"})) return std::nullopt;
  return TextComplaint{"is not a URL with file, http or https", "use \"path\" for a directory"};
}

Complaint check_boot_url(std::string_view text) {
  const std::size_t colon = text.find("://");
  const std::string_view scheme = text.substr(0, colon == std::string_view::npos ? 0 : colon);
  constexpr std::array schemes = {"ftp", "http", "https", "nfs", "tftp"};
  if (std::find(schemes.begin(), schemes.end(), scheme) == schemes.end()) {
    const std::string lower = base::to_lower(scheme);
    const bool is_upper = std::find(schemes.begin(), schemes.end(), lower) != schemes.end();
    return TextComplaint{"is not a URL with ftp, http, https, nfs or tftp",
                         is_upper ? fmt::format("write {}{}", lower, text.substr(colon))
                                  : std::string("write it like http://host/path")};
  }
  if (text.find_first_of(k_blanks) != std::string_view::npos || base::has_control_characters(text))
    return TextComplaint{"holds a blank, which ends a word of the kernel command line",
                         "write %20 for a blank"};
  return check_url_parts(text.substr(colon + 3));
}

Complaint check_oci_reference(std::string_view text) {
  constexpr std::string_view example = "write it like registry.example/name:tag";
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos)
    return TextComplaint{"names no registry", std::string(example)};
  if (!is_registry(text.substr(0, slash)))
    return TextComplaint{"does not begin with the host of a registry", std::string(example)};
  std::string_view name = text.substr(slash + 1);
  const std::size_t at = name.find('@');
  if (at != std::string_view::npos) {
    if (!is_digest(name.substr(at + 1)))
      return TextComplaint{"has a digest that is none",
                           "write @sha256: and 64 digits from 0-9 and a-f, or leave it out"};
    name = name.substr(0, at);
  }
  // With a digest, what follows a colon is not looked at.
  const std::size_t colon = name.find(':');
  if (colon != std::string_view::npos) {
    if (at == std::string_view::npos && !is_tag(name.substr(colon + 1)))
      return TextComplaint{
          "has a tag that is none",
          "start a tag with a letter, a digit or \"_\"; \".\" and \"-\" may follow"};
    name = name.substr(0, colon);
  }
  if (is_repository(name)) return std::nullopt;
  const std::string lower = base::to_lower(name);
  return TextComplaint{"has a repository name that is none",
                       is_repository(lower) ? fmt::format("write {} in lower case", name)
                                            : std::string(example)};
}

Complaint check_container_image_name(std::string_view text) {
  if (auto complaint = check_oci_reference(text)) {
    complaint->hint = "write it in full, like registry.k8s.io/pause:3.9 or "
                      "docker.io/library/busybox:1.36";
    return complaint;
  }
  if (text.find('@') != std::string_view::npos)
    return TextComplaint{"has a digest", "leave it out: the lock has it"};
  if (text.find(':', text.find('/')) == std::string_view::npos)
    return TextComplaint{"has no tag", "add the one that pods ask for, such as \":3.9\""};
  return std::nullopt;
}

Complaint check_container_source(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view word = text.substr(0, colon);
  if (colon == std::string_view::npos ||
      (word != "oci" && word != "oci-archive" && word != "docker-archive"))
    return TextComplaint{"does not say what it is",
                         "write oci:DIRECTORY, oci-archive:FILE or docker-archive:FILE"};
  const std::string_view rest = text.substr(colon + 1);
  const std::size_t end = rest.find(':');
  if (rest.empty() || end == 0)
    return TextComplaint{"names no file", "write its path after the colon"};
  if (end != std::string_view::npos && end + 1 == rest.size())
    return TextComplaint{"ends with a colon", "add the tag of the image, or leave out the colon"};
  return std::nullopt;
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
  if (is_repository_part(text)) return std::nullopt;
  return TextComplaint{"is not the name of an image variant", "write it like minimal-os"};
}

Complaint check_fingerprint(std::string_view text) {
  if (model::is_fingerprint(text)) return std::nullopt;
  return TextComplaint{"is not the fingerprint of a key",
                       "write its 40 (version 6: 64) hexadecimal digits without blanks"};
}

Complaint check_sysctl_key(std::string_view text) {
  if (holds_only(text, "._-/*:") && text.front() != '.' && text.back() != '.') return std::nullopt;
  return TextComplaint{"is not a kernel parameter", "write it like net.ipv4.ip_forward"};
}

} // namespace imagewright::config
