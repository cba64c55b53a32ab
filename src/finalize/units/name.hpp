// SPDX-License-Identifier: MIT
#pragma once

// Names of systemd units (systemd.unit(5)).

#include <optional>
#include <string>
#include <string_view>

namespace imagewright::finalize::units {

/// "prefix@instance.suffix" taken apart.
struct UnitName {
  std::string prefix;
  std::optional<std::string> instance; ///< empty text: a template
  std::string suffix;                  ///< with the dot

  bool is_template() const { return instance && instance->empty(); }
  bool is_instance() const { return instance && !instance->empty(); }
  std::string to_string() const;
  /// The template that an instance is made from.
  std::string template_name() const;
  std::string with_instance(std::string_view text) const;
};

/// Nothing when it is no name of a unit: without a known suffix, or with a character that systemd
/// refuses.
std::optional<UnitName> parse_unit_name(std::string_view name);

} // namespace imagewright::finalize::units
