// SPDX-License-Identifier: MIT
#include <imagewright/base/error.hpp>
#include <imagewright/base/key_value.hpp>
#include <imagewright/base/text.hpp>

#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const std::optional<model::LocatedText>& locale;
  const std::optional<model::LocatedText>& keymap;
  const std::optional<model::LocatedText>& timezone;
};

void set_timezone(const fs::RootDir& files, const model::LocatedText& zone) {
  const std::string file = "/usr/share/zoneinfo/" + zone.text;
  const auto status = files.find_target_status(file);
  if (!status || status->type != fs::FileType::regular) {
    throw base::Error(
        base::FailureKind::input,
        {.code = "finalize.unknown-timezone",
         .message = "the image has no time zone " + base::quoted(zone.text),
         .where = zone.where,
         .hint = "install the package with the time zone data, or correct os.timezone"});
  }
  files.make_symlink("/etc/localtime", ".." + file);
}

void set_value(const fs::RootDir& files, const std::string& path, const std::string& key,
               const std::string& value) {
  const auto text = files.find_content(path).value_or("");
  files.write(path, base::with_value(text, key, value), 0644);
}

StepYield set_locale(const Input& input, root::WorkRoot& root) {
  const fs::RootDir& files = root.files();
  if (input.locale) set_value(files, "/etc/locale.conf", "LANG", input.locale->text);
  if (input.keymap) set_value(files, "/etc/vconsole.conf", "KEYMAP", input.keymap->text);
  if (input.timezone) set_timezone(files, *input.timezone);
  return {};
}

} // namespace

constinit const Step locale{"locale", AppliesTo::both,
                            k_run<set_locale, &model::OsConfig::locale, &model::OsConfig::keymap,
                                  &model::OsConfig::timezone>};

} // namespace imagewright::finalize::steps
