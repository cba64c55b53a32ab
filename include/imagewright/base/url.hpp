// SPDX-License-Identifier: MIT
#pragma once

// URLs and paths that strangers wrote: what may be followed, and what must not be seen.

#include <optional>
#include <string>
#include <string_view>

namespace imagewright::base {

/// The text with the user name and password, the query and the fragment of every URL in it removed
/// ("https://user:word@host/path?token=1" becomes "https://host/path"): for messages and files.
std::string without_secrets(std::string_view text);

/// Why a location in metadata, in a lock or below a mirror is refused, as the end of a sentence
/// ("has a scheme"); nothing when it is a plain path below its base.
std::optional<std::string> find_location_fault(std::string_view location);

/// Why a URL that stands in metadata in the place of a repository's own base is refused, as the end
/// of a sentence; nothing when its protocol is `base_url`'s own (or https instead of http) and it
/// is an address without user, password, query and climbing parts. A directory of this host
/// (`base_url` is a "file:" URL) may be left for another one below it, and for nothing else.
std::optional<std::string> find_base_fault(std::string_view url, std::string_view base_url);

/// Each byte that a path of a URL cannot hold as %XX (RFC 3986, section 3.3), and each that servers
/// do not agree on, such as "+". Slashes stay.
std::string percent_encoded_path(std::string_view path);

/// A path of this host as reports name it to other programs: a URL when it is absolute (RFC 8089),
/// else a relative reference.
std::string uri_of_file(std::string_view path);

/// RFC 3986, section 2.1; what is not an escape stays as it is.
std::string percent_decoded(std::string_view text);

/// "https" of "https://host/"; in lower case, empty when there is none.
std::string scheme_of(std::string_view url);

/// Only visible ASCII characters, and no colon that could begin a command to a CI service or a
/// second field: what names and architectures of packages are made of. A number and a colon may
/// stand in front ("1:2.0-3").
bool is_plain_word(std::string_view text);

/// A package's place in a lock: a path below its repository, or the whole URL when the metadata
/// gives it a base of its own.
struct Place {
  std::string base; ///< URL without a slash at its end, or empty
  std::string path;
};
Place split_place(const std::string& location);
std::string join_place(const Place& place);

} // namespace imagewright::base
