#include "agents/systems/kafka/server.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agents/os/free-port.hpp"
#include "agents/systems/kafka/installed.hpp"

namespace assay::kafka {
namespace {

namespace fs = std::filesystem;

void write_file(const fs::path& file, const std::string& text) {
  std::ofstream out(file);
  if (!(out << text).flush()) throw std::system_error(errno, std::generic_category(), "write " + file.string());
}

// What `kafka-storage format` writes, without the second that its JVM takes. Of
// the features it would fix, the broker takes those of its own version.
void format(const fs::path& data) {
  if (fs::exists(data / "meta.properties")) return;
  fs::create_directories(data);
  write_file(data / "meta.properties",
             "version=1\ncluster.id=assay-kafka-cluster-AA\nnode.id=1\ndirectory.id=AAAAAAAAAAAAAAAAAAAAZQ\n");
}

// To stdout, which is the server's log.
std::string logging() {
  return "log4j.rootLogger=WARN, stdout\n"
         "log4j.logger.kafka.server.KafkaRaftServer=INFO\n"
         "log4j.logger.kafka.log.LogManager=INFO\n"
         "log4j.appender.stdout=org.apache.log4j.ConsoleAppender\n"
         "log4j.appender.stdout.layout=org.apache.log4j.PatternLayout\n"
         "log4j.appender.stdout.layout.ConversionPattern=[%d] %p %m (%c)%n\n";
}

// The classes of a broker as a file that java maps, made when the jars were
// fetched. Without it, or made by another java, a start takes longer.
std::vector<std::string> command_line(const Installed& server, const fs::path& directory) {
  return {server.java.string(),
          "-Xms64m",
          "-Xmx512m",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:-UsePerfData",
          "-Xshare:auto",
          "-Xlog:cds=off",
          "-Xlog:cds+dynamic=off",
          "-XX:SharedArchiveFile=" + (server.folder / "kafka.jsa").string(),
          "-Djava.awt.headless=true",
          "-Djava.io.tmpdir=" + directory.string(),
          "-Dlog4j.configuration=file:" + (directory / "log4j.properties").string(),
          "-cp",
          class_path(server.folder),
          "kafka.Kafka",
          (directory / "server.properties").string()};
}

std::string advertised_or(const std::string& address) {
  const char* advertised = std::getenv("ASSAY_ADVERTISED");
  return advertised && *advertised ? advertised : address;
}

}  // namespace

// A broker that was killed is registered with its controller until its session
// ends, and so long its successor has to wait: hence the short session.
std::string properties(const fs::path& directory, const std::string& address, const std::string& advertised, int controller_port,
                       const Settings& settings) {
  const auto controller = "127.0.0.1:" + std::to_string(controller_port);
  return "process.roles=broker,controller\n"
         "node.id=1\n"
         "controller.quorum.voters=1@" + controller + "\n"
         "listeners=CLIENT://" + address + ",CONTROLLER://" + controller + "\n"
         "advertised.listeners=CLIENT://" + advertised + "\n"
         "listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT\n"
         "inter.broker.listener.name=CLIENT\n"
         "controller.listener.names=CONTROLLER\n"
         "log.dirs=" + (directory / "data").string() + "\n"
         "broker.session.timeout.ms=1500\n"
         "broker.heartbeat.interval.ms=200\n"
         "controller.quorum.append.linger.ms=0\n"
         "auto.create.topics.enable=false\n"
         "num.partitions=" + std::to_string(settings.partitions) + "\n"
         "message.max.bytes=4194304\n"
         "log.retention.ms=-1\n"
         "log.cleaner.enable=false\n"
         "log.segment.bytes=16777216\n"
         "log.index.size.max.bytes=65536\n"
         "offsets.topic.num.partitions=1\n"
         "offsets.topic.replication.factor=1\n"
         "offsets.topic.segment.bytes=4194304\n"
         "transaction.state.log.num.partitions=1\n"
         "transaction.state.log.replication.factor=1\n"
         "transaction.state.log.min.isr=1\n"
         "transaction.state.log.segment.bytes=4194304\n"
         "transaction.abort.timed.out.transaction.cleanup.interval.ms=200\n"
         "group.initial.rebalance.delay.ms=" + std::to_string(settings.initial_rebalance_delay_ms) + "\n"
         "group.min.session.timeout.ms=50\n"
         "num.network.threads=2\n"
         "num.io.threads=3\n"
         "num.recovery.threads.per.data.dir=1\n"
         "background.threads=2\n";
}

void become_server(const fs::path& directory, const std::string& address, const Settings& settings) {
  const auto server = installed_in(usual_folders());
  if (server.folder.empty()) throw std::runtime_error(server.missing);
  ::umask(077);
  const auto here = fs::absolute(directory);
  format(here / "data");
  write_file(here / "log4j.properties", logging());
  write_file(here / "server.properties", properties(here, address, advertised_or(address), free_port(), settings));
  auto words = command_line(server, here);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a JVM must not outlive who started it
  ::unsetenv("ASSAY_SECRET");
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  throw std::system_error(errno, std::generic_category(), "execute " + words.front());
}

}  // namespace assay::kafka
