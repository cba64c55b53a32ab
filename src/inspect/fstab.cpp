// SPDX-License-Identifier: MIT
#include <array>
#include <cctype>
#include <utility>

#include <imagewright/base/text.hpp>
#include <imagewright/inspect/fstab.hpp>

namespace imagewright::inspect {

namespace {

bool is_octal(char digit) {
  return digit >= '0' && digit <= '7';
}

/// "\040" is a blank, as getmntent(3) has it.
std::string without_octal_escapes(std::string_view field) {
  std::string text;
  for (std::size_t at = 0; at < field.size(); ++at) {
    const bool is_escape = field[at] == '\\' && at + 3 < field.size() && is_octal(field[at + 1]) &&
                           is_octal(field[at + 2]) && is_octal(field[at + 3]);
    if (!is_escape) {
      text += field[at];
      continue;
    }
    text += static_cast<char>((field[at + 1] - '0') * 64 + (field[at + 2] - '0') * 8 +
                              (field[at + 3] - '0'));
    at += 3;
  }
  return text;
}

/// "\x20" is a blank, as udev writes names below /dev/disk.
std::string without_udev_escapes(std::string_view name) {
  std::string text;
  for (std::size_t at = 0; at < name.size(); ++at) {
    const bool is_escape = name.substr(at).starts_with("\\x") && at + 3 < name.size() &&
                           std::isxdigit(static_cast<unsigned char>(name[at + 2])) != 0 &&
                           std::isxdigit(static_cast<unsigned char>(name[at + 3])) != 0;
    if (!is_escape) {
      text += name[at];
      continue;
    }
    text += static_cast<char>(std::stoi(std::string(name.substr(at + 2, 2)), nullptr, 16));
    at += 3;
  }
  return text;
}

/// LABEL="my data", which libmount takes as well.
std::string without_quotes(const std::string& source) {
  const std::size_t equals = source.find('=');
  const std::size_t start = equals == std::string::npos ? 0 : equals + 1;
  const std::string_view value = std::string_view(source).substr(start);
  const bool is_quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                         value.back() == value.front();
  if (!is_quoted) return source;
  return source.substr(0, start) + std::string(value.substr(1, value.size() - 2));
}

std::string normal_path(std::string_view path) {
  std::string normal;
  for (const std::string& part : base::split(path, '/')) {
    if (!part.empty() && part != ".") normal += "/" + part;
  }
  return normal.empty() ? "/" : normal;
}

/// Fields are separated by blanks; inside of quotes a blank belongs to the field.
std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields;
  std::string field;
  char quote = '\0';
  for (const char letter : line) {
    if (quote == '\0' && (letter == ' ' || letter == '\t')) {
      if (!field.empty()) fields.push_back(std::exchange(field, {}));
      continue;
    }
    // A quote opens behind "=" only: elsewhere it is a letter like others.
    const bool opens = quote == '\0' && (letter == '"' || letter == '\'') && field.ends_with('=');
    if (opens) {
      quote = letter;
    } else if (letter == quote) {
      quote = '\0';
    }
    field += letter;
  }
  if (!field.empty()) fields.push_back(std::move(field));
  return fields;
}

} // namespace

std::optional<std::string> subvolume_of(std::string_view options) {
  constexpr std::string_view k_path = "subvol=";
  constexpr std::string_view k_number = "subvolid=";
  std::optional<std::string> found;
  for (const std::string& option : base::split(options, ',')) {
    if (option.starts_with(k_path)) {
      const std::string path = normal_path(without_octal_escapes(option.substr(k_path.size())));
      // What stands last counts, as for mount(8); the path says more than the number beside it.
      found = path.substr(1);
    } else if (option.starts_with(k_number) && !found) {
      found = "#" + option.substr(k_number.size());
    }
  }
  return found;
}

std::vector<FstabLine> parse_fstab(std::string_view text) {
  std::vector<FstabLine> lines;
  for (const std::string& line : base::split(text, '\n')) {
    const std::string_view trimmed = base::trimmed(line);
    if (trimmed.starts_with('#')) continue;
    const std::vector<std::string> fields = fields_of(trimmed);
    if (fields.size() < 2) continue;
    const std::string mount_point = without_octal_escapes(fields[1]);
    if (!mount_point.starts_with('/')) continue;
    lines.push_back({.source = without_quotes(without_octal_escapes(fields[0])),
                     .mount_point = normal_path(mount_point),
                     .type = fields.size() > 2 ? fields[2] : "auto",
                     .options = fields.size() > 3 ? fields[3] : "defaults"});
  }
  return lines;
}

MountName parse_source(const std::string& source) {
  using Kind = MountName::Kind;
  struct Form {
    std::string_view tag;
    std::string_view directory;
    Kind kind;
  };
  constexpr std::array forms{Form{"UUID=", "/dev/disk/by-uuid/", Kind::uuid},
                             Form{"LABEL=", "/dev/disk/by-label/", Kind::label},
                             Form{"PARTUUID=", "/dev/disk/by-partuuid/", Kind::part_uuid},
                             Form{"PARTLABEL=", "/dev/disk/by-partlabel/", Kind::part_label}};
  const auto named = [](Kind kind, std::string value) {
    const bool is_identifier = kind == Kind::uuid || kind == Kind::part_uuid;
    return MountName{kind, is_identifier ? base::to_lower(value) : std::move(value)};
  };
  for (const Form& form : forms) {
    if (source.starts_with(form.tag)) return named(form.kind, source.substr(form.tag.size()));
    if (source.starts_with(form.directory))
      return named(form.kind, without_udev_escapes(source.substr(form.directory.size())));
  }
  constexpr std::string_view mapper = "/dev/mapper/";
  if (source == "/dev/mapper/root" || source == "/dev/mapper/usr")
    return {Kind::verity, source.substr(mapper.size())};
  for (const std::string_view disk :
       {"/dev/sd", "/dev/vd", "/dev/xvd", "/dev/hd", "/dev/nvme", "/dev/mmcblk"}) {
    if (!source.starts_with(disk)) continue;
    const std::size_t digits = source.find_last_not_of("0123456789") + 1;
    if (digits < source.size()) return {Kind::number, source.substr(digits)};
  }
  return {Kind::other, source};
}

} // namespace imagewright::inspect
