// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/render.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>

using namespace imagewright::base;

TEST_CASE("URLs lose user, password, query and fragment wherever they stand") {
  CHECK(without_secrets("https://user:wo@rd@host/path") == "https://host/path");
  CHECK(without_secrets("get https://host/p?token=a&sig=b#c now") == "get https://host/p now");
  CHECK(without_secrets("\"https://h/p?sig=1\": no") == "\"https://h/p\": no");
  CHECK(without_secrets("https://h/p?next=https://u:w@x/") == "https://h/p");
  CHECK(without_secrets("https://h?t=1, http://u@k") == "https://h, http://k");
  CHECK(without_secrets("no url? yes #1") == "no url? yes #1");
  CHECK(
      without_secrets("the key \"pkcs11:object=x;pin-value=12;type=private?pin-value=3&a=b\" is") ==
      "the key \"pkcs11:object=x;pin-value=;type=private?pin-value=&a=b\" is");
  // A password that is not escaped, and slashes that were forgotten.
  CHECK(without_secrets("https://user:w/o?r#d@host/path") == "https://host/path");
  CHECK(without_secrets("\"https://user:w o\"rd@host/p\" is") == "\"https://host/p\" is");
  CHECK(without_secrets("/srv/http:/user:word@host/p?t=1 x") == "/srv/http:/host/p x");
  CHECK(without_secrets("HTTPS:user:word@host") == "HTTPS:host");
  for (const char* same :
       {"http://host:8080/path@1", "http://[::1]:80/a@b", "oci://host:5000/name:tag@sha256:ab",
        "http: no", "http://", "registry/a:b@sha256:c"})
    CHECK(without_secrets(same) == same);
}

TEST_CASE("a location is a plain path below its base") {
  for (const char* good : {"a.rpm", "Packages/c/caret-1^git1~b+c.rpm", "a b/%41.rpm", "x-1:2.rpm",
                           "repodata/..a-primary.xml"}) {
    INFO(good);
    CHECK_FALSE(find_location_fault(good));
  }
  for (const char* bad :
       {"", "/a", "a//b", "a/", "../a", "a/..", "./a", "a/%2e%2E/b", "%2e", "a/..%2fb", "a\\b",
        "http://h/a", "file:/a", "file:///a", "x/http://h", "a\nb"}) {
    INFO(bad);
    CHECK(find_location_fault(bad));
  }
  CHECK(find_location_fault(std::string(5000, 'a')));
}

TEST_CASE("a base of metadata keeps the protocol of its source") {
  CHECK_FALSE(find_base_fault("https://h/p", "https://other/"));
  CHECK_FALSE(find_base_fault("https://h/p", "http://other/"));
  CHECK_FALSE(find_base_fault("file:///srv/repo", "file:///srv/repo/"));
  CHECK_FALSE(find_base_fault("file://localhost/srv/repo/part/", "file:///srv/repo"));
  CHECK_FALSE(find_base_fault("file:/srv/a%20b/c", "file:///srv/a%20b"));
  CHECK(find_base_fault("file:///srv", ""));
  for (const char* elsewhere :
       {"file:///srv", "file:///etc", "file:///srv/repository", "file:///srv/repo/../other",
        "file:///srv/repo/%2e%2e/other", "file:///srv/repo%2f..%2fother", "file://srv/repo",
        "file://etc/srv/repo", "file:srv/repo", "file:", "FILE:///etc", "file:///"})
    CHECK(find_base_fault(elsewhere, "file:///srv/repo"));
  CHECK(find_base_fault("http://h/p", "https://other/"));
  CHECK(find_base_fault("file:///srv", "http://other/"));
  CHECK(find_base_fault("http://h/p", ""));
  CHECK(find_base_fault("http://u:w@h/p", "http://other/"));
  CHECK(find_base_fault("http://h/a/../b", "http://other/"));
  CHECK(find_base_fault("http://h/p?t=1", "http://other/"));
  CHECK(find_base_fault("p", "http://other/"));
}

TEST_CASE("encodes what a path cannot hold") {
  CHECK(percent_encoded_path("a/leaf++-1~b^git 1%.rpm") == "a/leaf%2B%2B-1~b%5Egit%201%25.rpm");
  CHECK(percent_decoded("%2e%2E%zz%") == "..%zz%");
}

TEST_CASE("nothing of a foreign text steers a terminal or a CI service") {
  CHECK(escape_controls("a\x1b[31m\r") == "a\\x1b[31m\\x0d");
  CHECK(escape_controls("\u0085\u009b31m") == "\\u{85}\\u{9b}31m");
  CHECK(escape_controls("a\u202eb\u2066\u200b") == "a\\u{202e}b\\u{2066}\\u{200b}");
  CHECK(escape_controls("  ::error::x") == "  \\x3a:error::x");
  CHECK(escape_controls("std::x ::1") == "std::x ::1");
  CHECK(escape_controls("a ##vso[task]") == "a \\x23#vso[task]");
  CHECK(escape_controls("äöü €") == "äöü €");
}

TEST_CASE("a diagnostic shows foreign texts escaped, line by line") {
  Diagnostic diagnostic{.code = "a.b",
                        .message = "one\n::error::two\x1b[0m",
                        .context = {"::warning::three"},
                        .hint = "four\u202e"};
  const std::string text = render(diagnostic, {}, Color::off);
  CHECK(text == "error: one\n  | \\x3a:error::two\\x1b[0m [a.b]\n  \\x3a:warning::three\n"
                "  hint: four\\u{202e}\n");
}

TEST_CASE("a diagnostic and its excerpt show no secrets of URLs") {
  Diagnostic diagnostic{.code = "a.b",
                        .message = "cannot get \"https://user:word@host/p?token=t0k\"",
                        .where = SourceLocation{"node.yaml", 1, 12}};
  const auto read = [](const std::string&, std::uint32_t) {
    return std::optional<std::string>("  baseUrl: https://user:word@host/p?sig=t0k");
  };
  const std::string text = render(diagnostic, read, Color::off);
  CHECK(text.find("word") == std::string::npos);
  CHECK(text.find("t0k") == std::string::npos);
  CHECK(text.find("https://host/p") != std::string::npos);
  CHECK(text.find('^') != std::string::npos);
}

TEST_CASE("a place with a base of its own is one URL and comes apart again") {
  CHECK(join_place({.base = "", .path = "a b/c"}) == "a b/c");
  const std::string joined = join_place({.base = "http://h/p", .path = "d+/e f+.rpm"});
  CHECK(joined == "http://h/p/d%2B/e f+.rpm");
  CHECK(split_place(joined).base == "http://h/p/d%2B");
  CHECK(split_place(joined).path == "e f+.rpm");
  CHECK(join_place(split_place(joined)) == joined);
}

TEST_CASE("names of packages are plain words") {
  CHECK(is_plain_word("libstdc++"));
  CHECK(is_plain_word("1:2.0~rc1^git-3"));
  CHECK_FALSE(is_plain_word("a b"));
  CHECK_FALSE(is_plain_word("::error::"));
  CHECK_FALSE(is_plain_word("a\x1b"));
  CHECK_FALSE(is_plain_word("ä"));
}
