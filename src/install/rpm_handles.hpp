// SPDX-License-Identifier: MIT
#pragma once

// librpm's handles with owners.

#include <memory>
#include <string>

#include <rpm/header.h>
#include <rpm/rpmdb.h>
#include <rpm/rpmds.h>
#include <rpm/rpmfi.h>
#include <rpm/rpmio.h>
#include <rpm/rpmkeyring.h>
#include <rpm/rpmps.h>
#include <rpm/rpmts.h>

#include <imagewright/model/package.hpp>

namespace imagewright::install {

struct RpmDeleter {
  void operator()(rpmts handle) const { rpmtsFree(handle); }
  void operator()(rpmKeyring handle) const { rpmKeyringFree(handle); }
  void operator()(rpmPubkey handle) const { rpmPubkeyFree(handle); }
  void operator()(rpmps handle) const { rpmpsFree(handle); }
  void operator()(Header handle) const { headerFree(handle); }
  void operator()(rpmdbMatchIterator handle) const { rpmdbFreeIterator(handle); }
  void operator()(rpmpsi handle) const { rpmpsFreeIterator(handle); }
  void operator()(rpmfi handle) const { rpmfiFree(handle); }
  void operator()(rpmds handle) const { rpmdsFree(handle); }
  void operator()(FD_t handle) const { Fclose(handle); }
};

template <typename Handle>
using RpmOwner = std::unique_ptr<std::remove_pointer_t<Handle>, RpmDeleter>;

using TransactionSet = RpmOwner<rpmts>;
using Keyring = RpmOwner<rpmKeyring>;
using PublicKey = RpmOwner<rpmPubkey>;
using ProblemSet = RpmOwner<rpmps>;
using ProblemIterator = RpmOwner<rpmpsi>;
using HeaderOwner = RpmOwner<Header>;
using MatchIterator = RpmOwner<rpmdbMatchIterator>;
using FileInformation = RpmOwner<rpmfi>;
using Dependencies = RpmOwner<rpmds>;
using RpmFile = RpmOwner<FD_t>;

/// The identity that a package's header states.
model::Nevra nevra_of(Header header);

/// One text of the header; empty when it has none.
std::string text_of(Header header, rpmTagVal tag);

} // namespace imagewright::install
