// SPDX-License-Identifier: MIT
#include <string>

#include <imagewright/base/text.hpp>

#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const std::optional<model::LocatedText>& hostname;
};

/// The hosts file with one line for 127.0.1.1 that names the host.
std::string hosts_with_name(const std::string& hosts, const std::string& name) {
  const auto short_name = name.substr(0, name.find('.'));
  const std::string line = "127.0.1.1\t" + name + (short_name == name ? "" : " " + short_name);
  std::string result;
  bool is_named = false;
  if (!hosts.empty()) {
    std::string_view text = hosts;
    if (text.ends_with('\n')) text.remove_suffix(1);
    for (const auto& old : base::split(text, '\n')) {
      const auto words = base::split_whitespace(old);
      const bool is_ours = !words.empty() && words.front() == "127.0.1.1";
      if (is_ours && is_named) continue;
      result += (is_ours ? line : old) + '\n';
      is_named = is_named || is_ours;
    }
  } else {
    result = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n";
  }
  if (!is_named) result += line + '\n';
  return result;
}

StepYield set_hostname(const Input& input, root::WorkRoot& root) {
  if (!input.hostname) return {};
  const auto& name = input.hostname->text;
  const fs::RootDir& files = root.files();
  files.write("/etc/hostname", name + '\n', 0644);
  files.write("/etc/hosts", hosts_with_name(files.find_content("/etc/hosts").value_or(""), name),
              0644);
  return {};
}

} // namespace

constinit const Step hostname{"hostname", AppliesTo::both,
                              k_run<set_hostname, &model::OsConfig::hostname>};

} // namespace imagewright::finalize::steps
