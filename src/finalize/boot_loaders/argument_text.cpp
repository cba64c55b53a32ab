// SPDX-License-Identifier: MIT
#include "argument_text.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <utility>
#include <vector>

#include <imagewright/base/shell.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/kernel_command_line.hpp>

#include "base_boot_files.hpp"
#include "grub_text.hpp"

namespace imagewright::finalize::boot_loaders {

namespace {

/// A word where it stands.
struct Token {
  std::size_t start = 0;
  std::size_t end = 0;
  std::string text; ///< without what quotes
  bool has_variable = false;
};

bool is_blank(char letter) {
  return letter == ' ' || letter == '\t' || letter == '\r';
}

/// Words up to the end of the line, or of the command. A backslash before a line's end is a blank
/// (GRUB manual, "Quoting").
class Tokenizer {
public:
  Tokenizer(std::string_view text, std::size_t at, ArgumentLanguage language)
      : text_(text), at_(at), is_grub_(language == ArgumentLanguage::grub) {}

  std::optional<Token> next() {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] == '\n') return std::nullopt;
    if (is_grub_ && (text_[at_] == ';' || text_[at_] == '#' || text_[at_] == '}'))
      return std::nullopt;
    Token token{.start = at_};
    while (at_ < text_.size() && !ends_word())
      take(token);
    token.end = at_;
    return token;
  }

  std::size_t position() const { return at_; }

private:
  bool is_continuation() const { return is_grub_ && text_.substr(at_).starts_with("\\\n"); }

  void skip_blanks() {
    while (at_ < text_.size() && (is_blank(text_[at_]) || is_continuation()))
      at_ += is_blank(text_[at_]) ? std::size_t{1} : std::size_t{2};
  }

  bool ends_word() const {
    if (quote_ != '\0') return text_[at_] == '\n' && !is_grub_;
    return is_blank(text_[at_]) || text_[at_] == '\n' || is_continuation() ||
           (is_grub_ && text_[at_] == ';');
  }

  void take(Token& token) {
    const char letter = text_[at_];
    if (letter == quote_) {
      quote_ = '\0';
      if (!is_grub_) token.text += letter;
    } else if (quote_ == '\0' && (letter == '"' || (is_grub_ && letter == '\''))) {
      quote_ = letter;
      if (!is_grub_) token.text += letter;
    } else if (is_grub_ && letter == '\\' && quote_ != '\'' && at_ + 1 < text_.size()) {
      token.text += text_[++at_];
    } else {
      // To the kernel, and to loaders that take a line as it is, a "$" within a word is a letter.
      const bool is_variable = letter == '$' && quote_ != '\'' && (is_grub_ || at_ == token.start);
      token.has_variable = token.has_variable || is_variable;
      token.text += letter;
    }
    ++at_;
  }

  std::string_view text_;
  std::size_t at_;
  bool is_grub_;
  char quote_ = '\0';
};

std::string written(const std::string& word, ArgumentLanguage language) {
  if (language == ArgumentLanguage::plain) return word;
  return grub_word(model::kernel_parameter(word).to_string());
}

std::string joined(const std::vector<std::string>& words, ArgumentLanguage language) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : " ") + written(word, language);
  return text;
}

bool is_removed(const Token& token, const ArgumentEdit& edit) {
  if (token.has_variable) return false;
  const model::KernelParameter given = model::kernel_parameter(token.text);
  return std::ranges::any_of(
      edit.removed, [&](const std::string& each) { return model::is_meant_by(given, each); });
}

struct Replacement {
  std::size_t start = 0;
  std::size_t end = 0;
  std::string text;
};

/// From the last to the first, so that positions stay true.
void apply(std::string& text, std::vector<Replacement> replacements) {
  std::ranges::sort(replacements, std::ranges::greater(), &Replacement::start);
  for (const Replacement& each : replacements)
    text.replace(each.start, each.end - each.start, each.text);
}

/// With the blanks before it, so that none is left over.
Replacement without(std::string_view text, const Token& token) {
  std::size_t start = token.start;
  while (start > 0 && is_blank(text[start - 1]))
    --start;
  return {start, token.end, ""};
}

/// What becomes of the words from `at` on.
std::vector<Replacement> replacements_for(std::string_view text, std::size_t at,
                                          const ArgumentEdit& edit, ArgumentLanguage language) {
  std::vector<Replacement> replacements;
  std::optional<std::size_t> place; // in front of what is not to be passed
  std::size_t end = at;
  Tokenizer tokens(text, at, language);
  while (const auto token = tokens.next()) {
    // What stands behind it is for init, and not for the kernel.
    if (token->text == "--") {
      if (!place) place = token->start;
      break;
    }
    if (is_removed(*token, edit)) replacements.push_back(without(text, *token));
    if (token->text == "$kernelopts" || token->text == "${kernelopts}") place = token->start;
    end = token->end;
  }
  if (edit.added.empty()) return replacements;
  const std::string words = joined(edit.added, language);
  if (!replacements.empty()) {
    const bool is_at_start = replacements.back().start == 0;
    replacements.back().text = (is_at_start ? "" : " ") + words;
  } else if (place) {
    replacements.push_back({*place, *place, words + " "});
  } else {
    const bool is_first = end == 0;
    replacements.push_back({end, end, (is_first ? "" : " ") + words});
  }
  return replacements;
}

bool is_for_recovery(std::string_view text, std::size_t at) {
  Tokenizer tokens(text, at, ArgumentLanguage::grub);
  while (const auto token = tokens.next()) {
    if (token->text == "single" || token->text == "recovery") return true;
  }
  return false;
}

std::vector<std::string> dropped_words(const CommandLineChange& change) {
  std::vector<std::string> words;
  for (const model::LocatedText& each : change.dropped)
    words.push_back(each.text);
  return words;
}

/// The edits of one line, as one text after the other.
std::string edited_once(std::string text, std::size_t at, const CommandLineChange& change,
                        ArgumentLanguage language, bool is_recovery) {
  if (!change.dropped.empty())
    apply(text, replacements_for(text, at, {dropped_words(change), {}}, language));
  if (!change.removed.empty() || !change.lasting.empty())
    apply(text, replacements_for(text, at, {change.removed, change.lasting}, language));
  if (!change.appended.empty() && !is_recovery)
    apply(text, replacements_for(text, at, {{}, change.appended}, language));
  return text;
}

/// Where the next line begins; lines that a backslash joins are one.
std::size_t end_of_line(std::string_view text, std::size_t at) {
  for (;; ++at) {
    at = text.find('\n', at);
    if (at == std::string_view::npos) return text.size();
    if (at == 0 || text[at - 1] != '\\') return at + 1;
  }
}

std::string edited_menu_line(const std::string& line, const CommandLineChange& change,
                             bool& is_linux) {
  Tokenizer tokens(line, 0, ArgumentLanguage::grub);
  const auto command = tokens.next();
  if (!command || !loads_kernel(command->text) || !tokens.next()) return line;
  is_linux = true;
  const std::size_t at = tokens.position();
  return edited_once(line, at, change, ArgumentLanguage::grub, is_for_recovery(line, at));
}

/// The assignment of a variable in a file of the shell: its value, where that stands, and its
/// quote.
struct Assignment {
  std::size_t start = 0;
  std::size_t end = 0;
  char quote = '\0';
  bool is_addition = false; ///< "+="
};

/// All of them, "NAME+=" too, in their order.
std::vector<Assignment> find_assignments(std::string_view text, const std::string& name,
                                         std::string_view keyword = "export ") {
  std::vector<Assignment> found;
  for (std::size_t at = 0; at < text.size();
       at = text.find('\n', at) == std::string_view::npos ? text.size() : text.find('\n', at) + 1) {
    std::size_t start = at;
    while (start < text.size() && is_blank(text[start]))
      ++start;
    if (text.substr(start).starts_with(keyword)) start += keyword.size();
    if (!text.substr(start).starts_with(name)) continue;
    start += name.size();
    const bool is_addition = text.substr(start).starts_with("+=");
    if (!is_addition && !text.substr(start).starts_with("=")) continue;
    start += is_addition ? 2 : 1;
    const char quote =
        start < text.size() && (text[start] == '"' || text[start] == '\'') ? text[start] : '\0';
    std::size_t end = start + (quote == '\0' ? 0 : 1);
    while (end < text.size()) {
      if (quote == '\0' ? is_blank(text[end]) || text[end] == '\n' : text[end] == quote) break;
      const bool is_escape = text[end] == '\\' && quote != '\'' && end + 1 < text.size();
      end += is_escape ? std::size_t{2} : std::size_t{1};
    }
    end = std::min(end, text.size());
    found.push_back({.start = quote == '\0' ? start : start + 1,
                     .end = end,
                     .quote = quote,
                     .is_addition = is_addition});
    at = end;
  }
  return found;
}

/// What GRUB's script sees of a value once the shell has read it, and where each letter of it
/// stands in the value.
struct ShellValue {
  std::string text;
  std::vector<std::size_t> places; ///< one more than letters
};

ShellValue shell_value(std::string_view value, char quote) {
  // Between double quotes a backslash is itself before other letters (POSIX shell, 2.2.3).
  constexpr std::string_view k_escaped_in_quotes = "$`\"\\";
  ShellValue read;
  for (std::size_t at = 0; at < value.size(); ++at) {
    const bool has_next = value[at] == '\\' && quote != '\'' && at + 1 < value.size();
    const bool is_escape = has_next && (quote == '\0' || k_escaped_in_quotes.find(value[at + 1]) !=
                                                             std::string_view::npos);
    read.places.push_back(at);
    if (is_escape) ++at;
    read.text += value[at];
  }
  read.places.push_back(value.size());
  return read;
}

/// What stands between double quotes of a shell and is GRUB's script once that has read it.
std::string in_double_quotes(const std::string& text) {
  const std::string quoted = base::shell_double_quoted(text);
  return quoted.substr(1, quoted.size() - 2);
}

std::string in_single_quotes(const std::string& text) {
  std::string result;
  for (const char letter : text)
    result += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return result;
}

std::string edited_value(std::string_view written, char quote, const ArgumentEdit& edit) {
  const ShellValue value = shell_value(written, quote);
  std::vector<Replacement> replacements =
      replacements_for(value.text, 0, edit, ArgumentLanguage::grub);
  for (Replacement& each : replacements) {
    each.start = value.places[each.start];
    each.end = value.places[each.end];
    each.text = quote == '\'' ? in_single_quotes(each.text) : in_double_quotes(each.text);
  }
  std::string edited(written);
  apply(edited, replacements);
  return quote == '\0' && !replacements.empty() ? "\"" + edited + "\"" : edited;
}

/// Words go from every assignment of the variable, and come into the last one.
std::string edited_variable(std::string text, const std::string& name, const ArgumentEdit& edit,
                            bool is_made) {
  const std::vector<Assignment> known = find_assignments(text, name);
  if (known.empty()) {
    if (!is_made || edit.added.empty()) return text;
    if (!text.empty() && !text.ends_with('\n')) text += '\n';
    return text + name + "=" +
           base::shell_double_quoted(joined(edit.added, ArgumentLanguage::grub)) + "\n";
  }
  ArgumentEdit own = edit;
  for (auto each = known.rbegin(); each != known.rend(); ++each) {
    const std::string value = text.substr(each->start, each->end - each->start);
    text.replace(each->start, each->end - each->start, edited_value(value, each->quote, own));
    own.added.clear();
  }
  return text;
}

constexpr const char* k_variable = "GRUB_CMDLINE_LINUX";
constexpr const char* k_usual_variable = "GRUB_CMDLINE_LINUX_DEFAULT";

} // namespace

std::string edited_arguments(std::string_view arguments, const ArgumentEdit& edit,
                             ArgumentLanguage language) {
  std::string text(arguments);
  apply(text, replacements_for(text, 0, edit, language));
  return text;
}

std::optional<std::string> edited_menu(std::string_view menu, const CommandLineChange& change) {
  std::string edited;
  bool has_linux = false;
  for (std::size_t at = 0; at < menu.size();) {
    const std::size_t end = end_of_line(menu, at);
    edited += edited_menu_line(std::string(menu.substr(at, end - at)), change, has_linux);
    at = end;
  }
  return has_linux ? std::optional(edited) : std::nullopt;
}

namespace {

/// "kernelopts" of "$kernelopts" and "${kernelopts}"; nothing when the word is more than that.
std::optional<std::string> variable_of(std::string_view word) {
  if (!word.starts_with('$')) return std::nullopt;
  word.remove_prefix(1);
  if (word.starts_with('{') && word.ends_with('}')) word = word.substr(1, word.size() - 2);
  const bool is_name = !word.empty() && std::ranges::all_of(word, [](char letter) {
    return letter == '_' || std::isalnum(static_cast<unsigned char>(letter)) != 0;
  });
  return is_name ? std::optional<std::string>(word) : std::nullopt;
}

/// In the line that `tokens` has begun.
void add_variables(Tokenizer& tokens, std::set<std::string>& names) {
  while (const auto token = tokens.next()) {
    if (auto name = token->has_variable ? variable_of(token->text) : std::nullopt)
      names.insert(std::move(*name));
  }
}

CommandLineChange without_new_words(CommandLineChange change) {
  change.lasting.clear();
  change.appended.clear();
  return change;
}

} // namespace

std::set<std::string> variables_in_menu(std::string_view menu) {
  std::set<std::string> names;
  for (std::size_t at = 0; at < menu.size(); at = end_of_line(menu, at)) {
    Tokenizer tokens(menu, at, ArgumentLanguage::grub);
    const auto command = tokens.next();
    if (command && loads_kernel(command->text) && tokens.next()) add_variables(tokens, names);
  }
  return names;
}

std::set<std::string> variables_in_entry(std::string_view entry) {
  std::set<std::string> names;
  for (std::size_t at = 0; at < entry.size(); at = end_of_line(entry, at)) {
    Tokenizer tokens(entry, at, ArgumentLanguage::plain);
    const auto key = tokens.next();
    if (key && key->text == "options") add_variables(tokens, names);
  }
  return names;
}

std::string without_dropped(std::string_view menu, const std::set<std::string>& variables,
                            const CommandLineChange& change) {
  ArgumentEdit edit{change.removed, {}};
  for (std::string& word : dropped_words(change))
    edit.removed.push_back(std::move(word));
  std::string text(menu);
  for (const std::string& name : variables) {
    const std::vector<Assignment> known = find_assignments(text, name, "set ");
    for (auto each = known.rbegin(); each != known.rend(); ++each) {
      const std::string value = text.substr(each->start, each->end - each->start);
      text.replace(each->start, each->end - each->start, edited_value(value, each->quote, edit));
    }
  }
  return text;
}

std::optional<std::string> edited_environment(std::string_view block,
                                              const std::set<std::string>& variables,
                                              const CommandLineChange& change) {
  if (!block.starts_with("# GRUB Environment Block\n")) return std::nullopt;
  std::string edited;
  for (std::size_t at = 0; at < block.size();) {
    const std::size_t end = end_of_line(block, at);
    std::string line(block.substr(at, end - at));
    const std::size_t sign = line.find('=');
    if (sign != std::string::npos && line.ends_with('\n') &&
        variables.contains(line.substr(0, sign)))
      line = edited_once(std::move(line), sign + 1, without_new_words(change),
                         ArgumentLanguage::plain, false);
    edited += line;
    at = end;
  }
  // The loader writes into the block where it stands on the disk: it is as long as before.
  edited.append(block.size() - edited.size(), '#');
  return edited;
}

std::optional<std::string> edited_entry(std::string_view entry, const CommandLineChange& change) {
  std::string edited;
  bool has_kernel = false;
  bool has_options = false;
  for (std::size_t at = 0; at < entry.size();) {
    const std::size_t end = end_of_line(entry, at);
    std::string line(entry.substr(at, end - at));
    Tokenizer tokens(line, 0, ArgumentLanguage::plain);
    const auto key = tokens.next();
    has_kernel = has_kernel || (key && key->text == "linux");
    if (key && key->text == "options") {
      // Of several lines, which are one to the loader, the first is given the new words.
      CommandLineChange own = change;
      if (has_options) own.lasting.clear();
      if (has_options) own.appended.clear();
      has_options = true;
      line = edited_once(std::move(line), tokens.position(), own, ArgumentLanguage::plain, false);
    }
    edited += line;
    at = end;
  }
  if (!has_kernel) return std::nullopt;
  if (has_options || (change.lasting.empty() && change.appended.empty())) return edited;
  if (!edited.empty() && !edited.ends_with('\n')) edited += '\n';
  std::vector<std::string> words = change.lasting;
  words.insert(words.end(), change.appended.begin(), change.appended.end());
  return edited + "options " + joined(words, ArgumentLanguage::plain) + "\n";
}

std::string edited_defaults(std::string_view defaults, const CommandLineChange& change,
                            const AddedWords& added) {
  std::string text(defaults);
  if (!change.dropped.empty()) {
    for (const char* name : {k_variable, k_usual_variable})
      text = edited_variable(std::move(text), name, {dropped_words(change), {}}, false);
  }
  const std::vector<std::string> none;
  const ArgumentEdit lasting{change.removed, added.lasting ? change.lasting : none};
  if (!change.removed.empty() || !change.lasting.empty()) {
    text = edited_variable(std::move(text), k_variable, lasting, true);
    text = edited_variable(std::move(text), k_usual_variable, {change.removed, {}}, false);
  }
  if (!added.usual) return text;
  return edited_variable(std::move(text), k_usual_variable, {{}, change.appended}, true);
}

namespace {

/// Whether the value takes over what the variable had, as $NAME, ${NAME} or ${NAME:…}.
bool mentions(std::string_view value, std::string_view name) {
  const auto ends_name = [&](std::size_t at, bool is_braced) {
    if (at == value.size()) return !is_braced;
    const char next = value[at];
    if (is_braced) return next == '}' || next == ':';
    return next != '_' && std::isalnum(static_cast<unsigned char>(next)) == 0;
  };
  for (std::size_t at = value.find('$'); at != std::string_view::npos;
       at = value.find('$', at + 1)) {
    const bool is_braced = value.substr(at + 1).starts_with('{');
    const std::size_t start = at + (is_braced ? 2 : 1);
    if (value.substr(std::min(start, value.size())).starts_with(name) &&
        ends_name(start + name.size(), is_braced))
      return true;
  }
  return false;
}

} // namespace

AddedWords variables_set_anew(std::string_view settings) {
  const auto is_anew = [&](const std::string& name) {
    return std::ranges::any_of(find_assignments(settings, name), [&](const Assignment& each) {
      const std::string_view value = settings.substr(each.start, each.end - each.start);
      return !each.is_addition && !mentions(value, name);
    });
  };
  return {.lasting = is_anew(k_variable), .usual = is_anew(k_usual_variable)};
}

std::string edited_line(std::string_view line, const CommandLineChange& change) {
  const bool has_end = line.ends_with('\n');
  std::string text(has_end ? line.substr(0, line.size() - 1) : line);
  return edited_once(std::move(text), 0, change, ArgumentLanguage::plain, false) +
         (has_end ? "\n" : "");
}

} // namespace imagewright::finalize::boot_loaders
