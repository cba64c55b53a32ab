// SPDX-License-Identifier: MIT
// Texts that name something on a network: URLs and references to images of a registry.
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "config/language/characters.hpp"
#include "config/language/text_checks.hpp"

namespace imagewright::config {

namespace {

using Complaint = std::optional<TextComplaint>;

bool has_scheme(std::string_view text, std::initializer_list<std::string_view> schemes) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon + 3 == text.size()) return false;
  if (text.find_first_of(k_blanks) != std::string_view::npos) return false;
  const std::string scheme = base::to_lower(text.substr(0, colon));
  return std::find(schemes.begin(), schemes.end(), scheme) != schemes.end();
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

} // namespace

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

/// A tag may stand for another image tomorrow.
Complaint check_image_in_registry(std::string_view reference) {
  if (auto complaint = check_oci_reference(reference)) {
    complaint->hint = "write it like registry:registry.k8s.io/pause:3.9@sha256:DIGEST";
    return complaint;
  }
  const std::size_t at = reference.find('@');
  if (at == std::string_view::npos || !reference.substr(at + 1).starts_with("sha256:")) {
    return TextComplaint{"has no digest of the kind sha256",
                         "add \"@sha256:\" and the digest, which for example \"skopeo inspect "
                         "--raw docker://NAME | sha256sum\" shows"};
  }
  const std::string_view name = reference.substr(reference.find('/') + 1);
  const std::size_t colon = name.substr(0, name.find('@')).find(':');
  const bool has_bad_tag = colon != std::string_view::npos &&
                           !is_tag(name.substr(colon + 1, name.find('@') - colon - 1));
  if (has_bad_tag) {
    return TextComplaint{"has a tag that is none",
                         "start a tag with a letter, a digit or \"_\"; \".\" and \"-\" may follow"};
  }
  return std::nullopt;
}

Complaint check_container_source(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view word = text.substr(0, colon);
  if (colon == std::string_view::npos ||
      (word != "oci" && word != "oci-archive" && word != "docker-archive" && word != "registry"))
    return TextComplaint{"does not say what it is",
                         "write oci:DIRECTORY, oci-archive:FILE, docker-archive:FILE or "
                         "registry:NAME@sha256:DIGEST"};
  const std::string_view rest = text.substr(colon + 1);
  if (word == "registry") return check_image_in_registry(rest);
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

} // namespace imagewright::config
