// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/paths.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>

namespace imagewright::base {

namespace {

/// PATH_MAX of Linux.
constexpr std::size_t k_longest_location = 4096;
constexpr std::string_view k_separator = "://";
/// What ends a URL inside of a sentence.
constexpr std::string_view k_end_of_url = " \t\r\n\"'<>";

bool is_letter(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

bool is_digit(char character) {
  return character >= '0' && character <= '9';
}

bool may_be_in_scheme(char character) {
  return is_letter(character) || is_digit(character) || character == '+' || character == '-' ||
         character == '.';
}

/// Behind what begins a URL, or the end: "https://", and for the usual protocols also "https:/" and
/// "https:", which others than the writer meant.
std::size_t find_authority(std::string_view text) {
  for (std::size_t colon = text.find(':'); colon != std::string_view::npos;
       colon = text.find(':', colon + 1)) {
    if (text.substr(colon).starts_with(k_separator)) return colon + k_separator.size();
    std::size_t start = colon;
    while (start > 0 && is_letter(text[start - 1]))
      --start;
    const std::string scheme = to_lower(text.substr(start, colon - start));
    if (scheme == "http" || scheme == "https" || scheme == "ftp")
      return text.substr(colon).starts_with(":/") ? colon + 2 : colon + 1;
  }
  return text.size();
}

/// How much of a text that begins with an authority is user and password. RFC 3986, section 3.2:
/// the authority ends at "/", "?" or "#", but a password that is not escaped may hold these,
/// blanks, quotes and "@". It is known by what stands in the place of a port and is no number.
std::size_t login_length(std::string_view text) {
  const std::string_view host = text.substr(0, text.find_first_of("/?# \t\n\"'<>"));
  std::size_t at = host.rfind('@');
  if (at != std::string_view::npos) return at + 1;
  const std::size_t colon = host.find(':');
  if (colon == std::string_view::npos || host.starts_with('[') ||
      host.find_first_not_of("0123456789", colon + 1) == std::string_view::npos)
    return 0;
  const std::string_view line = text.substr(0, std::min(text.find('\n'), text.find(k_separator)));
  at = line.substr(0, line.find_first_of(" \t")).rfind('@');
  if (at == std::string_view::npos) at = line.find('@');
  return at == std::string_view::npos ? 0 : at + 1;
}

/// Where the parts of the URL that may be seen end: before its query or fragment.
std::size_t end_of_visible(std::string_view url) {
  return std::min(url.find_first_of("?#"), url.size());
}

bool has_climbing_part(std::string_view path) {
  const auto parts = split(path, '/');
  return std::any_of(parts.begin(), parts.end(), [](const std::string& part) {
    const std::string decoded = percent_decoded(part);
    return decoded == "." || decoded == ".." ||
           decoded.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos;
  });
}

/// RFC 8089: "file:///path", "file://localhost/path", "file:/path". Another host's stays as it is.
std::string path_of_file(std::string_view url) {
  url.remove_prefix(std::min(url.find(':') + 1, url.size()));
  for (const std::string_view authority : {"//localhost/", "///"}) {
    if (!url.starts_with(authority)) continue;
    url.remove_prefix(authority.size() - 1);
    break;
  }
  std::string path = percent_decoded(url);
  while (path.size() > 1 && path.back() == '/')
    path.pop_back();
  return path;
}

/// RFC 7512, section 2.4: the PIN of a token may stand in the URI of a key. It ends at the next
/// attribute.
std::string without_pins(std::string text) {
  constexpr std::string_view k_pin = "pin-value=";
  for (std::size_t at = text.find(k_pin); at != std::string::npos; at = text.find(k_pin, at)) {
    at += k_pin.size();
    const std::size_t end = std::min(text.find_first_of("&;? \t\r\n\"'", at), text.size());
    text.erase(at, end - at);
  }
  return text;
}

} // namespace

std::string without_secrets(std::string_view text) {
  std::string result;
  while (true) {
    const std::size_t authority = find_authority(text);
    result.append(text.substr(0, authority));
    text.remove_prefix(authority);
    if (text.empty()) return without_pins(std::move(result));
    text.remove_prefix(login_length(text));
    std::string_view url = text.substr(0, text.find_first_of(k_end_of_url));
    // Another URL may stand in the query of this one: all of it goes.
    result.append(url.substr(0, end_of_visible(url)));
    text.remove_prefix(url.size());
    // "…?token=x: it failed": punctuation that followed the URL still separates the words.
    if (end_of_visible(url) < url.size() && (url.back() == ':' || url.back() == ',')) {
      result.push_back(url.back());
    }
  }
}

std::optional<std::string> find_location_fault(std::string_view location) {
  if (location.empty()) return "is empty";
  if (location.size() > k_longest_location) return "is longer than any path";
  if (location.front() == '/') return "is an absolute path";
  if (has_control_characters(location)) return "has control characters";
  const std::string_view first = location.substr(0, location.find('/'));
  if (location.find(k_separator) != std::string_view::npos ||
      (first.size() < location.size() && first.ends_with(':'))) {
    return "has a scheme";
  }
  const auto parts = split(location, '/');
  if (std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part.empty(); })) {
    return "has an empty part";
  }
  if (has_climbing_part(location)) return "does not stay below its repository";
  return std::nullopt;
}

std::optional<std::string> find_base_fault(std::string_view url, std::string_view base_url) {
  const std::string scheme = scheme_of(url);
  const std::string own = base_url.empty() ? "file" : scheme_of(base_url);
  if (scheme.empty()) return "is no URL";
  if (url.size() > k_longest_location) return "is longer than any path";
  if (scheme != own && !(own == "http" && scheme == "https")) {
    return fmt::format("leads from {} to {}", own, escape_controls(scheme));
  }
  if (has_control_characters(url)) return "has control characters";
  if (end_of_visible(url) != url.size()) return "has a query or a fragment";
  std::string_view rest = url.substr(scheme.size() + 1);
  if (rest.starts_with("//")) rest.remove_prefix(2);
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (authority.find('@') != std::string_view::npos) return "has a user name";
  if (authority.empty() && scheme != "file") return "names no host";
  if (has_climbing_part(rest.substr(authority.size()))) return "has parts that climb";
  const bool is_below_own =
      !base_url.empty() && is_at_or_below(path_of_file(url), path_of_file(base_url));
  if (scheme == "file" && !is_below_own) return "leads out of its repository";
  return std::nullopt;
}

std::string percent_encoded_path(std::string_view path) {
  std::string result;
  for (const char character : path) {
    // The unreserved characters of RFC 3986, section 2.3, and what separates parts.
    const bool is_plain = is_letter(character) || is_digit(character) ||
                          std::string_view("-._~/").find(character) != std::string_view::npos;
    result += is_plain ? std::string(1, character)
                       : fmt::format("%{:02X}", static_cast<unsigned char>(character));
  }
  return result;
}

std::string uri_of_file(std::string_view path) {
  return (path.starts_with('/') ? "file://" : "") + percent_encoded_path(path);
}

std::string percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t index = 0; index < text.size(); ++index) {
    unsigned value = 0;
    if (text[index] == '%' && index + 2 < text.size()) {
      const char* begin = text.data() + index + 1;
      const auto [end, error] = std::from_chars(begin, begin + 2, value, 16);
      if (error == std::errc() && end == begin + 2) {
        result.push_back(static_cast<char>(value));
        index += 2;
        continue;
      }
    }
    result.push_back(text[index]);
  }
  return result;
}

std::string scheme_of(std::string_view url) {
  const std::size_t colon = url.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_letter(url.front())) return {};
  const std::string_view scheme = url.substr(0, colon);
  if (!std::all_of(scheme.begin(), scheme.end(), may_be_in_scheme)) return {};
  return to_lower(scheme);
}

bool is_plain_word(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    if (colon == 0 || text.find_first_not_of("0123456789") != colon) return false;
    text.remove_prefix(colon + 1);
  }
  return std::all_of(text.begin(), text.end(), [](char character) {
    return character > ' ' && character < 0x7F && character != ':' && character != '#' &&
           character != '/';
  });
}

Place split_place(const std::string& location) {
  if (location.find(k_separator) == std::string::npos) return {.base = {}, .path = location};
  const std::size_t slash = location.rfind('/');
  return {.base = location.substr(0, slash), .path = location.substr(slash + 1)};
}

std::string join_place(const Place& place) {
  if (place.base.empty()) return place.path;
  const std::size_t slash = place.path.rfind('/');
  if (slash == std::string::npos) return place.base + "/" + place.path;
  // The base is a URL already; only the name of the file is encoded when it is asked for.
  return place.base + "/" + percent_encoded_path(place.path.substr(0, slash)) +
         place.path.substr(slash);
}

} // namespace imagewright::base
