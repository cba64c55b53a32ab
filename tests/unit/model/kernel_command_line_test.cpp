// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/model/kernel_command_line.hpp>
#include <imagewright/model/layout.hpp>

using namespace imagewright;
using Words = std::vector<std::string>;

TEST_CASE("words of a command line end at blanks outside of double quotes") {
  CHECK(model::kernel_words("  root=/dev/sda\t rw\n") == Words{"root=/dev/sda", "rw"});
  CHECK(model::kernel_words(R"(dyndbg="file a.c +p ; file b.c +p" quiet)") ==
        Words{R"(dyndbg="file a.c +p ; file b.c +p")", "quiet"});
  CHECK(model::kernel_words(R"("a=b c" d)") == Words{R"("a=b c")", "d"});
  CHECK(model::kernel_words(R"(a=b" "c d)") == Words{R"(a=b" "c)", "d"});
  CHECK(model::kernel_words("a='b c'") == Words{"a='b", "c'"});
  CHECK(model::kernel_words(R"(a=\" b)") == Words{R"(a=\" b)"});
  CHECK(model::kernel_words("").empty());
}

TEST_CASE("a double quote that is not closed and a hidden blank are seen") {
  CHECK(model::has_open_quote(R"(a="b)"));
  CHECK_FALSE(model::has_open_quote(R"(a="b")"));
  CHECK(model::has_hidden_blank("name=voil\xc3\xa0"));
  CHECK_FALSE(model::has_hidden_blank("name=\"voil\xc3\xa0\""));
  CHECK_FALSE(model::has_hidden_blank("name=\xc3\xa4"));
}

TEST_CASE("a parameter is what the kernel makes of a word") {
  const auto text = [](const char* word) { return model::kernel_parameter(word).to_string(); };
  CHECK(text("quiet") == "quiet");
  CHECK(text("a=b=c") == "a=b=c");
  CHECK(text(R"(a="b c")") == "a=b c");
  CHECK(text(R"("a=b c")") == "a=b c");
  CHECK(text(R"("quiet")") == "quiet");
  CHECK(text(R"(a="")") == "a=");
  CHECK(text(R"(a="b"c)") == R"(a=b"c)");
  CHECK(text(R"(a=b" "c)") == R"(a=b" "c)");
  CHECK(model::kernel_parameter("a=").value == "");
  CHECK_FALSE(model::kernel_parameter("a").value);
  CHECK(model::kernel_parameter("=a").name == "=a");
  CHECK(model::is_same_parameter("module-blacklist", "module_blacklist"));
  CHECK_FALSE(model::is_same_parameter("fips", "fip"));
}

TEST_CASE("labels that need quotes are named on the command line as udev's links") {
  CHECK(model::kernel_label_source("root") == "PARTLABEL=root");
  CHECK(model::kernel_label_source("my root") == R"(/dev/disk/by-partlabel/my\x20root)");
  CHECK(model::kernel_label_source("a/b\"") == R"(/dev/disk/by-partlabel/a\x2fb\x22)");
}

TEST_CASE("a filesystem takes the label of its partition where it has room") {
  using model::FilesystemType;
  CHECK(model::filesystem_label(FilesystemType::ext4, "sixteen-letters!") == "sixteen-letters!");
  CHECK(model::filesystem_label(FilesystemType::ext4, "seventeen-letters").empty());
  CHECK(model::filesystem_label(FilesystemType::fat32, "esp") == "esp");
  CHECK(model::filesystem_label(FilesystemType::fat32, "twelve-bytes").empty());
  CHECK(model::filesystem_label(FilesystemType::fat32, "a/b").empty());
}
