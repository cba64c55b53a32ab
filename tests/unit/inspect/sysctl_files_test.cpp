// SPDX-License-Identifier: MIT
#include <map>

#include <catch2/catch.hpp>

#include "inspect/sysctl_files.hpp"

using namespace imagewright::inspect;

namespace {

/// What is set of a path by files of these texts.
std::string setting(const std::map<std::string, std::string>& files, const std::string& path) {
  const SystemFiles system{.read = [&](const std::string& file) -> std::optional<std::string> {
                             const auto found = files.find(file);
                             if (found == files.end()) return std::nullopt;
                             return found->second;
                           },
                           .link_target = [](const std::string&) { return std::nullopt; },
                           .list =
                               [&](const std::string& directory) {
                                 std::vector<std::string> names;
                                 for (const auto& [file, text] : files) {
                                   if (file.starts_with(directory + "/"))
                                     names.push_back(file.substr(directory.size() + 1));
                                 }
                                 return names;
                               }};
  const auto found = find_kernel_setting(path, system);
  return found ? found->value + " " + found->file : "none";
}

} // namespace

TEST_CASE("the last file by name counts, and hides those of its name in other directories") {
  const std::map<std::string, std::string> files{
      {"/usr/lib/sysctl.d/50-default.conf", "kernel.panic = 1\nnet.ipv4.ip_forward=0\n"},
      {"/usr/lib/sysctl.d/95-image.conf", "kernel.panic = 3\nkernel.pid_max = 7\n"},
      {"/etc/sysctl.d/95-image.conf", "# kernel.panic = 4\n; a\n\n  kernel.panic   =  10  \n"},
      {"/etc/sysctl.d/99-note.txt", "kernel.panic = 11\n"}};
  CHECK(setting(files, "kernel/panic") == "10 /etc/sysctl.d/95-image.conf");
  CHECK(setting(files, "net/ipv4/ip_forward") == "0 /usr/lib/sysctl.d/50-default.conf");
  CHECK(setting(files, "kernel/pid_max") == "none");
  CHECK(setting({}, "kernel/panic") == "none");
}

TEST_CASE("keys are written with dots, with slashes, with patterns and with a minus") {
  const std::string file = "/etc/sysctl.d/a.conf";
  CHECK(setting({{file, "net/ipv4/conf/eth0.5/forwarding=1\n"}}, "net/ipv4/conf/eth0.5/forwarding")
            .starts_with("1 "));
  CHECK(setting({{file, "net.ipv4.conf.eth0/5.forwarding=1\n"}}, "net/ipv4/conf/eth0.5/forwarding")
            .starts_with("1 "));
  CHECK(setting({{file, "-kernel.panic=2\n"}}, "kernel/panic").starts_with("2 "));
  const std::string pattern = "net.ipv4.conf.*.rp_filter = 2\n";
  CHECK(setting({{file, pattern}}, "net/ipv4/conf/all/rp_filter").starts_with("2 "));
  CHECK(setting({{file, pattern}}, "net/ipv4/conf/all/x/rp_filter") == "none");
  // What is named exactly wins over patterns, wherever they stand.
  CHECK(setting({{file, "net.ipv4.conf.all.rp_filter = 1\n" + pattern}},
                "net/ipv4/conf/all/rp_filter")
            .starts_with("1 "));
  CHECK(setting({{file, pattern + "-net.ipv4.conf.all.rp_filter\n"}},
                "net/ipv4/conf/all/rp_filter") == "none");
}
