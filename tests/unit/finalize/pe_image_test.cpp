// SPDX-License-Identifier: MIT
#include <cstdint>
#include <string>

#include <catch2/catch.hpp>

#include "finalize/boot_loaders/pe_image.hpp"
#include "tiny_program.hpp"

using namespace finalize_test;
using imagewright::finalize::boot_loaders::PeSection;
using imagewright::finalize::boot_loaders::section_of;
using imagewright::finalize::boot_loaders::with_changed_section;
using imagewright::finalize::boot_loaders::with_sections;

namespace {

std::string code_of_adding(const std::string& program) {
  try {
    (void)with_sections(program, {{".linux", "x"}}, "/stub");
  } catch (const imagewright::base::Error& error) {
    return error.diagnostic().code;
  }
  return {};
}

} // namespace

TEST_CASE("sections follow those of the program, in file and memory") {
  const auto stub = tiny_program();
  const auto image =
      with_sections(stub, {{".osrel", "ID=x\n"}, {".linux", std::string(5000, 'k')}}, "/stub");
  const auto sections = sections_of(image);
  REQUIRE(sections.size() == 3);
  CHECK(sections[0] == sections_of(stub)[0]);
  CHECK(sections[1].name == ".osrel");
  CHECK(sections[1].content == "ID=x\n");
  CHECK(sections[2].name == ".linux");
  CHECK(sections[2].content == std::string(5000, 'k'));
  CHECK(sections[1].address == 0x3000);
  CHECK(sections[2].address == 0x4000);
  CHECK(number_at(image, k_optional + 56, 4) == 0x6000);
  CHECK(image.size() % 512 == 0);
  CHECK(image.substr(k_optional + 112, 32) == stub.substr(k_optional + 112, 32));
}

TEST_CASE("a signature is left out, since it covers other bytes") {
  auto stub = tiny_program();
  const auto size = stub.size();
  put_number(stub, k_optional + 144, size, 4);
  put_number(stub, k_optional + 148, 8, 4);
  stub += "SIGNED!!";
  const auto image = with_sections(stub, {{".linux", "k"}}, "/stub");
  CHECK(number_at(image, k_optional + 144, 8) == 0);
  CHECK(image.find("SIGNED!!") == std::string::npos);
  CHECK(sections_of(image).back().content == "k");
}

TEST_CASE("a section is changed as if it had been added so") {
  const auto stub = tiny_program();
  const auto with_line = [&](const std::string& line) {
    return with_sections(
        stub, {{".osrel", "ID=x\n"}, {".cmdline", line}, {".linux", std::string(5000, 'k')}},
        "/stub");
  };
  const auto image = with_line("quiet");
  for (const auto& line : {std::string("debug"), std::string(), std::string(9000, 'a')})
    CHECK(with_changed_section(image, {".cmdline", line}, "/image") == with_line(line));
  CHECK(section_of(image, ".cmdline", "/image") == "quiet");
  CHECK_FALSE(section_of(image, ".initrd", "/image"));
  CHECK_THROWS_AS(with_changed_section(image, {".initrd", "x"}, "/image"),
                  imagewright::base::Error);
  for (const char* name : {".pcrsig", ".pcrpkey"}) {
    const auto is_told = [](const imagewright::base::Error& error) {
      return error.diagnostic().code == "finalize.signed-policy" &&
             error.diagnostic().hint.find("sign-policy") != std::string::npos;
    };
    CHECK_THROWS_MATCHES(with_changed_section(with_sections(image, {{name, "{}"}}, "/image"),
                                              {".cmdline", "x"}, "/image"),
                         imagewright::base::Error,
                         Catch::Predicate<imagewright::base::Error>(is_told));
  }
}

TEST_CASE("what cannot take sections is refused") {
  const auto stub = tiny_program();
  SECTION("another kind of file") {
    CHECK(code_of_adding("#!/bin/sh\n" + std::string(400, ' ')) == "finalize.unfit-stub");
    CHECK(code_of_adding("") == "finalize.unfit-stub");
  }
  SECTION("every cut of the headers") {
    for (std::size_t size = 0; size < k_optional + 240 + 40; ++size)
      CHECK(code_of_adding(stub.substr(0, size)) == "finalize.unfit-stub");
  }
  SECTION("a 32-bit program") {
    auto changed = stub;
    put_number(changed, k_optional, 0x10b, 2);
    CHECK(code_of_adding(changed) == "finalize.unfit-stub");
  }
  SECTION("an alignment that is none") {
    auto changed = stub;
    put_number(changed, k_optional + 36, 0, 4);
    CHECK(code_of_adding(changed) == "finalize.unfit-stub");
  }
  SECTION("headers that are full") {
    auto changed = stub;
    put_number(changed, k_optional + 60, k_optional + 240 + 40, 4);
    CHECK(code_of_adding(changed) == "finalize.unfit-stub");
  }
  SECTION("a signature inside the program") {
    auto changed = stub;
    put_number(changed, k_optional + 144, 0x410, 4);
    CHECK(code_of_adding(changed) == "finalize.unfit-stub");
  }
  SECTION("a signature inside the headers of a program without sections") {
    auto changed = stub;
    put_number(changed, k_optional - 18, 0, 2);
    for (const std::uint64_t place : {1U, 64U, 200U}) {
      put_number(changed, k_optional + 144, place, 4);
      CHECK(code_of_adding(changed) == "finalize.unfit-stub");
    }
  }
}
