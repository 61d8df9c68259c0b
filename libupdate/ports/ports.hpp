#pragma once
#include "ports/channel.hpp"
#include "ports/clock.hpp"
#include "ports/cryptography.hpp"
#include "ports/files.hpp"
#include "ports/hashing.hpp"
#include "ports/http.hpp"
#include "ports/probes.hpp"
#include "ports/processes.hpp"
#include "ports/random.hpp"
#include "ports/renewal.hpp"
#include "ports/services.hpp"
#include "ports/verifier.hpp"

namespace update {

/// All that a step may touch of the outside. References: the composer owns the adapters and outlives the
/// engine.
struct Ports {
    Clock& clock;
    Files& files;
    Volumes& volumes;
    Locks& locks;
    Hashing& hashing;
    Http& http;
    Processes& processes;
    Services& services;
    Channel& channel;
    Probes& probes;
    Random& random;
    Renewal& renewal;
    Cryptography& cryptography;
    Verifier& verifier;
};

}  // namespace update
