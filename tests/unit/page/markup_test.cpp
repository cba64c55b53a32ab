// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/page/markup.hpp>

using namespace imagewright;
using namespace imagewright::page;

TEST_CASE("text cannot become markup") {
  CHECK(escaped("<script>alert('a' & \"b\")</script>") ==
        "&lt;script&gt;alert(&#39;a&#39; &amp; &quot;b&quot;)&lt;/script&gt;");
  CHECK(escaped("plain, ü, 😀") == "plain, ü, 😀");
  CHECK(escaped("one\n::error::two") == "one&#10;::error::two");
}

TEST_CASE("what no document may hold is replaced") {
  CHECK(escaped("a\x1b[31m") == "a\xEF\xBF\xBD[31m");
  CHECK(escaped(std::string_view("\0", 1)) == "\xEF\xBF\xBD");
  CHECK(escaped("\xff\xfe") == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(escaped("\xe2\x82") == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(escaped("\xc2\x9b") == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(escaped("user\u202Etxt.exe").find("\u202E") == std::string::npos);
  CHECK(escaped("\u2066x\u2069").find("\u2066") == std::string::npos);
  CHECK(escaped("10\u00A0MB") == "10\u00A0MB");
}

TEST_CASE("a page has one title and asks for nothing elsewhere") {
  const std::string page = document("A & B", paragraph("text"));
  CHECK(page.starts_with("<!DOCTYPE html>"));
  CHECK(page.find("<title>A &amp; B</title>") != std::string::npos);
  CHECK(page.find("<h1>A &amp; B</h1>") != std::string::npos);
  CHECK(page.find("http") == std::string::npos);
  CHECK(page.find("<script") == std::string::npos);
}

TEST_CASE("a table says what is in it") {
  CHECK(table("sizes", {{.text = "name"}, {.text = "bytes", .kind = Cell::Kind::number}},
              {{{.text = "a<b"}, {.text = "3", .kind = Cell::Kind::number}}}) ==
        "<div class=\"wide\"><table>\n<caption>sizes</caption>\n<thead>\n"
        "<tr><th scope=\"col\">name</th><th class=\"number\" scope=\"col\">bytes</th></tr>\n"
        "</thead>\n<tbody>\n<tr><td>a&lt;b</td><td class=\"number\">3</td></tr>\n"
        "</tbody>\n</table></div>\n");
  CHECK_THROWS_AS(table("sizes", {{.text = "name"}}, {{}}), base::BugError);
}
