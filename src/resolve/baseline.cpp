// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/version_series.hpp>
#include <imagewright/resolve/baseline.hpp>

namespace imagewright::resolve {

namespace {

std::vector<std::size_t> providers_of(const Resolution& resolution, const std::string& name) {
  // A package of that name is meant before others that provide the name.
  std::vector<std::size_t> named;
  const auto found = resolution.providers.find(name);
  if (found == resolution.providers.end()) return named;
  for (const std::size_t index : found->second) {
    if (resolution.packages[index].nevra.name == name) named.push_back(index);
  }
  return named.empty() ? found->second : named;
}

/// The name that a baseline subject stands for: of a role the first package, which the others
/// accompany.
std::string name_of(const std::string& subject,
                    const std::map<std::string, model::PackageRole>& roles,
                    const std::string& architecture) {
  const auto role = roles.find(subject);
  if (role == roles.end()) return subject;
  const auto& packages = role->second.for_architecture(architecture);
  return packages.empty() ? subject : packages.front().text;
}

base::Diagnostic missed(const model::BaselineEntry& entry, std::string message, std::string hint) {
  return {.code = "resolve.baseline-missed",
          .message = std::move(message),
          .where = entry.where,
          .hint = std::move(hint)};
}

} // namespace

base::Diagnostics check_baseline(const Resolution& resolution,
                                 const std::vector<model::BaselineEntry>& baseline,
                                 const std::map<std::string, model::PackageRole>& roles,
                                 const std::string& architecture) {
  base::Diagnostics result;
  for (const model::BaselineEntry& entry : baseline) {
    const std::string name = name_of(entry.subject, roles, architecture);
    const std::vector<std::size_t> packages = providers_of(resolution, name);
    if (packages.empty()) {
      result.add(missed(entry,
                        fmt::format("the baseline wants {} {}, but no package {} is in the image",
                                    entry.subject, entry.series, name),
                        entry.subject == "kernel"
                            ? "name the kernel's package that is meant instead in os.kernel.package"
                            : "add the package, or remove the line from the release profile"));
    }
    for (const std::size_t index : packages) {
      const model::Nevra& nevra = resolution.packages[index].nevra;
      if (base::is_in_series(nevra.version, entry.series)) continue;
      result.add(missed(entry,
                        fmt::format("the baseline wants {} {}, but {} {} was chosen", entry.subject,
                                    entry.series, nevra.name, nevra.version),
                        "check the repositories and their priorities, or change the baseline"));
    }
  }
  return result;
}

} // namespace imagewright::resolve
