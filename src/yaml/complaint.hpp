// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace imagewright::yaml {

/// A syntax error in our words.
struct Complaint {
  std::string message;
  std::string hint;
};

/// What the parser library means by its message.
Complaint complaint_for(std::string_view library_message);
/// About a tab in front of a line; the library may call it something else.
Complaint tab_complaint();

} // namespace imagewright::yaml
