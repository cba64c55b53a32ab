// SPDX-License-Identifier: MIT
#include "source.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <imagewright/base/url.hpp>

namespace imagewright::repo {

namespace {

Source source_of_url(const std::string& url) {
  if (const auto path = find_local_path(url)) return {.directory = *path};
  return {.url = url};
}

/// A URL of metadata with what no URL can have (RFC 3986, section 2) as an escape; escapes stay.
std::string with_legal_letters(std::string_view url) {
  constexpr std::string_view k_illegal = " \"<>\\^`{|}";
  std::string result;
  for (const char letter : url) {
    const bool is_legal =
        letter > ' ' && letter < '\x7f' && k_illegal.find(letter) == std::string_view::npos;
    result += is_legal ? std::string(1, letter)
                       : fmt::format("%{:02X}", static_cast<unsigned char>(letter));
  }
  return result;
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
  return base::percent_decoded(url);
}

std::optional<std::string> find_base_fault(const std::string& base, const Source& source) {
  if (source.is_local())
    return base::find_base_fault(base, base::uri_of_file(source.directory.string()));
  const std::string own = source.url.empty() ? source.mirror_list + source.metalink : source.url;
  return base::find_base_fault(base, own);
}

Source source_below(const std::string& base, const Source& source) {
  return base.empty() ? source : source_of_url(with_legal_letters(base));
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
  return {{.url = path_or_url}, ""};
}

std::string url_below(const std::string& base, const std::string& path) {
  if (path.empty()) return base;
  const std::size_t end = std::min(base.find_first_of("?#"), base.size());
  std::string url = base.substr(0, end);
  while (url.ends_with('/'))
    url.pop_back();
  // What stands behind "#" never goes to a server.
  const std::string query = base.substr(end, base.find('#', end) - end);
  return url + "/" + base::percent_encoded_path(path) + query;
}

} // namespace imagewright::repo
