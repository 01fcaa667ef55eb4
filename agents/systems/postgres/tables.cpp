#include "agents/systems/postgres/tables.hpp"

#include <array>
#include <cstdio>
#include <stdexcept>

#include <xxhash.h>

namespace assay::postgres {
namespace {

constexpr std::size_t longest_name = 63;  // the server cuts off the rest

std::string quoted(const std::string& text, char mark) {
  std::string quotation(1, mark);
  for (const char c : text) quotation.append(c == mark ? 2 : 1, c);
  return quotation + mark;
}

// An option's value: libpq's words are parted by spaces.
std::string one_word(const std::string& value) {
  std::string word;
  for (const char c : value) (c == ' ' ? word += '\\' : word) += c;
  return word;
}

}  // namespace

Tables::Tables(const std::string& channel, const Settings& settings)
    : channel_(channel), schema_(quoted(channel, '"')), settings_(settings) {
  if (channel.empty() || channel.size() > longest_name)
    throw std::runtime_error("channel \"" + channel + "\": PostgreSQL takes names of 1 to 63 bytes");
}

// One at a time, by a lock that ends with the transaction. Always synced: that
// tables are gone is nothing that the settings are to show.
Statement Tables::create() const {
  const std::string table = settings_.unlogged ? "CREATE UNLOGGED TABLE IF NOT EXISTS " : "CREATE TABLE IF NOT EXISTS ";
  const bool outbox = settings_.mode == Mode::outbox;
  std::string text = "DO $do$ BEGIN SET LOCAL synchronous_commit = on;";
  text += " IF to_regclass(" + quoted(of("effects"), '\'') + ") IS NOT NULL THEN RETURN; END IF;";
  text += " PERFORM pg_advisory_xact_lock(hashtext(" + quoted(channel_, '\'') + "));";
  text += " CREATE SCHEMA IF NOT EXISTS " + schema_ + ";";
  text += " " + table + of("messages") + " (id bigserial PRIMARY KEY, key text NOT NULL, body bytea NOT NULL" +
          (outbox ? ", xid xid8 NOT NULL DEFAULT pg_current_xact_id());" : ");");
  text += " " + table + of("identities") + " (identity text PRIMARY KEY, message bigint NOT NULL);";
  if (outbox) {
    text += " CREATE INDEX IF NOT EXISTS messages_by_transaction ON " + of("messages") + " (xid, id);";
    text += " " + table + of("cursors") + " (name text PRIMARY KEY, xid xid8 NOT NULL, id bigint NOT NULL);";
    text += " " + table + of("business") + " (id bigserial PRIMARY KEY, fact text NOT NULL);";
  }
  text += " " + table + of("effects") + " (position bigserial PRIMARY KEY, message text, attempt bigint, key text, digest text, writer text);";
  return {text + " END $do$"};
}

std::string Tables::copy_name(std::string_view id, std::string_view bytes) const {
  std::array<char, 17> fingerprint;
  std::snprintf(fingerprint.data(), fingerprint.size(), "%016llx",
                static_cast<unsigned long long>(XXH3_64bits(bytes.data(), bytes.size())));
  return channel_ + "/" + std::string(id) + "-" + fingerprint.data();
}

std::string session_name(Part part, const std::string& incarnation, const std::string& channel) {
  const std::string name = incarnation + (part == Part::sender ? ">" : part == Part::taker ? "<" : "?") + channel;
  if (name.size() > longest_name)
    throw std::runtime_error("the session \"" + name + "\": PostgreSQL keeps no more than 63 bytes of its name");
  return name;
}

std::string session_options(const Settings& settings) {
  return "-c client_min_messages=error -c synchronous_commit=" + settings.synchronous_commit +
         " -c default_transaction_isolation=" + one_word(settings.isolation) +
         " -c idle_in_transaction_session_timeout=" + std::to_string(settings.idle_in_transaction_ms);
}

Connection::Introduction introduction(Part part, const LinkSetup& setup, const Settings& settings) {
  return {.name = session_name(part, setup.incarnation, setup.channel),
          .options = session_options(settings),
          .statements = {Tables(setup.channel, settings).create()}};
}

}  // namespace assay::postgres
