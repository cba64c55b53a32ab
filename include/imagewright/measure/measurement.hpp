// SPDX-License-Identifier: MIT
#pragma once

// What a TPM of a machine that boots an image will hold, as far as the image decides it.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/digest.hpp>

namespace imagewright::measure {

/// The banks that are predicted.
inline constexpr base::DigestAlgorithm k_banks[] = {base::DigestAlgorithm::sha256,
                                                    base::DigestAlgorithm::sha384};

using Digests = std::map<base::DigestAlgorithm, base::Digest>;

/// One entry of the log: a register is extended with a digest of something.
struct Event {
  std::uint32_t pcr = 0;
  std::string type; ///< as TCG's specifications call it: "EV_SEPARATOR"
  std::string what; ///< for people: the file, or the text
  Digests digests;

  bool operator==(const Event&) const = default;
};

/// A platform configuration register when the system has started.
struct Register {
  std::uint32_t number = 0;
  Digests values;      ///< empty: the image alone does not decide it
  std::string unknown; ///< why, then

  bool operator==(const Register&) const = default;
};

struct Measurement {
  std::string loader;              ///< what the firmware starts: "systemd-boot 252", for people
  std::string entry;               ///< the path of the entry or of the unified kernel image
  std::vector<Event> events;       ///< in the order in which they happen
  std::vector<Register> registers; ///< 0 to 15

  bool operator==(const Measurement&) const = default;
};

/// Collects events and folds them into registers.
class EventLog {
public:
  /// An event whose digest is that of these bytes.
  void add(std::uint32_t pcr, std::string type, std::string what, std::string_view bytes);
  void add(Event event);
  /// From now on nothing is said of this register. The first reason stays.
  void give_up(std::uint32_t pcr, std::string reason);
  Measurement finish() &&;

private:
  std::vector<Event> events_;
  std::map<std::uint32_t, std::string> unknown_;
};

/// For people.
std::string to_text(const Measurement& measurement);

} // namespace imagewright::measure
