// SPDX-License-Identifier: MIT
#include "xml_reader.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <vector>

#include <expat.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::advisory {

namespace {

constexpr std::size_t k_largest_depth = 64;
constexpr std::size_t k_largest_text = 1U << 20U;
/// Larger than any tag or comment with texts that are allowed.
constexpr std::uint64_t k_largest_token = 4U << 20U;

std::string local_name(const char* name) {
  const std::string_view whole(name);
  const auto colon = whole.rfind(':');
  return std::string(colon == std::string_view::npos ? whole : whole.substr(colon + 1));
}

[[noreturn]] void throw_unusable(const std::string& code, const std::string& file,
                                 const std::string& why, const std::string& hint) {
  throw base::Error(
      base::FailureKind::input, code,
      fmt::format("the feed {} cannot be used: {}", base::quoted(file), base::escape_controls(why)),
      hint);
}

class XmlStream {
public:
  XmlStream(const FeedFile& file, XmlListener& listener)
      : file_(file), listener_(listener), parser_(XML_ParserCreate(nullptr), &XML_ParserFree) {
    if (!parser_) throw std::bad_alloc();
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), begin, end);
    XML_SetCharacterDataHandler(parser_.get(), characters);
    XML_SetStartDoctypeDeclHandler(parser_.get(), doctype);
  }

  void read() {
    std::array<char, 65536> buffer{};
    for (std::uint64_t done = 0; done < file_.size;) {
      const auto piece = std::span(buffer).first(
          static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), file_.size - done)));
      read_piece(file_, done, piece);
      done += piece.size();
      parse(std::string_view(piece.data(), piece.size()), false);
    }
    parse({}, true);
  }

private:
  void parse(std::string_view text, bool is_final) {
    const auto result = XML_Parse(parser_.get(), text.data(), static_cast<int>(text.size()),
                                  is_final ? XML_TRUE : XML_FALSE);
    if (failure_) std::rethrow_exception(failure_);
    if (result != XML_STATUS_OK)
      throw_damaged_feed(here(), XML_ErrorString(XML_GetErrorCode(parser_.get())));
    // expat reads a tag or a comment that has not ended yet from its beginning with each piece.
    given_ += text.size();
    const auto understood = static_cast<std::uint64_t>(XML_GetCurrentByteIndex(parser_.get()));
    if (given_ > understood && given_ - understood > k_largest_token)
      refuse("one of its tags or comments is too long");
  }

  std::string here() const {
    return fmt::format("{}:{}:{}", file_.name, XML_GetCurrentLineNumber(parser_.get()),
                       XML_GetCurrentColumnNumber(parser_.get()) + 1);
  }

  [[noreturn]] void refuse(const std::string& why) const { throw_exhausting_feed(here(), why); }

  /// No exception may pass through expat: it is kept until expat has returned.
  template <typename Work>
  static void guarded(void* self, Work work) {
    auto& stream = *static_cast<XmlStream*>(self);
    if (stream.failure_) return;
    try {
      work(stream);
    } catch (...) {
      stream.failure_ = std::current_exception();
      XML_StopParser(stream.parser_.get(), XML_FALSE);
    }
  }

  static void XMLCALL begin(void* self, const char* name, const char** attributes) {
    guarded(self, [&](XmlStream& stream) {
      if (stream.open_.size() == k_largest_depth) stream.refuse("its elements are too deep");
      XmlElement element{.name = local_name(name), .attributes = {}, .text = {}};
      for (; *attributes != nullptr; attributes += 2)
        element.attributes.emplace(local_name(attributes[0]), attributes[1]);
      // Blanks between children are no text; a feed of any size has as many of them.
      if (!stream.open_.empty() && base::trimmed(stream.open_.back().text).empty())
        stream.open_.back().text.clear();
      stream.open_.push_back(std::move(element));
      stream.listener_.on_begin(stream.open_.back());
    });
  }

  static void XMLCALL end(void* self, const char*) {
    guarded(self, [](XmlStream& stream) {
      XmlElement element = std::move(stream.open_.back());
      stream.open_.pop_back();
      element.text = std::string(base::trimmed(element.text));
      stream.listener_.on_end(element);
    });
  }

  static void XMLCALL characters(void* self, const char* text, int length) {
    guarded(self, [&](XmlStream& stream) {
      std::string& whole = stream.open_.back().text;
      if (whole.size() + static_cast<std::size_t>(length) > k_largest_text)
        stream.refuse("one of its texts is too long");
      whole.append(text, static_cast<std::size_t>(length));
    });
  }

  static void XMLCALL doctype(void* self, const char*, const char*, const char*, int) {
    guarded(self, [](XmlStream& stream) {
      stream.refuse("it declares a document type, which no feed needs");
    });
  }

  const FeedFile& file_;
  XmlListener& listener_;
  std::unique_ptr<std::remove_pointer_t<XML_Parser>, decltype(&XML_ParserFree)> parser_;
  std::vector<XmlElement> open_;
  std::exception_ptr failure_;
  std::uint64_t given_ = 0; ///< bytes
};

} // namespace

const std::string& XmlElement::attribute(std::string_view wanted) const {
  static const std::string k_nothing;
  const auto found = attributes.find(wanted);
  return found == attributes.end() ? k_nothing : found->second;
}

void read_xml(const FeedFile& file, XmlListener& listener) {
  XmlStream(file, listener).read();
}

void throw_damaged_feed(const std::string& file, const std::string& why) {
  throw_unusable("advisory.damaged-feed", file, why,
                 "fetch it again; a feed that is read in part would leave advisories out");
}

void throw_exhausting_feed(const std::string& file, const std::string& why) {
  throw_unusable("advisory.exhausting-feed", file, why,
                 "look where it is from: no publisher writes such feeds");
}

} // namespace imagewright::advisory
