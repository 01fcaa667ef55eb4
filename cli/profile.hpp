// A profile: one claim about one configuration of one system, and how it is to
// be put to the test. JSON with comments; profiles/format.md has the grammar.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "checker/contract.hpp"
#include "checker/weigh.hpp"
#include "cli/role-table.hpp"

namespace assay {

// What is wrong with a profile or a command line. Exit code 64.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// When consumers begin to receive; their groups are established first either way.
enum class Start : std::uint8_t { together, producers_first };

struct Workload {
  std::int64_t messages = 100;  // in all, dealt evenly to the producers
  std::int64_t size = 64;       // bytes of a body
  std::int64_t producers = 1;
  std::int64_t consumers = 1;
  std::int64_t keys = 8;
  std::int64_t in_flight = 1;
  std::int64_t prefetch = 1;
  std::int64_t ack_batch = 1;
  std::int64_t process_ms = 0;  // how long a consumer works on a message before its effect
  std::int64_t reject_every = 5;  // of so many messages of a producer a consumer that gives some back gives back one
  Start start = Start::together;

  bool operator==(const Workload&) const = default;
};

// What a profile may name: "cut", "delay", "hold", "kill", "pause", "stall", "stop".
const std::vector<std::string>& fault_kinds();

enum class FaultMode : std::uint8_t { all, directed, random, none };

// How the network between an agent and the server is cut.
struct Cut {
  std::string by = "reset";  // one of cut_ways()
  std::int64_t bytes = 64;   // by bytes: so many more reach the server
  std::int64_t ms = 0;       // it lasts so long at least

  bool operator==(const Cut&) const = default;
};

struct FaultWish {
  std::set<std::string> kinds{"kill"};
  std::set<std::string> targets{"producer", "consumer", "broker"};
  FaultMode mode = FaultMode::all;  // from --faults
  Cut cut;
  std::int64_t delay_ms = 50;       // by so much all is late, each way
  std::int64_t hold_ms = 0;         // for so long at least an answer is held back
  std::int64_t random = 10;         // random trials per target, beside the directed ones

  bool operator==(const FaultWish&) const = default;
};

struct EvidenceWish {
  Floors floors;
  std::int64_t drain_timeout_ms = 10'000;
  std::int64_t request_timeout_ms = 2'000;
  std::int64_t start_timeout_ms = 10'000;  // server or agent, until it is ready
  std::int64_t progress_ms = 0;            // how long a canary may take after the healing; 0: nobody has said

  bool operator==(const EvidenceWish&) const = default;
};

// A server that somebody else started: where it is, and how whoever runs it is
// asked for a fault.
struct Attachment {
  std::string address;  // as given; "$NAME" is what the environment variable NAME holds
  std::map<std::string, std::vector<std::string>> commands;  // "kill": {"docker", "kill", "broker-1"}
  std::int64_t command_timeout_ms = 10'000;

  bool operator==(const Attachment&) const = default;
};

// A server that is a program of the user's own and has no adapter.
struct OwnServer {
  std::vector<std::string> command;  // in the foreground; empty: the commands of the attachment start, fault and end it
  std::vector<std::string> probe;    // succeeds when it is ready; empty: it is when it accepts a connection
  std::filesystem::path directory;   // where they are started: the profile's
  nlohmann::ordered_json timers = nlohmann::ordered_json::array();      // as an adapter would describe them
  nlohmann::ordered_json abilities = nlohmann::ordered_json::object();  // likewise; those left out are as by default

  bool operator==(const OwnServer&) const = default;
};

// A producer or consumer that is a program of the user's own and speaks the
// protocol of docs/agent-protocol.md.
struct OwnAgent {
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;
  std::filesystem::path directory;  // where it is started: the profile's
  bool resends = false;             // a producer: until it is acknowledged, so that no send ends as failed
  bool effects = false;             // a consumer: it leaves effects,
  std::string query;                // found by this in an SQLite file; empty: in a log of lines

  bool operator==(const OwnAgent&) const = default;
};

// A program of the user's own that takes messages from one channel and puts what
// it makes of them into another, between producers and consumers of ours. It
// knows nothing of us. Command and environment have gaps (placeholders.hpp).
struct Pipeline {
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;
  std::filesystem::path directory;  // where it is started: the profile's
  std::int64_t instances = 1;
  std::string input = R"({"id": "{message}", "body": "{body}"})";  // what a producer sends
  std::string message = "pointer /id";  // how a message is recognised in what comes out (recognition.hpp)
  std::int64_t longest_ms = 100;    // for how long it may hold a message that neither channel shows

  bool operator==(const Pipeline&) const = default;
};

// What a run is expected to end as: `--as-expected` holds it against that.
struct Expectation {
  Verdict verdict = Verdict::upheld;
  std::set<std::string> anomalies;  // violated: exactly these, of those the claim forbids
  std::string reason;               // inconclusive: this one

  bool operator==(const Expectation&) const = default;
};

inline constexpr const char* own_system = "own";  // the adapter that audits beside a server of the user's
inline constexpr const char* own_role = "own";  // of a producer or consumer that is a program of the user's

struct Profile {
  std::string name;   // "redis/streams-aof"
  std::string about;
  std::string system; // "redis"
  nlohmann::ordered_json settings;  // as given and as described, defaults filled in
  std::optional<std::int64_t> port; // tcp systems: this one instead of a free one
  std::optional<Attachment> attached;  // none: assay starts the server
  std::optional<OwnServer> own_server;  // in place of one that an adapter knows
  Claim claim;                      // its scope is set
  std::set<Excuse> excuses;         // why a missing message may be owed to nobody
  std::map<std::string, OwnAgent> agents;  // "producer", "consumer": in place of a role of ours
  std::optional<Pipeline> pipeline;        // between the two; none: they share a channel
  std::string producer_role = "retry-until-acknowledged";
  std::string consumer_role = "acknowledge-after-process";
  Workload workload;
  FaultWish faults;
  EvidenceWish evidence;
  std::optional<Expectation> expect;
  std::filesystem::path file;

  bool operator==(const Profile&) const = default;
};

// What `assay-SYSTEM describe` said; agents/systems/describe.md has the fields.
struct SystemDescription {
  std::string name;
  std::filesystem::path program;
  nlohmann::ordered_json described;

  std::string version() const;    // empty: the server is missing
  std::string missing() const;    // why, and what to do
  bool marks_windows() const;
  bool advertises() const;       // its server tells clients where it is
  bool announces_ready() const;  // its server says itself when it is ready
  bool takes_listener() const;   // its server can be handed the socket that it is to listen on
  bool is_zygote() const;        // its program can be forked instead of started anew
  bool is_several_processes() const;  // its server is killed, stands still and goes on with all that descend from it
  int stop_signal() const;            // by which its server ends in order
  std::int64_t starts_within_ms() const;    // how long its server may take to be ready
  bool survives_kill() const;               // by default it has saved what it has answered
  bool limit_loosens_prefetch() const;      // once its limit of deliveries has ended one, a consumer may hold more
  std::vector<std::string> alarms() const;  // words of its log that make a trial no evidence
  std::string address_kind() const;  // "ipc" or "tcp"
  std::string ability(const std::string& name) const;  // booleans as "true" / "false"; lists as "id, epoch" or "none"
  bool has_ability(const std::string& name, const std::string& value) const;  // a list: it contains the value
  std::int64_t nodes(const nlohmann::ordered_json& settings) const;    // how many servers there are
  std::int64_t lagging(const nlohmann::ordered_json& settings) const;  // of their replicas, how many are cut off
  std::int64_t longest_timer_ms() const;  // of its manifest; 0: it has none
  Limits limits() const;                  // as with() has settled them

  // The same system with these settings: abilities, emulated ones, timers and
  // limits as its variants say. `settings` are complete.
  SystemDescription with(const nlohmann::ordered_json& settings) const;
};

// The adapters beside this program or in ../libexec/assay, by name.
std::map<std::string, std::filesystem::path> find_systems();

// A program of ours that lies where adapters do. Throws when it is not there.
std::filesystem::path program_beside_adapters(const std::string& name);

// Runs `describe`. UsageError names the systems there are when `name` is not one.
SystemDescription describe_system(const std::string& name);

// The system of a profile as its settings make it, and as the profile declares it
// where the server is the user's own.
SystemDescription system_of(const Profile& profile);

// Reads, checks and completes a profile. `sets` are KEY=VALUE pairs with dotted
// keys ("workload.messages=10"), applied before it is checked; `claim` replaces
// the profile's claim unless empty. UsageError: file, line or JSON pointer, what
// was expected, the nearest valid name.
Profile load_profile(const std::filesystem::path& file, const std::vector<std::string>& sets = {},
                     const std::string& claim = {});

// The files an argument of `run` stands for: a file, a folder (all below it,
// sorted), or a name below the profile folder. UsageError with the nearest name.
std::vector<std::filesystem::path> find_profiles(const std::string& argument);

// The folder with our profiles: profiles/ of the source tree for a build tree,
// ../share/assay/profiles for an installation.
std::filesystem::path profile_folder();

// JSON both ways, for plan.json. from_json throws std::runtime_error.
nlohmann::ordered_json to_json(const Profile& profile);
Profile profile_from_json(const nlohmann::ordered_json& body);

// The candidate nearest to `word`, or empty when none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace assay
