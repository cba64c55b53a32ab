// SPDX-License-Identifier: MIT
#include <string>
#include <string_view>

#include <fcntl.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/key_value.hpp>
#include <imagewright/base/shell.hpp>
#include <imagewright/base/text.hpp>

#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

constexpr std::string_view k_own_file = "/etc/os-release";
constexpr std::string_view k_packaged_file = "/usr/lib/os-release";

struct Input {
  const model::IdentityConfig& identity;
};

/// The file that readers find, by os-release(5): the one in /etc, which is a link to the other one
/// in most distributions, and that one to a variant's in some.
std::string file_of(const fs::RootDir& files, const base::SourceLocation& where) {
  for (const std::string_view path : {k_own_file, k_packaged_file}) {
    const auto status = files.find_target_status(path);
    if (status && status->type == fs::FileType::regular)
      return files.real_path(files.open(path, O_PATH));
  }
  throw base::Error(base::FailureKind::input,
                    {.code = "finalize.no-os-release",
                     .message = "the image has no " + base::quoted(k_packaged_file) +
                                " that could say what the image is",
                     .where = where,
                     .hint = "install the package with the release of the distribution, or remove "
                             "os.identity"});
}

void set_value(const fs::RootDir& files, std::string_view key,
               const std::optional<model::LocatedText>& value) {
  if (!value) return;
  const std::string path = file_of(files, value->where);
  const std::string text = files.find_content(path).value_or("");
  files.write(path, base::with_value(text, key, base::shell_quoted(value->text)), 0644);
}

StepYield set_identity(const Input& input, root::WorkRoot& root) {
  const auto& [variant_id, variant, image_id, image_version] = input.identity;
  const fs::RootDir& files = root.files();
  set_value(files, "VARIANT_ID", variant_id);
  set_value(files, "VARIANT", variant);
  set_value(files, "IMAGE_ID", image_id);
  set_value(files, "IMAGE_VERSION", image_version);
  return {};
}

} // namespace

constinit const Step identity{"identity", AppliesTo::both,
                              k_run<set_identity, &model::OsConfig::identity>};

} // namespace imagewright::finalize::steps
