// SPDX-License-Identifier: MIT
#pragma once

// The encoding in which libarchive takes and gives names.

#include <clocale>

namespace imagewright::archive {

/// libarchive takes names to be in the thread's encoding. While this exists that is UTF-8,
/// whatever the user's locale, so that an archive does not depend on it.
class Utf8Thread {
public:
  /// Throws base::Error (archive.unsupported).
  Utf8Thread();
  Utf8Thread(const Utf8Thread&) = delete;
  Utf8Thread& operator=(const Utf8Thread&) = delete;
  Utf8Thread(Utf8Thread&&) = delete;
  Utf8Thread& operator=(Utf8Thread&&) = delete;
  ~Utf8Thread();

private:
  locale_t locale_;
  locale_t previous_ = nullptr;
};

} // namespace imagewright::archive
