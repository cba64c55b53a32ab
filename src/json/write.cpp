// SPDX-License-Identifier: MIT
#include <cstddef>

#include <nlohmann/json.hpp>

#include <imagewright/json/value.hpp>

namespace imagewright::json {

namespace {

nlohmann::ordered_json to_library(const Value& value) {
  return std::visit(
      [](const auto& held) -> nlohmann::ordered_json {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, Array>) {
          auto array = nlohmann::ordered_json::array();
          for (const Value& element : held)
            array.push_back(to_library(element));
          return array;
        } else if constexpr (std::is_same_v<Held, Object>) {
          auto object = nlohmann::ordered_json::object();
          for (const auto& [name, member] : held)
            object[name] = to_library(member);
          return object;
        } else {
          return held;
        }
      },
      value.storage());
}

// Bytes that are not UTF-8 (a file name of a package, say) become U+FFFD instead of an exception.
constexpr auto k_replace_bad_bytes = nlohmann::ordered_json::error_handler_t::replace;

} // namespace

std::string to_text(const Value& value) {
  return to_library(value).dump(2, ' ', false, k_replace_bad_bytes) + "\n";
}

std::string to_line(const Value& value) {
  return to_library(value).dump(-1, ' ', false, k_replace_bad_bytes);
}

} // namespace imagewright::json
