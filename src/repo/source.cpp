// SPDX-License-Identifier: MIT
#include "source.hpp"

#include <algorithm>
#include <charconv>

#include <imagewright/base/text.hpp>

namespace imagewright::repo {

namespace {

/// RFC 3986, section 2.1; what is not an escape stays as it is.
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

Source source_of_url(const std::string& url) {
  if (const auto path = find_local_path(url)) return {.directory = *path};
  return {.url = url};
}

} // namespace

std::optional<std::filesystem::path> find_local_path(std::string_view url) {
  constexpr std::string_view scheme = "file:";
  if (!url.starts_with(scheme)) return std::nullopt;
  url.remove_prefix(scheme.size());
  // "file:///path", "file://localhost/path" and "file:/path" (RFC 8089)
  for (const std::string_view authority : {"//localhost/", "///"}) {
    if (url.starts_with(authority)) {
      url.remove_prefix(authority.size() - 1);
      break;
    }
  }
  return percent_decoded(url);
}

Source source_of(const model::Repository& repository) {
  if (!repository.path.empty()) return {.directory = repository.path};
  if (!repository.base_url.empty()) return source_of_url(repository.base_url);
  // The convention of yum and dnf: a metalink says so in its URL.
  const std::string& list = repository.mirror_list;
  if (list.find("metalink") != std::string::npos) return {.metalink = list};
  return {.mirror_list = list};
}

FileAddress address_of_file(const std::string& path_or_url) {
  const auto local = path_or_url.starts_with('/') ? std::filesystem::path(path_or_url)
                                                  : find_local_path(path_or_url).value_or("");
  if (!local.empty()) return {{.directory = local.parent_path()}, local.filename().string()};
  const std::size_t slash = path_or_url.rfind('/');
  if (slash == std::string::npos) return {{.url = path_or_url}, ""};
  return {{.url = path_or_url.substr(0, slash)}, path_or_url.substr(slash + 1)};
}

bool is_safe_relative_path(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.find('\0') != std::string_view::npos) {
    return false;
  }
  const auto parts = base::split(path, '/');
  return std::find(parts.begin(), parts.end(), "..") == parts.end();
}

} // namespace imagewright::repo
