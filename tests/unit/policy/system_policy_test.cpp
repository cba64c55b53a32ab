// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "policy_case.hpp"

using namespace policy_test;

TEST_CASE("kernel arguments come in their documented order, the user's as they are written") {
  PolicyCase test;
  test.release.kernel_arguments = {"net.ifnames=0 rd.auto=1"};
  test.config.os.selinux_mode = {model::SelinuxMode::permissive, at(5)};
  test.config.os.fips_mode = {model::FipsMode::enabled, at(6)};
  test.config.os.cgroup_version = {model::CgroupVersion::v1, at(7)};
  test.add_words("quiet console=ttyS1 selinux=1", 8);
  test.add_words("net.ifnames=0", 9);
  const auto result = test.result();
  CHECK(result.diagnostics.empty());
  CHECK(
      line_of(result.policy) ==
      "root=UUID=" + base::Uuid::from_name("test", "root").to_string() +
          " rw console=tty0 console=ttyS0 rd.auto=1 security=selinux "
          "systemd.unified_cgroup_hierarchy=0 fips=1 quiet console=ttyS1 selinux=1 net.ifnames=0");
}

TEST_CASE("arguments of one architecture stay away from the other") {
  PolicyCase test;
  test.release.kernel_arguments = {"rd.auto=1"};
  test.release.architecture_kernel_arguments["aarch64"] = {"earlycon=pl011,0xeffec000"};
  CHECK(line_of(test.result().policy).find("earlycon") == std::string::npos);
  test.architecture = "aarch64";
  CHECK(line_of(test.result().policy).find("rd.auto=1 earlycon=pl011,0xeffec000") !=
        std::string::npos);
}

TEST_CASE("a second root= is refused") {
  PolicyCase test;
  test.add_words("root=/dev/sda1", 8);
  CHECK(codes_of(test.result().diagnostics) == Texts{"policy.command-line-conflict"});
}

TEST_CASE("base roles bring their packages, each once") {
  PolicyCase test;
  test.release.base_roles = {{"kernel", in_release(4)}, {"container-runtime", in_release(5)}};
  test.config.os.kernel.package = {"kernel-hwe", at(8)};
  const auto policy = test.result().policy;
  std::vector<std::string> names;
  for (const auto& request : policy.packages)
    names.push_back(request.spec);
  CHECK(names == Texts{"the-bootloader-systemd-boot", "the-initramfs", "the-container-runtime",
                       "kernel-hwe", "the-init"});
}

TEST_CASE("baselines become checks of packages, by role or by name") {
  PolicyCase test;
  test.set_baseline("kernel", "6.6");
  test.set_baseline("systemd", "255");
  test.set_baseline("container-runtime", "2.0");
  test.set_baseline("openssl", "3.3");
  std::vector<std::string> packages;
  const auto policy = test.result().policy;
  for (const auto& check : policy.checks) {
    if (check.kind == model::CheckKind::package_series) {
      packages.push_back(check.subject + " " + check.expected);
    }
  }
  CHECK(packages == Texts{"the-container-runtime 2.0", "openssl 3.3"});
  CHECK(expected_of(policy, model::CheckKind::kernel_series) == "6.6");
  CHECK(expected_of(policy, model::CheckKind::systemd_series) == "255");
  CHECK(expected_of(policy, model::CheckKind::no_failed_units) == "");
}

TEST_CASE("the config's own checks and arguments are promises too") {
  PolicyCase test;
  test.add_words("quiet", 4);
  const model::Check own{.name = "greets",
                         .kind = model::CheckKind::file_content,
                         .subject = "/etc/motd",
                         .expected = "hello"};
  test.config.checks.push_back({own, at(40)});
  const auto policy = test.result().policy;
  CHECK(policy.checks.back() == own);
  CHECK(expected_of(policy, model::CheckKind::command_line_has) == "quiet");
}

TEST_CASE("a unit that is enabled and disabled is a conflict that shows both lines") {
  PolicyCase test;
  test.config.os.services.enable = {{"sshd", at(3)}};
  test.config.os.services.disable = {{"sshd", at(9)}};
  const auto diagnostics = test.result().diagnostics;
  REQUIRE(codes_of(diagnostics) == Texts{"policy.unit-conflict"});
  CHECK(diagnostics.items()[0].where == at(9));
  CHECK(diagnostics.items()[0].related.at(0).where == at(3));
}

TEST_CASE("the same input gives the same policy") {
  PolicyCase test;
  test.config.os.selinux_mode = {model::SelinuxMode::enforcing, at(5)};
  test.set_baseline("openssl", "3.3");
  CHECK(test.result().policy == test.result().policy);
}

TEST_CASE("the kernel that is chosen is the whole policy's choice") {
  PolicyCase test;
  test.config.os.kernel.package = {"kernel-hwe", at(8)};
  test.config.os.kernel.series = {"6.12", at(9)};
  CHECK(test.result().policy.default_kernel ==
        model::DefaultKernel{.package = "kernel-hwe", .series = "6.12"});
}

TEST_CASE("an instance of a unit whose template is masked or disabled is a conflict") {
  PolicyCase test;
  test.config.os.services.enable = {{"dflt@tty1", at(3)}, {"plain@a", at(4)}, {"ssh", at(5)}};
  const auto codes = [&] { return codes_of(test.result().diagnostics); };
  test.config.os.services.mask = {{"plain@", at(9)}};
  CHECK(codes() == Texts{"policy.unit-conflict"});
  test.config.os.services.mask = {{"ssh.service", at(9)}};
  CHECK(codes() == Texts{"policy.unit-conflict"});
  test.config.os.services.mask = {{"plain@.socket", at(9)}, {"plain@b", at(10)}};
  CHECK(codes().empty());
  test.config.os.services.disable = {{"dflt@.service", at(9)}};
  CHECK(codes() == Texts{"policy.unit-conflict"});
}
