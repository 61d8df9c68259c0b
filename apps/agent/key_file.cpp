#include "key_file.hpp"

#include <fstream>

#include "durable/durable.hpp"
#include "os/files.hpp"
#include "os/sealed.hpp"

using namespace update;

namespace {

std::string first_line(const Settings& settings) {
    std::ifstream file{settings.key_file};
    std::string text;
    std::getline(file, text);
    if (!text.empty() && text.back() == '\r') text.pop_back();
    return text;
}

}  // namespace

std::string read_key(const Settings& settings) { return unseal(first_line(settings)).value_or(""); }

Status keep_key_sealed(const Settings& settings) {
    if (!seals() || settings.key_file.empty()) return done();
    const std::string text = first_line(settings);
    if (text.empty() || is_sealed(text)) return done();
    UPDATE_TRY(sealed, seal(text), "agent key");
    return write_durably(*make_files(), settings.key_file, sealed + "\n");
}
