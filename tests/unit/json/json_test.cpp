// SPDX-License-Identifier: MIT
#include <string>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/json/value.hpp>

using namespace imagewright;

TEST_CASE("writes members in their order and reads them back") {
  const json::Value value(json::Object{{"b", 1}, {"a", json::Array{true, nullptr, "x\n"}}});
  const std::string text = json::to_text(value);
  CHECK(text == "{\n  \"b\": 1,\n  \"a\": [\n    true,\n    null,\n    \"x\\n\"\n  ]\n}\n");
  CHECK(json::to_text(json::parse(text, "test")) == text);
}

TEST_CASE("keeps large integers exactly") {
  const json::Value value = json::parse("[18446744073709551615,-9223372036854775808]", "test");
  CHECK(json::to_line(value) == "[18446744073709551615,-9223372036854775808]");
}

TEST_CASE("refuses what is not JSON, with its place") {
  try {
    json::parse("{\n  \"a\": ,\n}", "lock.json");
    FAIL("accepted");
  } catch (const base::Error& error) {
    CHECK(error.diagnostic().code == "json.syntax");
    CHECK(to_string(*error.diagnostic().where) == "lock.json:2:8");
  }
}

TEST_CASE("refuses duplicate members and bottomless nesting") {
  CHECK_THROWS_AS(json::parse(R"({"a":1,"a":2})", "x"), base::Error);
  CHECK_THROWS_AS(json::parse(std::string(100000, '['), "x"), base::Error);
}

TEST_CASE("says which member is not as expected") {
  const json::Value value = json::parse(R"({"n":-1,"s":"t"})", "x");
  CHECK(json::string_member(value, "s", "x") == "t");
  CHECK(json::integer_member(value, "n", "x") == -1);
  CHECK_THROWS_AS(json::unsigned_member(value, "n", "x"), base::Error);
  CHECK_THROWS_AS(json::member(value, "missing", "x"), base::Error);
}

TEST_CASE("replaces bytes that are not UTF-8 instead of failing") {
  CHECK(json::to_line(json::Value("a\xff")) == "\"a\xef\xbf\xbd\"");
}

TEST_CASE("what steers a terminal or a service that runs builds is escaped, and means the same") {
  const std::string text =
      "a\x7f\u009b2J \u202e \u2066 \U000e0041 \ufeff ##[group]x ##vso[task] # ## é 日 😀";
  for (const std::string& written : {json::to_text(text), json::to_line(text)}) {
    CHECK(written.find("\x7f") == std::string::npos);
    for (const char* steering :
         {"\u009b", "\u202e", "\u2066", "\U000e0041", "\ufeff", "##[", "##vso["})
      CHECK(written.find(steering) == std::string::npos);
    CHECK(written.find("é 日 😀") != std::string::npos);
    CHECK(*json::parse(written, "text").find_string() == text);
  }
  CHECK(json::to_line("# plain ##") == "\"# plain ##\"");
  CHECK(json::to_line("\U000e0041") == "\"\\udb40\\udc41\"");
}

TEST_CASE("short values are counted, as they take many times the memory of their text") {
  std::string text = "[";
  for (int count = 0; count < 17'000'000; ++count)
    text += "1,";
  CHECK_THROWS_WITH(json::parse(text + "1]", "numbers.json"),
                    Catch::Matchers::Contains("this has too many values"));
}
