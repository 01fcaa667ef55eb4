// Settings, addresses and errors: what needs no server.
#include <cstdlib>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "agents/systems/postgres/errors.hpp"
#include "agents/systems/postgres/installed.hpp"
#include "agents/systems/postgres/place.hpp"
#include "agents/systems/postgres/settings.hpp"
#include "agents/systems/postgres/tables.hpp"
#include "tests/files.hpp"

using namespace assay;
using namespace assay::postgres;
using nlohmann::json;

using Words = std::map<std::string, std::string>;

TEST_CASE("a profile that says nothing of PostgreSQL gets a queue with its usual settings") {
  CHECK(settings_in(json::object()) == Settings{});
  CHECK(settings_in({{"mode", "outbox"}, {"cursor", "transaction"}, {"snapshot_guard", true}, {"business_ms", 3}}) ==
        Settings{.mode = Mode::outbox, .cursor = Cursor::transaction, .snapshot_guard = true, .business_ms = 3});
  CHECK(settings_in({{"synchronous_commit", "off"}, {"fsync", "off"}, {"wal_writer_delay_ms", 1}, {"unlogged", true},
                     {"isolation", "serializable"}, {"idle_in_transaction_ms", 70}}) ==
        Settings{.fsync = "off", .wal_writer_delay_ms = 1, .synchronous_commit = "off", .isolation = "serializable",
                 .idle_in_transaction_ms = 70, .unlogged = true});
}

TEST_CASE("a setting that PostgreSQL or its company does not allow is refused by name") {
  const auto refused = [](const json& settings, const char* why) { CHECK_THROWS_WITH(settings_in(settings), why); };
  refused({{"mode", "stack"}}, "setting \"mode\" of PostgreSQL: \"stack\" is not one of its values");
  refused({{"fsync", true}}, "setting \"fsync\" of PostgreSQL: true is no string");
  refused({{"wal_writer_delay_ms", 0}}, "setting \"wal_writer_delay_ms\" of PostgreSQL: 0 is not from 1 to 10000");
  refused({{"unlogged", "on"}}, "setting \"unlogged\" of PostgreSQL: \"on\" is no boolean");
  refused({{"snapshot_guard", true}}, "setting \"snapshot_guard\" of PostgreSQL: it may not be given with mode \"queue\"");
}

TEST_CASE("an address is a host and a port, or words of libpq") {
  ::unsetenv("ASSAY_SECRET");
  CHECK(parameters_of("127.0.0.1:5432") == Words{{"host", "127.0.0.1"}, {"port", "5432"}, {"user", "postgres"},
                                                {"dbname", "postgres"}, {"gssencmode", "disable"}});
  CHECK(parameters_of("host=db dbname=app user=me sslmode=verify-full") ==
        Words{{"host", "db"}, {"dbname", "app"}, {"user", "me"}, {"sslmode", "verify-full"}, {"gssencmode", "disable"}});
  for (const std::string address : {"127.0.0.1", "127.0.0.1:", ":5432", "127.0.0.1:0", "127.0.0.1:70000", "127.0.0.1:1x"}) {
    CAPTURE(address);
    CHECK_THROWS_WITH(parameters_of(address), doctest::Contains("expected HOST:PORT, or words like"));
  }
}

TEST_CASE("a password comes from the environment and is never told") {
  ::setenv("ASSAY_SECRET", "hush", 1);
  CHECK(parameters_of("127.0.0.1:5432").at("password") == "hush");
  ::unsetenv("ASSAY_SECRET");
  const std::string told = "PostgreSQL address: a password has no place in it; put the password into ASSAY_SECRET or PGPASSWORD";
  CHECK_THROWS_WITH(parameters_of("host=db password=hush"), told.c_str());
  CHECK_THROWS_WITH(parameters_of("host=db passwort=hush"),
                    "PostgreSQL address: libpq cannot read its words; they are like host=db port=5432 dbname=app user=me");
}

TEST_CASE("errors are told apart by what they promise") {
  CHECK(gave_way("40001"));
  CHECK_FALSE(gave_way("53100"));
  CHECK(session_ended("57P01"));
  CHECK(is_passing("57P03"));
  CHECK_FALSE(is_passing("42P01"));
  CHECK(never_lets_in("28P01: password authentication failed"));
  CHECK(never_lets_in("3D000: database \"x\" does not exist"));
  CHECK_FALSE(never_lets_in("57P03: the database system is starting up"));
  CHECK_FALSE(never_lets_in("2800: x"));
  CHECK(without_state("57P03: the database system is starting up") == "the database system is starting up");
  CHECK(without_state("other: it is not") == "other: it is not");
}

TEST_CASE("sessions and copies have names that stand for one thing, and names that are too long are refused") {
  CHECK(session_name(Part::sender, "producer-0#1", "t5") == "producer-0#1>t5");
  CHECK(session_name(Part::taker, "consumer-0#2", "t5") == "consumer-0#2<t5");
  CHECK_THROWS_WITH(session_name(Part::taker, "consumer-0#2", std::string(51, 'x')), doctest::Contains("no more than 63 bytes"));
  CHECK_THROWS_WITH(Tables(std::string(64, 'x'), {}), doctest::Contains("names of 1 to 63 bytes"));
  const Tables tables("t5", {});
  CHECK(tables.copy_name("17", "a") != tables.copy_name("17", "b"));
  CHECK(tables.copy_name("17", "a").starts_with("t5/17-"));
}

TEST_CASE("a machine without a server says what to install, and one that is too old says that") {
  CHECK(installed_in({"/nowhere"}).missing ==
        "postgres and initdb are neither in PATH nor below /usr/lib/postgresql: install the package postgresql-15 (ci/setup does)");
  const TemporaryDirectory old;
  for (const std::string program : {"postgres", "initdb"}) {
    std::ofstream(old / program) << "#!/bin/sh\necho 'postgres (PostgreSQL) 13.9'\n";
    std::filesystem::permissions(old / program, std::filesystem::perms::owner_all);
  }
  CHECK(installed_in({"/nowhere", old.path()}).missing == "PostgreSQL 13.9 in " + old.path().string() +
                                                              " is too old, 14 or later is needed: install the package "
                                                              "postgresql-15 (ci/setup does)");
}
