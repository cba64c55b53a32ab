// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/measure/measure.hpp>

namespace imagewright::measure {

namespace {

json::Object digests_json(const Digests& digests) {
  json::Object object;
  for (const auto& [algorithm, digest] : digests)
    object.emplace_back(std::string(base::to_string(algorithm)), digest.hex);
  return object;
}

} // namespace

std::string to_text(const Measurement& measurement) {
  std::string text = fmt::format("{} starts {}\n\n", base::escape_controls(measurement.loader),
                                 base::escape_controls(measurement.entry));
  for (const Register& row : measurement.registers) {
    if (!row.unknown.empty()) {
      text +=
          fmt::format("PCR {:<3} not known: {}\n", row.number, base::escape_controls(row.unknown));
      continue;
    }
    for (const auto& [algorithm, digest] : row.values)
      text += fmt::format("PCR {:<3} {} {}\n", row.number, base::to_string(algorithm), digest.hex);
  }
  text += "\nwhat is measured:\n";
  for (const Event& event : measurement.events) {
    text += fmt::format("PCR {:<3} {}: {} {}\n", event.pcr, event.type,
                        base::escape_controls(event.what),
                        event.digests.at(base::DigestAlgorithm::sha256).hex);
  }
  return text;
}

json::Value to_json(const Measurement& measurement) {
  json::Array registers;
  for (const Register& row : measurement.registers) {
    json::Object object{{"pcr", static_cast<std::int64_t>(row.number)}};
    if (row.unknown.empty()) {
      object.emplace_back("values", digests_json(row.values));
    } else {
      object.emplace_back("unknown", base::escape_controls(row.unknown));
    }
    registers.emplace_back(std::move(object));
  }
  json::Array events;
  for (const Event& event : measurement.events) {
    events.emplace_back(json::Object{{"pcr", static_cast<std::int64_t>(event.pcr)},
                                     {"type", event.type},
                                     {"what", base::escape_controls(event.what)},
                                     {"digests", digests_json(event.digests)}});
  }
  return json::Object{{"schemaVersion", 1},
                      {"loader", base::escape_controls(measurement.loader)},
                      {"entry", base::escape_controls(measurement.entry)},
                      {"registers", std::move(registers)},
                      {"events", std::move(events)}};
}

} // namespace imagewright::measure
