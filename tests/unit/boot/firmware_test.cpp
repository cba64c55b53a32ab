// SPDX-License-Identifier: MIT
#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/boot/host_facts.hpp>

#include "boot/firmware.hpp"

using namespace imagewright;

namespace {

boot::BootRequest request_with(std::vector<model::QemuMachine::Firmware> firmware) {
  boot::BootRequest request;
  request.architecture = model::architecture("x86_64");
  request.architecture.qemu.firmware = std::move(firmware);
  return request;
}

std::string code_of(const boot::BootRequest& request, const std::filesystem::path& directory) {
  try {
    (void)boot::prepare_firmware(request, directory);
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::FailureKind::host);
    return error.diagnostic().code;
  }
  return "nothing was thrown";
}

} // namespace

TEST_CASE("the first complete pair of firmware files is taken") {
  const imagewright_test::ScratchDirectory scratch;
  const std::string code = scratch.write("code.fd", "code").string();
  const std::string variables = scratch.write("variables.fd", "fresh").string();
  const std::string absent = (scratch / "absent.fd").string();
  const auto request = request_with({{code, absent}, {absent, variables}, {code, variables}});
  const auto prepared = boot::prepare_firmware(request, scratch.path());
  REQUIRE(prepared.has_value());
  CHECK(prepared->code == code);
  CHECK(prepared->variables != variables);
  CHECK(imagewright_test::read_text(prepared->variables) == "fresh");
}

TEST_CASE("missing firmware is an error of the host") {
  const imagewright_test::ScratchDirectory scratch;
  CHECK(code_of(request_with({{"/absent/code", "/absent/variables"}}), scratch.path()) ==
        "boot.firmware-missing");
}

TEST_CASE("legacy BIOS exists only where the architecture has one") {
  const imagewright_test::ScratchDirectory scratch;
  auto request = request_with({});
  request.firmware = boot::Firmware::legacy_bios;
  CHECK_FALSE(boot::prepare_firmware(request, scratch.path()).has_value());
  request.architecture = model::architecture("aarch64");
  CHECK(code_of(request, scratch.path()) == "boot.firmware-missing");
}

TEST_CASE("each missing thing of the host comes with a remedy") {
  auto architecture = model::architecture("x86_64");
  architecture.qemu.program = "qemu-system-of-nobody";
  architecture.qemu.firmware = {{"/absent/code", "/absent/variables"}};
  const auto facts = boot::host_facts(architecture);
  REQUIRE(facts.size() == 5);
  CHECK_FALSE(facts[0].found.has_value());
  CHECK_FALSE(facts[1].found.has_value());
  for (const auto& fact : facts)
    CHECK_FALSE(fact.remedy.empty());
  CHECK_FALSE(facts.back().is_required);
}
