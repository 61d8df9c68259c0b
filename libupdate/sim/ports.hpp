// Everything that a simulated process touches of its outside: the third implementation of the ports.
#pragma once
#include "releases/signed_verifier.hpp"
#include "sim/cryptography.hpp"
#include "sim/files.hpp"
#include "sim/hashing.hpp"
#include "sim/verifier.hpp"
#include "sim/world.hpp"

namespace update::sim {

class SimVolumes final : public Volumes {
 public:
    explicit SimVolumes(World& world) : world_{world} {}
    Result<Space> space(const Path&) override;

 private:
    World& world_;
};

class SimLocks final : public Locks {
 public:
    SimLocks(World& world, Process& p) : world_{world}, p_{p} {}
    Result<std::unique_ptr<Lock>> try_lock(const Path&) override;

 private:
    World& world_;
    Process& p_;
};

class SimHttp final : public Http {
 public:
    SimHttp(World& world, Process& p) : world_{world}, p_{p} {}
    Result<HttpHead> get(const HttpRequest&, HttpSink&) override;

 private:
    Result<HttpHead> send(const HttpRequest&, HttpSink&, std::string bytes);

    World& world_;
    Process& p_;
};

class SimProcesses final : public Processes {
 public:
    SimProcesses(World& world, Process& p) : world_{world}, p_{p} {}
    Result<Ran> run(const Command&) override;
    Result<ProcessId> break_away(const Command&, std::chrono::milliseconds) override;
    bool alive(const ProcessId& id) override { return world_.find(id.pid) != nullptr; }
    ProcessId self() override { return {p_.pid, 1}; }

 private:
    World& world_;
    Process& p_;
};

/// In the agent: it runs, and neither starts nor stops itself. In the others: their children.
class SimServices final : public Services {
 public:
    SimServices(World& world, Process& p) : world_{world}, p_{p} {}
    Result<ServiceStatus> status(const std::string&) override;
    Status start(const std::string&) override;
    Status stop(const std::string&) override;
    Result<std::vector<Finding>> check_restart_path(const std::string&) override;
    Status prepare_exchange(const std::string&) override;

 private:
    Status start_by_manager(const std::string& program);

    World& world_;
    Process& p_;
};

class SimChannel final : public Channel {
 public:
    SimChannel(World& world, Process& p) : world_{world}, p_{p} {}
    Signal wait(Instant deadline) override;
    Status ask_watchdog_to_update(const std::string&) override;
    Status ping_watchdog() override;

 private:
    World& world_;
    Process& p_;
};

/// The agent answers from when it is ready.
class SimProbes final : public Probes {
 public:
    SimProbes(World& world, Process& p) : world_{world}, p_{p} {}
    Status look(const Probe&) override;

 private:
    World& world_;
    Process& p_;
};

class SimRandom final : public Random {
 public:
    explicit SimRandom(World& world) : world_{world} {}
    std::uint64_t below(std::uint64_t bound) override { return world_.dice.below(bound); }

 private:
    World& world_;
};

class SimRenewal final : public Renewal {
 public:
    SimRenewal(World& world, Process& p) : world_{world}, p_{p} {}
    Status renew_watchdog(std::chrono::milliseconds timeout) override;

 private:
    Status renew_self();
    Status renew_other(std::chrono::milliseconds timeout);

    World& world_;
    Process& p_;
};

struct ProcessPorts {
    ProcessPorts(World& world, Process& p)
        : files{world, &p},
          volumes{world},
          locks{world, p},
          http{world, p},
          processes{world, p},
          services{world, p},
          channel{world, p},
          probes{world, p},
          random{world},
          renewal{world, p},
          product_verifier{world.settings, world.layout, world.machine, files, world.clock(), cryptography},
          verifier{world, p, product_verifier},
          all{world.clock(), files,   volumes, locks,  hashing, http,         processes,
              services,      channel, probes,  random, renewal, cryptography, verifier} {}

    SimFiles files;
    SimVolumes volumes;
    SimLocks locks;
    SimHashing hashing;
    SimHttp http;
    SimProcesses processes;
    SimServices services;
    SimChannel channel;
    SimProbes probes;
    SimRandom random;
    SimRenewal renewal;
    SimCryptography cryptography;
    SignedVerifier product_verifier;
    SimVerifier verifier;
    const Ports all;
};

}  // namespace update::sim
