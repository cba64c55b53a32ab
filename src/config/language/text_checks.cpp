// SPDX-License-Identifier: MIT
#include "config/language/text_checks.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/base/uuid.hpp>
#include <imagewright/model/repository.hpp>

#include "config/language/characters.hpp"
#include "config/language/language.hpp"
#include "config/language/meanings.hpp"
#include "config/values.hpp"

namespace imagewright::config {

namespace {

using Complaint = std::optional<TextComplaint>;

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

Complaint check_variable_name(std::string_view text) {
  if (text.empty()) return TextComplaint{"is empty", "write the name of a variable"};
  if (text.find_first_of(std::string_view("=\0\n", 3)) == std::string_view::npos)
    return std::nullopt;
  return TextComplaint{"holds \"=\" or a line break", "write the name of a variable alone"};
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
