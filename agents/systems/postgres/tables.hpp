// The tables of a channel, and what is said to them. A channel is a schema of its
// name:
//
//     messages    id, key, body; of an outbox the transaction, too
//     identities  of messages that are to be stored once
//     cursors     of an outbox: how far each group has read
//     business    of an outbox: what the producer's transaction is about
//     effects     of consumers whose effect is part of their transaction
#pragma once

#include <string>
#include <string_view>

#include "agents/roles/system.hpp"
#include "agents/systems/postgres/connection.hpp"
#include "agents/systems/postgres/settings.hpp"

namespace assay::postgres {

class Tables {
 public:
  // Throws std::runtime_error when the channel is too long for a name.
  Tables(const std::string& channel, const Settings& settings);

  std::string of(const std::string& table) const { return schema_ + "." + table; }

  // Creates what is not there, however many do so at once.
  Statement create() const;

  // "t5/17-8f3c...": channel, id, fingerprint of the bytes. An id alone names no
  // copy: a server that lost the end of its log gives it out again.
  std::string copy_name(std::string_view id, std::string_view bytes) const;

 private:
  std::string channel_, schema_;
  Settings settings_;
};

// What a link is to a channel: puts into it, takes from it, looks at it.
enum class Part { sender, taker, auditor };

// How the sessions of these links are known in pg_stat_activity:
// "producer-0#1>t5", "consumer-0#2<t5", "auditor#1?t5". Throws std::runtime_error
// when that is too long to be kept whole.
std::string session_name(Part part, const std::string& incarnation, const std::string& channel);

// What the settings make of an agent's session.
std::string session_options(const Settings& settings);

Connection::Introduction introduction(Part part, const LinkSetup& setup, const Settings& settings);

}  // namespace assay::postgres
