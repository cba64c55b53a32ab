// SPDX-License-Identifier: MIT
#include "archive/utf8_thread.hpp"

#include <imagewright/base/error.hpp>

namespace imagewright::archive {

Utf8Thread::Utf8Thread() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
  if (locale_ == nullptr) {
    throw base::Error(base::FailureKind::host, "archive.unsupported",
                      "this host's C library has no locale C.UTF-8",
                      "install the C library's locales");
  }
  previous_ = ::uselocale(locale_);
}

Utf8Thread::~Utf8Thread() {
  ::uselocale(previous_);
  ::freelocale(locale_);
}

} // namespace imagewright::archive
