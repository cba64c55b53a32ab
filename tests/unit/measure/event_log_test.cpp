// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/measure/measurement.hpp>

using namespace imagewright;

TEST_CASE("a register is the digest of digests") {
  measure::EventLog log;
  log.add(2, "EV_SEPARATOR", "end", std::string_view("\0\0\0\0", 4));
  const auto measured = std::move(log).finish();
  // What OVMF and swtpm have in a register that holds a separator and nothing else.
  CHECK(measured.registers[2].values.at(base::DigestAlgorithm::sha256).hex ==
        "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969");
  CHECK(measured.registers[3].values.at(base::DigestAlgorithm::sha384).hex == std::string(96, '0'));
  CHECK(measured.registers.size() == 16);
}

TEST_CASE("what is not known has a reason and no value") {
  measure::EventLog log;
  log.add(4, "EV_SEPARATOR", "end", "x");
  log.give_up(4, "first");
  log.give_up(4, "second");
  const auto measured = std::move(log).finish();
  CHECK(measured.registers[4].values.empty());
  CHECK(measured.registers[4].unknown == "first");
  CHECK(measured.events.size() == 1);
}
