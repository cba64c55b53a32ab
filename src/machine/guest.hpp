// SPDX-License-Identifier: MIT
#pragma once

// What both sides of a machine know.

#include <string>

namespace imagewright::machine {

/// The first argument of the machine's init, and the second: which part of its life it is.
inline constexpr const char* k_guest_argument = "--imagewright-machine";
inline constexpr const char* k_boot_role = "boot";
inline constexpr const char* k_serve_role = "serve";

inline constexpr const char* k_guest_directory = "/imagewright-machine";
/// On the disk of inputs: the name of the job, and its request.
inline constexpr const char* k_guest_request = "/imagewright-machine/request";
/// On the disk of the work, seen from inside and from outside.
inline constexpr const char* k_guest_answer = "/imagewright-machine/work/answer";
inline constexpr const char* k_answer_on_disk = "/answer";

/// How a job ended.
enum class AnswerKind : char { done = 'd', failed = 'f' };

/// What the guest is asked, as one text.
struct GuestRequest {
  std::string job;
  std::string request;
  std::string console; ///< "ttyS0"
};

std::string encode(const GuestRequest& request);
GuestRequest decode_guest_request(std::string_view bytes);

/// The first part: loads modules, and goes over to the disk of inputs. Never comes back.
[[noreturn]] void boot_guest();

} // namespace imagewright::machine
