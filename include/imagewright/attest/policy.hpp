// SPDX-License-Identifier: MIT
#pragma once

// A policy for a TPM, signed: which values of a register let secrets of a machine be opened.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/attest/key.hpp>
#include <imagewright/base/digest.hpp>

namespace imagewright::attest {

/// A private RSA key, the only kind that systemd's programs take for policies. It stays where it
/// is.
class PolicyKey {
public:
  /// Throws what SigningKey's throws.
  explicit PolicyKey(const KeyPlace& place);
  PolicyKey(PolicyKey&&) noexcept;
  PolicyKey& operator=(PolicyKey&&) noexcept;
  PolicyKey(const PolicyKey&) = delete;
  PolicyKey& operator=(const PolicyKey&) = delete;
  ~PolicyKey();

  /// PEM, as the section .pcrpkey has it.
  std::string public_half() const;
  /// SHA-256 of the public half as RSAPublicKey, in hexadecimal digits.
  std::string fingerprint() const;
  /// RSASSA-PKCS1-v1_5 with SHA-256: the same each time. Throws base::Error (attest.cannot-sign).
  std::string sign(std::string_view message) const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

/// TPM 2.0, part 3, TPM2_PolicyPCR, in a session of SHA-256: bytes of the policy that holds when
/// the register has this value.
std::string register_policy(std::uint32_t pcr, const base::Digest& value);

/// JSON as the section .pcrsig has it: a signed policy for each value of the register, by banks.
/// Throws base::Error (attest.cannot-sign).
std::string signed_policies(const PolicyKey& key, std::uint32_t pcr,
                            const std::vector<base::Digest>& values);

} // namespace imagewright::attest
