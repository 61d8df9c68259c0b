#include "os/published_facts.hpp"

namespace update {

Status publish(const PublishedFacts&) { return done(); }
Status unpublish(const std::string&) { return done(); }

}  // namespace update
