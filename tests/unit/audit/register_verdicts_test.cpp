// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/audit/register_verdicts.hpp>

using namespace imagewright;
using Outcome = audit::RegisterVerdict::Outcome;

namespace {

audit::MeasuredBoot boot_with(std::uint32_t number, const base::Digest& value) {
  return {.entry = {},
          .registers = {{.number = 0, .values = {}, .unknown = "firmware's"},
                        {.number = 7, .values = {}, .unknown = "no variables"},
                        {.number = number, .values = {value}, .unknown = {}}},
          .unknown = {}};
}

Outcome outcome_of(std::uint32_t number, const base::Digest& value,
                   const std::map<std::string, std::string>& found) {
  const auto verdicts =
      audit::register_verdicts({.predicted = boot_with(number, value), .found = found});
  REQUIRE(verdicts.size() == 2);
  CHECK(verdicts.front().outcome == Outcome::unknown);
  CHECK(verdicts.back().number == number);
  return verdicts.back().outcome;
}

} // namespace

TEST_CASE("a register is what was predicted, or another, or not told") {
  const base::Digest value = base::digest_of("a");
  CHECK(outcome_of(9, value, {{"sha256:9", value.hex}}) == Outcome::same);
  CHECK(outcome_of(9, value, {{"sha256:9", base::digest_of("b").hex}}) == Outcome::different);
  CHECK(outcome_of(9, value, {{"sha384:9", value.hex}}) == Outcome::different);
  CHECK(outcome_of(9, value, {}) == Outcome::different);
}

TEST_CASE("what systemd-pcrphase adds to the kernel image's register is no difference there") {
  // Made with Python's hashlib.
  const base::Digest zeros{base::DigestAlgorithm::sha256, std::string(64, '0')};
  CHECK(outcome_of(
            11, zeros,
            {{"sha256:11", "d15b0e8e244e65c40f024e95773f2347ce4ef3ffe6b597c9a14b50bbab6df319"}}) ==
        Outcome::same);
  CHECK(outcome_of(
            11, zeros,
            {{"sha256:11", "38d2047d0545f701a253005037bd1d1662e5f59388885f9e9443f38e2f23531e"}}) ==
        Outcome::same);
  CHECK(outcome_of(
            11, zeros,
            {{"sha256:11", "02ab266cdc69ade4603be47fa9c95ae95c91d8c5b13c32bc4708b97d5ad0d3fe"}}) ==
        Outcome::same);
  CHECK(outcome_of(
            11, zeros,
            {{"sha256:11", "edba8ec8c2761448d21699e4ce73523d863d4c092f26869f2eb505d45ab8382b"}}) ==
        Outcome::different);
  CHECK(outcome_of(
            12, zeros,
            {{"sha256:12", "d15b0e8e244e65c40f024e95773f2347ce4ef3ffe6b597c9a14b50bbab6df319"}}) ==
        Outcome::different);
}

TEST_CASE("image and manifest are compared as far as both know") {
  const audit::MeasuredBoot one = boot_with(9, base::digest_of("a"));
  CHECK(audit::changed_registers(one, one).empty());
  CHECK(audit::changed_registers(one, boot_with(9, base::digest_of("b"))) ==
        std::vector<std::uint32_t>{9});
  CHECK(audit::changed_registers(one, boot_with(8, base::digest_of("b"))).empty());
}
