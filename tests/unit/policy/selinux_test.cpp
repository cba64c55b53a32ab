// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "policy_case.hpp"

using namespace policy_test;
using Mode = model::SelinuxMode;

namespace {

PolicyCase with_mode(Mode mode) {
  PolicyCase test;
  test.config.os.selinux_mode = {mode, at(6)};
  return test;
}

} // namespace

TEST_CASE("the four SELinux modes") {
  struct Row {
    Mode mode;
    Texts words;
    std::string setting;
    model::FileLabels labels;
    std::string check;
  };
  const auto required = model::FileLabels::required;
  const std::vector<Row> rows{
      {Mode::disabled, {"selinux=0"}, "disabled", model::FileLabels::none, "disabled"},
      {Mode::permissive, {"security=selinux", "selinux=1"}, "permissive", required, "permissive"},
      {Mode::enforcing, {"security=selinux", "selinux=1"}, "enforcing", required, "enforcing"},
      {Mode::force_enforcing,
       {"security=selinux", "selinux=1", "enforcing=1"},
       "enforcing",
       required,
       "enforcing"}};
  for (const auto& row : rows) {
    INFO(row.setting << " " << row.words.size());
    const auto test = with_mode(row.mode);
    const auto part = policy::selinux_policy(test.input());
    CHECK(words_of(part.policy) == row.words);
    REQUIRE(part.policy.settings.size() == 1);
    const auto& setting = part.policy.settings[0];
    CHECK(setting.path == "/etc/selinux/config");
    CHECK(setting.key == "SELINUX");
    CHECK(setting.value == row.setting);
    const bool is_off = row.mode == Mode::disabled;
    CHECK((setting.absence == model::PolicySetting::Absence::ignored) == is_off);
    CHECK(has_package(part.policy, "the-selinux-policy") == !is_off);
    CHECK(part.policy.file_labels == row.labels);
    CHECK(expected_of(part.policy, model::CheckKind::selinux_mode) == row.check);
  }
}

TEST_CASE("without a mode nothing is set, and the root decides about labels") {
  PolicyCase test;
  const auto part = policy::selinux_policy(test.input());
  CHECK(part.policy == model::SystemPolicy{});
  test.add_words("selinux=0", 4);
  const auto off = policy::selinux_policy(test.input()).policy;
  CHECK(off.file_labels == model::FileLabels::none);
  CHECK(expected_of(off, model::CheckKind::selinux_mode) == "disabled");
}

TEST_CASE("the release's arguments about SELinux give way to the mode") {
  auto test = with_mode(Mode::enforcing);
  test.release.kernel_arguments = {"quiet", "selinux=0", "security=apparmor"};
  const auto result = test.result();
  CHECK(result.diagnostics.empty());
  CHECK(line_of(result.policy).ends_with("quiet security=selinux selinux=1"));
}

TEST_CASE("arguments by hand that contradict the SELinux mode") {
  struct Row {
    Mode mode;
    std::string word;
    bool is_conflict;
  };
  const std::vector<Row> rows{
      {Mode::enforcing, "selinux=0", true},        {Mode::enforcing, "enforcing=0", true},
      {Mode::enforcing, "enforcing=1", false},     {Mode::enforcing, "security=apparmor", true},
      {Mode::permissive, "enforcing=1", true},     {Mode::permissive, "enforcing=0", false},
      {Mode::disabled, "selinux=1", true},         {Mode::disabled, "selinux=0", false},
      {Mode::enforcing, "lsm=landlock,bpf", true}, {Mode::enforcing, "lsm=landlock,selinux", false},
      {Mode::disabled, "lsm=landlock,bpf", false}};
  for (const auto& row : rows) {
    INFO(row.word);
    auto test = with_mode(row.mode);
    test.add_words(row.word, 20);
    const auto diagnostics = test.result().diagnostics;
    CHECK(codes_of(diagnostics) ==
          (row.is_conflict ? Texts{"policy.command-line-conflict"} : Texts{}));
    if (row.is_conflict) {
      CHECK(diagnostics.items().at(0).where == at(20));
      CHECK(diagnostics.items().at(0).related.at(0).where == at(6));
    }
  }
}

TEST_CASE("the release's mode is for configs that say nothing") {
  PolicyCase test;
  test.release.default_selinux_mode = {model::SelinuxMode::disabled, in_release(9)};
  const auto words = [&] { return words_of(test.result().policy); };
  const auto has = [&](const char* word) { return std::ranges::count(words(), word) == 1; };
  CHECK(has("selinux=0"));
  CHECK(expected_of(test.result().policy, model::CheckKind::selinux_mode) == "disabled");
  SECTION("but not for a config with a mode") {
    test.config.os.selinux_mode = {model::SelinuxMode::permissive, at(5)};
    CHECK(has("selinux=1"));
    CHECK_FALSE(has("selinux=0"));
  }
  SECTION("nor for one with an argument") {
    test.add_words("selinux=1", 8);
    CHECK(test.result().diagnostics.empty());
    CHECK_FALSE(has("selinux=0"));
  }
}
