// SPDX-License-Identifier: MIT
#include <span>
#include <utility>

#include <imagewright/base/hex.hpp>
#include <imagewright/measure/measurement.hpp>

namespace imagewright::measure {

namespace {

constexpr std::uint32_t k_register_count = 16;

/// TPM 2.0, part 1, "Extend of a PCR": the digest of the old value and the event's digest.
class Bank {
public:
  explicit Bank(base::DigestAlgorithm algorithm)
      : algorithm_(algorithm), value_(base::digest_of("", algorithm).hex.size() / 2, '\0') {}

  void extend(const base::Digest& digest) {
    base::Hasher hasher(algorithm_);
    hasher.update(value_);
    hasher.update(base::from_hex(digest.hex).value());
    const auto bytes = hasher.finish_bytes();
    value_.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  base::Digest value() const {
    return {algorithm_, base::to_hex(std::as_bytes(std::span(value_)))};
  }

private:
  base::DigestAlgorithm algorithm_;
  std::string value_;
};

} // namespace

void EventLog::add(std::uint32_t pcr, std::string type, std::string what, std::string_view bytes) {
  Event event{.pcr = pcr, .type = std::move(type), .what = std::move(what)};
  for (const base::DigestAlgorithm bank : k_banks)
    event.digests.emplace(bank, base::digest_of(bytes, bank));
  add(std::move(event));
}

void EventLog::add(Event event) {
  events_.push_back(std::move(event));
}

void EventLog::give_up(std::uint32_t pcr, std::string reason) {
  unknown_.emplace(pcr, std::move(reason));
}

Measurement EventLog::finish() && {
  Measurement measurement{.events = std::move(events_)};
  for (std::uint32_t number = 0; number < k_register_count; ++number) {
    Register row{.number = number};
    if (const auto reason = unknown_.find(number); reason != unknown_.end()) {
      row.unknown = reason->second;
    } else {
      for (const base::DigestAlgorithm algorithm : k_banks) {
        Bank bank(algorithm);
        for (const Event& event : measurement.events) {
          if (event.pcr == number) bank.extend(event.digests.at(algorithm));
        }
        row.values.emplace(algorithm, bank.value());
      }
    }
    measurement.registers.push_back(std::move(row));
  }
  return measurement;
}

} // namespace imagewright::measure
