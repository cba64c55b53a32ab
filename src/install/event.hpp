// SPDX-License-Identifier: MIT
#pragma once

// What the inside tells the outside while it installs.

#include <cstdint>
#include <string>
#include <string_view>

namespace imagewright::install {

enum class EventKind : std::uint8_t {
  verified,           ///< every package can be believed; `number` is how many there are
  package_started,    ///< `package`; `number` is its place
  package_finished,   ///< `package`
  scriptlet_started,  ///< `package`, `text`: "%post"
  scriptlet_finished, ///< likewise
  scriptlet_failed,   ///< likewise; `detail` says how
  warning,            ///< `text`
  unpacking,          ///< `package`; now and then
  hindered, ///< `package` cannot be unpacked, or its scriptlet `detail` cannot run; `text`
            ///< is the path of a pipe in the way
};

struct Event {
  EventKind kind = EventKind::warning;
  std::string package;
  std::string text;
  std::string detail;
  std::uint64_t number = 0;

  bool operator==(const Event&) const = default;
};

std::string encode(const Event& event);
Event decode_event(std::string_view bytes);

} // namespace imagewright::install
