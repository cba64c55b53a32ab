// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "policy_case.hpp"

using namespace policy_test;

namespace {

/// What stands behind root= and the like: the words that a test has asked for.
std::string end_of(const std::string& line, std::size_t length) {
  return line.size() < length ? line : line.substr(line.size() - length);
}

void check_ends_with(const PolicyCase& test, const std::string& words) {
  const auto result = test.result();
  CHECK(result.diagnostics.empty());
  CHECK(end_of(line_of(result.policy), words.size()) == words);
}

std::vector<std::string> unfit(const std::string& words, const std::string& loader) {
  PolicyCase test;
  test.add_role("bootloader-grub", "grub");
  test.release.default_boot_loader = loader;
  test.release.boot_loaders["grub"] = {};
  test.add_words("quiet", 7);
  test.add_words(words, 8);
  const auto diagnostics = test.result().diagnostics;
  for (const auto& diagnostic : diagnostics.items())
    CHECK(diagnostic.where == at(8));
  return codes_of(diagnostics);
}

const Texts k_unfit{"policy.command-line-unfit"};

} // namespace

TEST_CASE("the user's words are neither dropped, merged nor reordered") {
  const auto words =
      GENERATE(as<std::string>{},
               "default_hugepagesz=1G hugepagesz=1G hugepages=16 hugepagesz=2M "
               "hugepages=16",
               "console=tty0 console=ttyS0", "console=ttyS0 console=tty0", "quiet quiet rw rw",
               "a=1 a=2 a=1", "fips=1 fips=1",
               "dm-mod.create=\"lroot,,,rw, 0 4096 linear 98:16 0, 4096 4096 linear "
               "98:32 0\" x x",
               "dyndbg=\"file drivers/a.c +p ; file drivers/b.c +p\"",
               "ds=nocloud;s=http://127.0.0.1/seed/ memmap=128M$1G #x %y 'z", "-- single single");
  PolicyCase test;
  test.release.kernel_arguments = {"console=ttyS0", "quiet", "x"};
  test.add_words(words, 8);
  check_ends_with(test, words);
}

TEST_CASE("words of several entries stay apart and in order") {
  PolicyCase test;
  test.add_words("a=\"b c\"", 8);
  test.add_words("d  e", 9);
  test.add_words("a=\"b c\"", 10);
  check_ends_with(test, "a=\"b c\" d e a=\"b c\"");
}

TEST_CASE("what gives way is a word of the program or the release, and it is said to what") {
  PolicyCase test;
  test.release.kernel_arguments = {"quiet", "selinux=0", "hugepages=1", "hugepages=1"};
  test.config.os.selinux_mode = {model::SelinuxMode::permissive, at(5)};
  test.add_words("console=tty0 \"quiet\" console=ttyS0", 8);
  const auto policy = test.result().policy;
  CHECK(line_of(policy) == "root=UUID=" + base::Uuid::from_name("test", "root").to_string() +
                               " rw hugepages=1 hugepages=1 security=selinux selinux=1 "
                               "console=tty0 \"quiet\" console=ttyS0");
  std::vector<std::string> yielded;
  for (const auto& [argument, winner] : policy.yielded_arguments)
    yielded.push_back(argument.text + " to " + winner.text + " of " + winner.origin);
  CHECK(yielded == Texts{"selinux=0 to selinux=1 of os.selinux.mode",
                         "console=tty0 to console=tty0 of os.kernelCommandLine.extraCommandLine",
                         "console=ttyS0 to console=ttyS0 of os.kernelCommandLine.extraCommandLine",
                         "quiet to \"quiet\" of os.kernelCommandLine.extraCommandLine"});
}

TEST_CASE("the release's words keep their number and order as well") {
  PolicyCase test;
  test.release.kernel_arguments = {"console=ttyS0", "console=tty0", "hugepagesz=1G",
                                   "hugepages=16"};
  test.add_words("hugepagesz=2M hugepages=16", 8);
  check_ends_with(test, " rw console=ttyS0 console=tty0 hugepagesz=1G hugepages=16 hugepagesz=2M "
                        "hugepages=16");
}

TEST_CASE("words for the first program are none of the kernel's") {
  PolicyCase test;
  test.release.kernel_arguments = {"quiet"};
  test.add_words("-- quiet", 8);
  check_ends_with(test, " quiet -- quiet");
}

TEST_CASE("a contradiction is seen through quotes, dashes and underscores") {
  PolicyCase test;
  test.config.os.fips_mode = {model::FipsMode::enabled, at(6)};
  test.config.os.cgroup_version = {model::CgroupVersion::v2, at(7)};
  const auto words = GENERATE(as<std::string>{}, "\"fips=0\"", "fips=\"0\"",
                              "systemd.unified-cgroup-hierarchy=0", "\"root=/dev/sda\"");
  test.add_words(words, 8);
  CHECK(codes_of(test.result().diagnostics) == Texts{"policy.command-line-conflict"});
}

TEST_CASE("what the kernel would read otherwise is refused") {
  CHECK(unfit("a=\"b", "systemd-boot") == k_unfit);
  CHECK(unfit("dyndbg=\"file a.c", "systemd-boot") == k_unfit);
  CHECK(unfit("a=\"b\nc\"", "systemd-boot") == k_unfit);
  CHECK(unfit("a=\"b\tc\"", "systemd-boot") == k_unfit);
  CHECK(unfit("name=voil\xc3\xa0", "systemd-boot") == k_unfit);
  CHECK(unfit("name=\"voil\xc3\xa0\"", "systemd-boot").empty());
  CHECK(unfit(R"(a;b $c d\e f'g h="i" #j %k ü)", "systemd-boot").empty());
}

TEST_CASE("what GRUB would change is refused where GRUB is the loader") {
  CHECK(unfit(R"(a;b $c h="i j" "k l=m" #j %k ü)", "grub").empty());
  CHECK(unfit("name=\"voil\xc3\xa0\"", "grub") == k_unfit);
  CHECK(unfit("name=\"voil\xc3\xa0 !\"", "grub").empty());
  for (const auto* word :
       {R"(a\b)", "a'b", R"(a=b"c")", R"(a=\x2)", R"(x\x2dy)", R"(a="b\c")", R"(a="b"c)"}) {
    CAPTURE(word);
    const auto codes = unfit(word, "grub");
    REQUIRE_FALSE(codes.empty());
    CHECK(codes == k_unfit);
  }
}

TEST_CASE("a command line that the kernel would cut is refused at the first word that is lost") {
  PolicyCase test;
  const auto length = line_of(test.result().policy).size();
  const auto room = GENERATE_COPY(std::size_t{2047 - 113}, std::size_t{2047 - 113 + 1});
  test.add_words("first=1", 8);
  test.add_words(std::string(room - length - 1 - 8, 'x'), 9);
  const auto diagnostics = test.result().diagnostics;
  if (room == 2047 - 113) {
    CHECK(diagnostics.empty());
    return;
  }
  REQUIRE(codes_of(diagnostics) == Texts{"policy.command-line-too-long"});
  CHECK(diagnostics.items()[0].where == at(9));
}

TEST_CASE("a label with a blank is root's udev link") {
  PolicyCase test;
  test.layout.partitions[0].label = "my root";
  test.layout.partitions[0].filesystem->identifier = model::MountIdentifier::part_label;
  CHECK(words_of(test.result().policy).at(0) == R"(root=/dev/disk/by-partlabel/my\x20root)");
}
