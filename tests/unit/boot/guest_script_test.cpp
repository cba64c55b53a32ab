// SPDX-License-Identifier: MIT
#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/shell.hpp>
#include <imagewright/process/command_runner.hpp>

#include "boot/answers.hpp"
#include "boot/guest_script.hpp"

using namespace imagewright;
using model::CheckKind;

namespace {

const std::vector<model::Check> k_checks{
    {"kernel", CheckKind::kernel_series, "", "6.6"},
    {"unit", CheckKind::unit_active, "it's.service", ""},
    {"file", CheckKind::file_content, "/etc/host name", "x"},
    {"command", CheckKind::command_output, "echo $HOME; echo 'a\"b'", ""},
    {"package", CheckKind::package_series, "openssl", "3.3"},
};

process::CommandResult run(std::vector<std::string> argv) {
  const base::Cancellation cancellation;
  process::HostCommandRunner runner(cancellation);
  return runner.run({.argv = std::move(argv)});
}

} // namespace

TEST_CASE("the script is valid for a POSIX shell") {
  const imagewright_test::ScratchDirectory scratch;
  const auto path =
      scratch.write("script", boot::guest_script(k_checks, {.serial_console = "ttyS0"}));
  const auto result = run({"sh", "-n", path.string()});
  CHECK(result.standard_error.empty());
  CHECK(result.is_success());
}

TEST_CASE("a quoted word reaches the program unchanged") {
  const std::string text = "it's \"$HOME\" `id` \\ \n*";
  const auto result = run({"sh", "-c", "printf %s " + base::shell_quoted(text)});
  CHECK(result.standard_output == text);
}

TEST_CASE("only checks that need their own question are asked one by one") {
  const std::string script = boot::guest_script(k_checks, {.serial_console = "ttyAMA0"});
  CHECK(script.find("answer check:0 ") == std::string::npos);
  CHECK(script.find("answer check:1 systemctl is-active -- 'it'\\''s.service'\n") !=
        std::string::npos);
  CHECK(script.find("answer check:2 cat -- '/etc/host name'\n") != std::string::npos);
  CHECK(script.find("answer check:4 package_version 'openssl'\n") != std::string::npos);
  CHECK(script.find("port=/dev/ttyAMA0\n") != std::string::npos);
}

TEST_CASE("the answer function of the script speaks what the parser reads") {
  const std::string script = boot::guest_script({}, {.serial_console = "ttyS0"});
  const auto begin = script.find("count=0\n");
  const auto end = script.find("timeout ");
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  const auto result = run({"sh", "-c",
                           "exec 3>&1\n" + script.substr(begin, end - begin) +
                               "answer greeting printf 'one\\ntwo'\nanswer bad sh -c 'exit 3'\n"
                               "printf '@imagewright end %s -\\n' \"$count\" >&3\n"});
  const auto answers = boot::parse_answers(result.standard_output);
  CHECK(answers.is_complete);
  REQUIRE(answers.by_key.size() == 2);
  CHECK(answers.by_key.at("greeting") == boot::Answer{0, "one\ntwo"});
  CHECK(answers.by_key.at("bad") == boot::Answer{3, ""});
}

TEST_CASE("the service does not hold up the boot that it waits for") {
  CHECK(boot::guest_unit().find("Type=simple\n") != std::string::npos);
  CHECK(boot::guest_unit().find("After=multi-user.target\n") != std::string::npos);
}

TEST_CASE("the target starts the service without a link that a preset could remove") {
  CHECK(boot::guest_drop_in() == "[Unit]\nWants=imagewright-probe.service\n");
  CHECK(boot::guest_unit().find("[Install]") == std::string::npos);
}
