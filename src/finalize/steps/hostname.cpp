// SPDX-License-Identifier: MIT
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/text.hpp>

#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const std::optional<model::LocatedText>& hostname;
};

constexpr std::string_view k_own_address = "127.0.1.1";

std::string short_form(const std::string& name) {
  return name.substr(0, name.find('.'));
}

/// What the lines for the host's own address name beside the host: somebody needs it. Where nobody
/// has said the host's name, the first one there is.
std::vector<std::string> other_names(const std::string& hosts, std::string former,
                                     const std::string& name) {
  std::vector<std::string> named;
  for (const auto& line : base::split(hosts, '\n')) {
    const auto words = base::split_whitespace(line.substr(0, line.find('#')));
    if (words.size() < 2 || words.front() != k_own_address) continue;
    named.insert(named.end(), words.begin() + 1, words.end());
  }
  if (former.empty() && !named.empty()) former = named.front();
  std::set<std::string> known{name, short_form(name), former, short_form(former)};
  std::erase_if(named, [&](const std::string& each) { return !known.insert(each).second; });
  return named;
}

/// The hosts file with one line for the host's own address.
std::string hosts_with_name(const std::string& hosts, const std::string& former,
                            const std::string& name) {
  std::string line = std::string(k_own_address) + "\t" + name;
  if (short_form(name) != name) line += " " + short_form(name);
  for (const auto& other : other_names(hosts, former, name))
    line += " " + other;
  std::string result;
  bool is_named = false;
  if (!hosts.empty()) {
    std::string_view text = hosts;
    if (text.ends_with('\n')) text.remove_suffix(1);
    for (const auto& old : base::split(text, '\n')) {
      const auto words = base::split_whitespace(old);
      const bool is_ours = !words.empty() && words.front() == k_own_address;
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
  const std::string former(base::trimmed(files.find_content("/etc/hostname").value_or("")));
  files.write("/etc/hostname", name + '\n', 0644);
  files.write("/etc/hosts",
              hosts_with_name(files.find_content("/etc/hosts").value_or(""), former, name), 0644);
  return {};
}

} // namespace

constinit const Step hostname{"hostname", AppliesTo::both,
                              k_run<set_hostname, &model::OsConfig::hostname>};

} // namespace imagewright::finalize::steps
