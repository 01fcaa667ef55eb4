// Where a broker is and how it is reached, in the words of an address:
//
//     127.0.0.1:9092
//     kafka-1:9093,kafka-2:9093 security.protocol=SASL_SSL ssl.ca.location=ca.pem sasl.mechanisms=PLAIN
//
// The secret is in ASSAY_SECRET, as USER:PASSWORD, or the password alone where
// sasl.username is one of the words.
#pragma once

#include <map>
#include <string>

namespace assay::kafka {

// librdkafka's configuration of a connection. Throws std::runtime_error when
// the address cannot be read, or holds a secret.
std::map<std::string, std::string> connection_words(const std::string& address);

}  // namespace assay::kafka
