// SPDX-License-Identifier: MIT
#include "rpm_handles.hpp"

namespace imagewright::install {

std::string text_of(Header header, rpmTagVal tag) {
  const char* text = headerGetString(header, tag);
  return text != nullptr ? text : "";
}

model::Nevra nevra_of(Header header) {
  return {text_of(header, RPMTAG_NAME),
          static_cast<std::uint32_t>(headerGetNumber(header, RPMTAG_EPOCH)),
          text_of(header, RPMTAG_VERSION), text_of(header, RPMTAG_RELEASE),
          text_of(header, RPMTAG_ARCH)};
}

} // namespace imagewright::install
