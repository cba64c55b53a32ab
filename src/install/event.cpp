// SPDX-License-Identifier: MIT
#include "event.hpp"

#include <imagewright/sandbox/byte_codec.hpp>

namespace imagewright::install {

std::string encode(const Event& event) {
  sandbox::ByteWriter writer;
  writer.number(static_cast<std::uint64_t>(event.kind))
      .text(event.package)
      .text(event.text)
      .text(event.detail);
  return writer.number(event.number).take();
}

Event decode_event(std::string_view bytes) {
  sandbox::ByteReader reader(bytes);
  Event event;
  event.kind = static_cast<EventKind>(reader.number());
  event.package = reader.text();
  event.text = reader.text();
  event.detail = reader.text();
  event.number = reader.number();
  return event;
}

} // namespace imagewright::install
