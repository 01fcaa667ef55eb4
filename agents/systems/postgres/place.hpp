// What an address says: where the server is and as whom it is entered, in the
// words of libpq.
#pragma once

#include <map>
#include <string>

namespace assay::postgres {

inline constexpr const char* own_user = "postgres";  // of a server that assay starts
inline constexpr const char* own_database = "postgres";

// "127.0.0.1:5432": the user and database above. "host=db dbname=app user=me
// sslmode=verify-full": as libpq reads it, with all that its environment says. The
// password is in ASSAY_SECRET, or where libpq looks for it (PGPASSWORD, a file).
// Throws std::runtime_error, without a password that should not have been there.
std::map<std::string, std::string> parameters_of(const std::string& address);

}  // namespace assay::postgres
