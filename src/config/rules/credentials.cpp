// SPDX-License-Identifier: MIT
#include "config/rules/credentials.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/path_pattern.hpp>
#include <imagewright/base/paths.hpp>
#include <imagewright/base/private_key.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::config {

namespace {

/// Names of keys that sshd(8) knows (ssh-keygen(1), "-t"; PROTOCOL.certkeys; PROTOCOL.u2f).
constexpr std::array k_key_types = {"ssh-ed25519",
                                    "ssh-rsa",
                                    "ssh-dss",
                                    "ecdsa-sha2-nistp256",
                                    "ecdsa-sha2-nistp384",
                                    "ecdsa-sha2-nistp521",
                                    "sk-ssh-ed25519@openssh.com",
                                    "sk-ecdsa-sha2-nistp256@openssh.com",
                                    "ssh-ed25519-cert-v01@openssh.com",
                                    "ssh-rsa-cert-v01@openssh.com",
                                    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
                                    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
                                    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
                                    "sk-ssh-ed25519-cert-v01@openssh.com",
                                    "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com"};

/// Words of a line, where a blank inside of double quotes does not end one (sshd(8),
/// "AUTHORIZED_KEYS FILE FORMAT").
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool is_quoted = false;
  for (std::size_t index = 0; index < line.size(); ++index) {
    const char character = line[index];
    if (character == '"' && (index == 0 || line[index - 1] != '\\')) is_quoted = !is_quoted;
    if ((character == ' ' || character == '\t') && !is_quoted) {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
    } else {
      word += character;
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::optional<std::string> decoded(std::string_view text) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t end = std::min(text.find('='), text.size());
  if (text.size() % 4 != 0 || text.size() - end > 2) return std::nullopt;
  if (text.substr(end).find_first_not_of('=') != std::string_view::npos) return std::nullopt;
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char character : text.substr(0, end)) {
    const std::size_t value = alphabet.find(character);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<unsigned>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
  }
  return bytes;
}

/// The data of a key is fields with a length of four bytes each (RFC 4253, section 6.6); the first
/// is the name of its type.
bool is_key_data(std::string_view text, std::string_view type) {
  const auto bytes = decoded(text);
  if (!bytes) return false;
  std::size_t offset = 0;
  std::size_t fields = 0;
  while (offset < bytes->size()) {
    if (bytes->size() - offset < 4) return false;
    std::size_t length = 0;
    for (std::size_t index = 0; index < 4; ++index)
      length = (length << 8U) | static_cast<unsigned char>((*bytes)[offset + index]);
    offset += 4;
    if (length > bytes->size() - offset) return false;
    if (fields == 0 && bytes->substr(offset, length) != type) return false;
    offset += length;
    ++fields;
  }
  return fields >= 2;
}

enum class Verdict : std::uint8_t { good, damaged, no_key };

Verdict judge(std::string_view line) {
  const std::vector<std::string> words = words_of(line);
  // Options may stand before the type.
  for (std::size_t index = 0; index < std::min<std::size_t>(words.size(), 2); ++index) {
    if (std::find(k_key_types.begin(), k_key_types.end(), words[index]) == k_key_types.end())
      continue;
    const bool is_good = index + 1 < words.size() && is_key_data(words[index + 1], words[index]);
    return is_good ? Verdict::good : Verdict::damaged;
  }
  return Verdict::no_key;
}

void report_private(base::Diagnostics& diagnostics, std::string_view what,
                    const base::SourceLocation& where) {
  diagnostics.error(
      "config.private-key",
      fmt::format("{} is a PRIVATE key; everybody who has the image would have it", what), where,
      "give the file that ends in .pub, and make a new key if this one was shared");
}

/// A method of crypt(5): how its hashes begin, and how long they are at least.
struct Method {
  std::string_view prefix;
  std::size_t shortest = 0;
};

constexpr std::array k_methods = {Method{"$y$", 60},   Method{"$gy$", 60}, Method{"$7$", 60},
                                  Method{"$2b$", 60},  Method{"$2y$", 60}, Method{"$2a$", 60},
                                  Method{"$2x$", 60},  Method{"$6$", 90},  Method{"$5$", 47},
                                  Method{"$sha1", 40}, Method{"$md5", 30}, Method{"$1$", 26},
                                  Method{"$3$", 36},   Method{"_", 20}};

constexpr std::string_view k_hash_letters =
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

} // namespace

base::Diagnostics check_public_key(const model::LocatedText& key, std::string_view user) {
  base::Diagnostics diagnostics;
  const std::string name = base::quoted(user);
  if (base::is_private_key(key.text)) {
    report_private(diagnostics, fmt::format("a public key of {}", name), key.where);
    return diagnostics;
  }
  const std::string_view line = base::trimmed(key.text);
  if (base::has_control_characters(line)) {
    diagnostics.error("config.bad-value",
                      fmt::format("a public key of {} has more than one line", name), key.where,
                      "write each key as an item of its own");
    return diagnostics;
  }
  if (line.starts_with('#')) return diagnostics;
  switch (judge(line)) {
  case Verdict::good:
    break;
  case Verdict::damaged:
    diagnostics.warning("config.unusable-key",
                        fmt::format("a public key of {} is damaged: sshd will not accept it", name),
                        key.where, "copy the whole line of the .pub file");
    break;
  case Verdict::no_key:
    // Image Customizer takes such a config, and so it stays valid.
    diagnostics.warning(
        "config.unusable-key", fmt::format("a public key of {} is no key that sshd knows", name),
        key.where, "copy the line of the .pub file, which begins like \"ssh-ed25519\"");
    break;
  }
  return diagnostics;
}

base::Diagnostics check_public_key_file(std::string_view text, const base::SourceLocation& where,
                                        std::string_view path) {
  base::Diagnostics diagnostics;
  const std::string name = base::quoted(path);
  if (base::is_private_key(text)) {
    report_private(diagnostics, fmt::format("the file {}", name), where);
    return diagnostics;
  }
  bool has_key = false;
  std::size_t number = 0;
  for (const std::string& each : base::split(text, '\n')) {
    ++number;
    const std::string_view line = base::trimmed(each);
    if (line.empty() || line.starts_with('#')) continue;
    const Verdict verdict = judge(line);
    has_key = has_key || verdict != Verdict::no_key;
    if (verdict != Verdict::damaged) continue;
    diagnostics.warning(
        "config.unusable-key",
        fmt::format("the key in line {} of the file {} is damaged: sshd will not accept it", number,
                    name),
        where, "copy the whole line of the .pub file");
  }
  if (!has_key) {
    diagnostics.warning("config.unusable-key",
                        fmt::format("the file {} holds no key that sshd knows", name), where,
                        "give the file that ends in .pub");
  }
  return diagnostics;
}

bool is_place_of_public_keys(std::string_view destination) {
  constexpr std::array directories = {"/etc/pki/rpm-gpg",
                                      "/etc/pki/ca-trust/source",
                                      "/usr/share/pki/ca-trust-source",
                                      "/usr/share/pki/rpm-gpg",
                                      "/usr/share/distribution-gpg-keys",
                                      "/usr/local/share/ca-certificates",
                                      "/etc/keys/ima"};
  constexpr std::array endings = {".pub",
                                  ".crt",
                                  ".cer",
                                  "/authorized_keys",
                                  "/authorized_keys2",
                                  "/known_hosts",
                                  "/ssh_known_hosts"};
  return std::ranges::any_of(
             directories,
             [&](const char* directory) { return base::is_at_or_below(destination, directory); }) ||
         std::ranges::any_of(endings,
                             [&](const char* ending) { return destination.ends_with(ending); });
}

base::Diagnostics check_file_in_public_place(std::string_view content,
                                             const base::SourceLocation& where,
                                             std::string_view destination) {
  base::Diagnostics diagnostics;
  if (!is_place_of_public_keys(destination) || !base::is_private_key(content)) return diagnostics;
  diagnostics.error("config.private-key",
                    fmt::format("what goes to {}, a place of public keys, is a PRIVATE key; "
                                "everybody who has the image would have it",
                                base::quoted(destination)),
                    where, "give its public half or the certificate alone");
  return diagnostics;
}

base::Diagnostics check_password_hash(const std::string& hash, const base::SourceLocation& where,
                                      std::string_view user) {
  base::Diagnostics diagnostics;
  constexpr std::string_view hint = "use the output of \"openssl passwd -6\"";
  const std::string name = base::quoted(user);
  // A mark in front locks the password and keeps it (shadow(5)).
  const std::string_view text =
      std::string_view(hash).substr(std::min(hash.find_first_not_of("!*"), hash.size()));
  if (text.empty()) return diagnostics;
  const auto method = std::find_if(k_methods.begin(), k_methods.end(), [&](const Method& each) {
    return text.starts_with(each.prefix);
  });
  const bool is_traditional =
      text.size() == 13 && text.find_first_not_of(k_hash_letters) == std::string_view::npos;
  if (method == k_methods.end() && !is_traditional) {
    diagnostics.error("config.unusable-password",
                      fmt::format("the password of {} is no hash that crypt knows", name), where,
                      std::string(hint));
  } else if (method != k_methods.end() && text.size() < method->shortest) {
    diagnostics.warning("config.unusable-password",
                        fmt::format("the hash of the password of {} is cut off", name), where,
                        std::string(hint));
  }
  return diagnostics;
}

} // namespace imagewright::config
