// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/attest/statement.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/json/value.hpp>

using namespace imagewright;

namespace {

attest::NamedFile file(const std::string& name) {
  return {name, base::digest_of(name)};
}

} // namespace

TEST_CASE("a statement that was written is read as it was") {
  audit::Manifest manifest;
  manifest.name = "node";
  const attest::Statement statement{.subjects = {file("node.raw"), file("node.manifest.json")},
                                    .byproducts = {file("SHA256SUMS")}};
  CHECK(attest::parse_statement(attest::to_text(statement, manifest, {}), "file") == statement);
  CHECK(attest::to_text(statement, manifest, {}) == attest::to_text(statement, manifest, {}));
}

TEST_CASE("files of other directories, and digests that are none, are refused") {
  for (const char* name : {"", ".", "..", "a/b", "/etc/passwd", "a\nb"}) {
    const std::string text =
        attest::to_text({.subjects = {{name, base::digest_of("x")}}, .byproducts = {}}, {}, {});
    CHECK_THROWS_AS(attest::parse_statement(text, "file"), base::Error);
  }
  const std::string whole =
      attest::to_text({.subjects = {file("image")}, .byproducts = {}}, {}, {});
  const std::string hex = base::digest_of("image").hex;
  std::string text = whole;
  text.replace(text.find(hex), hex.size(), hex.substr(1));
  CHECK_THROWS_AS(attest::parse_statement(text, "file"), base::Error);
  CHECK_THROWS_AS(attest::parse_statement(whole.substr(0, whole.size() / 2), "file"), base::Error);
  CHECK_THROWS_AS(attest::parse_statement("[]", "file"), base::Error);
}
