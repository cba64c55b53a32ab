// SPDX-License-Identifier: MIT
#include "package_builder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/process/command_runner.hpp>
#include <imagewright/process/program.hpp>
#include <imagewright/root/work_root.hpp>
#include <imagewright/sandbox/probe.hpp>

namespace imagewright_test {

using namespace imagewright;

const std::string& why_no_packages() {
  static const std::string reason = [] {
    for (const char* program : {"rpmbuild", "rpmsign", "gpg"})
      if (!process::find_program(program)) return std::string(program) + " is needed";
    return sandbox::probe().reason;
  }();
  return reason;
}

PackageBuilder::PackageBuilder() : key_(make_key("builder")) {}

std::string PackageBuilder::run(const std::vector<std::string>& argv,
                                const std::map<std::string, std::string>& environment) const {
  const base::Cancellation cancellation;
  process::HostCommandRunner runner(cancellation);
  process::Command command;
  command.argv = argv;
  command.environment = environment;
  command.environment.emplace("HOME", scratch_.path());
  command.environment.emplace("SOURCE_DATE_EPOCH", "1600000000");
  const auto result = runner.run(command);
  INFO(result.standard_output << result.standard_error);
  REQUIRE(result.exit_code == 0);
  return result.standard_output;
}

SigningKey PackageBuilder::make_key(const std::string& name) const {
  const std::filesystem::path home = scratch_ / ("gpg-" + name);
  std::filesystem::create_directory(home);
  std::filesystem::permissions(home, std::filesystem::perms::owner_all);
  run({"gpg", "--homedir", home, "--batch", "--quiet", "--passphrase", "", "--quick-generate-key",
       name, "rsa2048", "sign", "never"});
  return {home, run({"gpg", "--homedir", home, "--armor", "--export", name})};
}

void PackageBuilder::sign(const std::filesystem::path& package, const SigningKey& key,
                          const std::string& digest) const {
  const std::string name = key.home.filename().string().substr(4);
  run({"rpmsign", "--define", "_gpg_name " + name, "--define", "__gpg /usr/bin/gpg", "--define",
       "_gpg_path " + key.home.string(), "--define", "_gpg_digest_algo " + digest, "--addsign",
       package},
      {{"GNUPGHOME", key.home}});
}

model::PackageFile PackageBuilder::build(const std::string& name, const std::string& body,
                                         const std::string& tags, Signing signing) const {
  const std::string top = scratch_ / ("build-" + name);
  const std::string spec = "Name: " + name +
                           "\nVersion: 1\nRelease: 1\nSummary: test\nLicense: MIT\nBuildArch: "
                           "noarch\nAutoReqProv: no\n" +
                           tags + "\n%description\ntest\n" + body;
  const auto spec_path = scratch_.write(name + ".spec", spec);
  run({"rpmbuild", "-bb", "--quiet", "--define", "_topdir " + top, "--define",
       "_build_name_fmt %%{NAME}.rpm", "--define", "_binary_payload w3.zstdio", "--define",
       "__os_install_post %{nil}", "--define", "_buildhost test", "--define",
       "use_source_date_epoch_as_buildtime 1", "--define",
       "_binaries_in_noarch_packages_terminate_build 0", spec_path});
  model::PackageFile file;
  file.path = top + "/RPMS/" + name + ".rpm";
  if (signing == Signing::with_key) sign(file.path, key_);
  file.package.nevra = {name, 0, "1", "1", "noarch"};
  file.package.repository = "test";
  file.package.checksum = fs::digest_of_file(file.path);
  file.package.download_size = base::ByteSize(std::filesystem::file_size(file.path));
  file.package.installed_size = base::ByteSize(
      std::stoull(run({"rpm", "-qp", "--nosignature", "--qf", "%{LONGSIZE}", file.path})));
  file.package.build_time = base::Epoch(std::chrono::seconds(1600000000));
  file.package.provenance = {
      .source_package = name + "-1-1.src.rpm", .license = "MIT", .vendor = {}};
  return file;
}

model::PackageFile PackageBuilder::build_shell() const {
  const std::string libraries = run({"ldd", "/bin/dash"});
  std::string install =
      "%install\nmkdir -p %{buildroot}/usr/bin %{buildroot}/usr/sbin %{buildroot}/usr/lib "
      "%{buildroot}/usr/lib64\ncd %{buildroot}\nln -s usr/bin bin\nln -s usr/lib lib\n"
      "ln -s usr/lib64 lib64\nln -s usr/sbin sbin\n";
  // Every line of ldd has the absolute path of one file, with or without "=>".
  for (std::size_t begin = libraries.find('/'); begin != std::string::npos;
       begin = libraries.find('/', begin)) {
    const std::size_t end = libraries.find_first_of(" \n", begin);
    const std::string path = libraries.substr(begin, end - begin);
    install += "mkdir -p ./$(dirname " + path + ")\ncp -L " + path + " ./" + path + "\n";
    begin = end;
  }
  install += "cp -L /bin/dash usr/bin/sh\ncp -L /bin/sleep /bin/cat /bin/id /bin/mknod /bin/ln "
             "/bin/date usr/bin\n";
  for (const char* program :
       {"/bin/sleep", "/bin/cat", "/bin/id", "/bin/mknod", "/bin/ln", "/bin/date"}) {
    install += std::string("for f in $(ldd ") + program +
               " | grep -o '/[^ ]*'); do mkdir -p ./$(dirname $f); cp -L $f ./$f; done\n";
  }
  return build("shell", install + "%files\n/*\n", "Provides: /bin/sh");
}

Installation::Installation(const PackageBuilder& builder) {
  root = scratch / "root";
  std::filesystem::create_directory(root);
  request.epoch = base::Epoch(std::chrono::seconds(1700000000));
  request.trust["test"].public_keys = {builder.key().public_key};
}

void Installation::lock() {
  for (model::PackageFile& file : request.packages.files) {
    if (!std::filesystem::exists(file.path)) continue;
    file.package.checksum = fs::digest_of_file(file.path);
  }
}

model::InstalledRoot Installation::run() {
  lock();
  report::NullReporter reporter;
  return run(reporter);
}

model::InstalledRoot Installation::run(report::Reporter& reporter) {
  const base::Cancellation cancellation;
  try {
    root::WorkRoot work(
        {.directory = root, .run_record = records / "owners", .epoch = request.epoch}, {});
    auto installed = install::install_packages(work, request, cancellation, reporter);
    record = work.record();
    return installed;
  } catch (const base::Error& error) {
    for (const std::string& line : error.diagnostic().context)
      UNSCOPED_INFO(line);
    throw;
  }
}

std::string Installation::describe(const std::string& name) const {
  const fs::UniqueFd file(::open(path(name).c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return "none";
  const auto recorded = record.find("/" + name);
  if (recorded != record.end()) recorded->second.apply_to(status);
  const char* type = S_ISCHR(status.st_mode) ? "char" : S_ISBLK(status.st_mode) ? "block" : "other";
  return fmt::format("{} {}:{} {:04o} {}:{}", type, major(status.st_rdev), minor(status.st_rdev),
                     status.st_mode & 07777U, status.st_uid, status.st_gid);
}

std::string Installation::failure() {
  try {
    run();
  } catch (const base::Error& error) {
    std::string text = error.diagnostic().code + ": " + error.diagnostic().message;
    for (const std::string& line : error.diagnostic().context)
      text += "\n" + line;
    return text;
  }
  FAIL("the installation did not fail");
  return {};
}

std::string Installation::rpm(std::vector<std::string> arguments) const {
  const base::Cancellation cancellation;
  process::HostCommandRunner runner(cancellation);
  process::Command command;
  command.argv = {"rpm", "--root", root, "--dbpath", request.rpm_database_path};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  const auto result = runner.run(command);
  return result.standard_output + result.standard_error;
}

} // namespace imagewright_test
