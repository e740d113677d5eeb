#include "bench/race.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <random>

extern "C" {
#include "dispatch/filter.h"
#include "dispatch/select.h"
#include "tuner/clock.h"
#include "tuner/workload.h"
}

namespace
{

constexpr double kBatchNs = 20e3, kSampleNs = 150e3, kLongCallNs = 1e6;
constexpr double kHopeless = 2.0; // times the best so far: not even in the first race
constexpr int kFirstRounds = 3, kLeastRounds = 6, kMostRounds = 40;
constexpr size_t kFinalists = 2; // in each layout, beside the default
// Of the time: when planning ends in either layout, and the first race.
constexpr double kPlannedNhwc = 0.35, kPlannedNchw = 0.7, kFirstRace = 0.8;
constexpr double kSlowPeer = 4.0; // times our best: two samples are enough
constexpr double kNever = std::numeric_limits<double>::infinity();

struct Entrant {
    std::function<void()> run;
    double ns = kNever;    // about
    double least = kNever; // of the race
    bool slow = false;
};

double timeOf(const std::function<void()> &run)
{
    const double start = hg_clock_ns();
    run();
    return hg_clock_ns() - start;
}

void sample(Entrant &e)
{
    const int batch =
        static_cast<int>(std::min(std::max(std::ceil(kBatchNs / std::max(e.ns, 1.0)), 1.0), 1e4));
    if (e.ns < kLongCallNs) e.run();
    double passed = 0;
    while (passed < kSampleNs) {
        const double ns = timeOf([&] {
            for (int i = 0; i < batch; i++) e.run();
        });
        e.least = std::min(e.least, ns / batch);
        passed += std::max(ns, 1.0);
    }
}

// Rounds of everybody until `deadline`, at least `least` and at most `most`.
int runRounds(std::vector<Entrant *> entrants, int least, int most, double deadline)
{
    static std::minstd_rand random;
    int rounds = 0;
    while (rounds < least || (rounds < most && hg_clock_ns() < deadline)) {
        std::shuffle(entrants.begin(), entrants.end(), random);
        for (Entrant *e : entrants)
            if (!e->slow || rounds < 2) sample(*e);
        rounds++;
    }
    return rounds;
}

struct Runner {
    hg_runner runner = {};
    double estimateNs = 0;
    Entrant entrant = {};
};

// Our kernels in one layout.
class Ours
{
  public:
    Ours(hg_context *context, const hg_problem &p, hg_layout layout) : context_(context)
    {
        hg_reason why = {};
        problem_ = hg_problem_in_layout(&p, layout);
        ready_ = hg_workload_create(context, &problem_, &work_, &why) == HG_OK;
        if (!ready_) error_ = why.text;
        field_.layout = layout;
    }
    ~Ours()
    {
        for (const auto &r : runners_) hg_runner_free(&r->runner);
        if (ready_) hg_workload_free(&work_);
    }
    Ours(const Ours &) = delete;
    Ours &operator=(const Ours &) = delete;

    // Plans the default, and until the deadline the other candidates, those first that their
    // kernels would be run with. false after an error.
    bool enter(double deadline)
    {
        if (!ready_) return false;
        double best = kNever;
        for (const hg_candidate &c : candidates()) {
            field_.candidates++;
            if (!runners_.empty() && (c.kernel->reference || hg_clock_ns() > deadline)) continue;
            field_.tried++;
            if (!admit(c, best)) return false;
        }
        return !runners_.empty();
    }
    // The first is the default.
    const std::vector<std::unique_ptr<Runner>> &runners() const
    {
        return runners_;
    }
    // Leaves the default and the best of the others.
    void leaveFinalists()
    {
        std::sort(runners_.begin() + 1, runners_.end(),
                  [](const auto &a, const auto &b) { return a->entrant.least < b->entrant.least; });
        drop([&](size_t i) { return i > kFinalists; });
    }
    Field result()
    {
        for (const auto &r : runners_) {
            Timed t;
            t.name = r->runner.name;
            t.us = r->entrant.least * 1e-3;
            t.estimateUs = r->estimateNs * 1e-3;
            if (r == runners_.front())
                field_.untuned = t;
            else
                field_.others.push_back(t);
        }
        return field_;
    }
    hg_workload &work()
    {
        return work_;
    }
    const std::string &error() const
    {
        return error_;
    }

  private:
    // By cost, as the dispatcher has them; but the first configurations of all kernels come first,
    // then the second ones, and so on.
    std::vector<hg_candidate> candidates() const
    {
        std::vector<hg_candidate> list(HG_MAX_CANDIDATES);
        list.resize(hg_candidates(context_, &problem_, false, 0, list.data()));
        std::map<const hg_kernel *, int> seen;
        std::multimap<int, hg_candidate> ranked;
        for (const hg_candidate &c : list) ranked.emplace(seen[c.kernel]++, c);
        list.clear();
        for (const auto &entry : ranked) list.push_back(entry.second);
        return list;
    }
    // Takes a candidate in if it is right and not hopeless. false: the default cannot be planned.
    bool admit(const hg_candidate &c, double &best)
    {
        char name[HG_RUNNER_NAME_SIZE];
        hg_candidate_format(&c, name, sizeof name);
        std::unique_ptr<Runner> r(new Runner);
        hg_reason why = {};
        const bool first = runners_.empty();
        if (hg_runner_create(&work_, name, &r->runner, &why) != HG_OK) {
            if (first) error_ = why.text;
            return !first;
        }
        r->estimateNs = c.cost;
        const hg_runner *runner = &r->runner;
        r->entrant.run = [this, runner] { hg_runner_run(runner, &work_); };
        hg_workload_erase(&work_);
        r->entrant.ns = timeOf(r->entrant.run);
        double difference = 0;
        if (first) {
            hg_workload_expect(&work_);
        } else if (!hg_workload_matches(&work_, &difference)) {
            field_.wrong.push_back(name);
            hg_runner_free(&r->runner);
            return true;
        }
        if (r->entrant.ns < 2 * kHopeless * best)
            r->entrant.ns = std::min(r->entrant.ns, timeOf(r->entrant.run));
        best = std::min(best, r->entrant.ns);
        if (first || r->entrant.ns < kHopeless * best)
            runners_.push_back(std::move(r));
        else
            hg_runner_free(&r->runner);
        return true;
    }
    template <class Condition> void drop(Condition isDropped)
    {
        std::vector<std::unique_ptr<Runner>> kept;
        for (size_t i = 0; i < runners_.size(); i++)
            if (isDropped(i))
                hg_runner_free(&runners_[i]->runner);
            else
                kept.push_back(std::move(runners_[i]));
        runners_.swap(kept);
    }

    hg_context *context_;
    hg_problem problem_;
    hg_workload work_ = {};
    bool ready_ = false;
    std::string error_;
    std::vector<std::unique_ptr<Runner>> runners_;
    Field field_;
};

struct Rival {
    std::unique_ptr<Peer> peer;
    Entrant entrant;
    PeerOutcome outcome;
};

// What a peer writes beside the maxima has its own order and type: it is not compared.
void forgiveIndices(hg_workload &work)
{
    if (work.indices) std::memcpy(work.indices, work.expected_indices, work.indices_bytes);
}

// Makes the peer and holds its result against ours, which `work` expects.
void enter(const RaceOptions &options, const PeerLibrary &library, hg_workload &work, Rival &r)
{
    r.outcome.library = library.name;
    const float *weights = work.filter ? work.filter->weights : nullptr;
    r.peer = library.make(
        {&work.problem, options.threads, work.input, weights, work.bias, work.input_indices});
    if (!r.peer) {
        r.outcome.lack = "it lacks the operator";
        return;
    }
    r.outcome.timed.name = r.peer->label();
    Peer *peer = r.peer.get();
    r.entrant.run = [peer] { peer->run(); };
    hg_workload_erase(&work);
    r.entrant.ns = timeOf(r.entrant.run);
    peer->fetch(work.output);
    forgiveIndices(work);
    double difference = 0;
    if (hg_workload_matches(&work, &difference)) return;
    r.outcome.lack = "it computes something else: off by " + std::to_string(difference);
    r.peer.reset();
}

void runFinal(std::vector<std::unique_ptr<Ours>> &ours, std::vector<Rival> &rivals, double deadline,
              Outcome &outcome)
{
    std::vector<Entrant *> final;
    double best = kNever;
    for (auto &o : ours) {
        o->leaveFinalists();
        for (const auto &r : o->runners()) {
            best = std::min(best, r->entrant.least);
            final.push_back(&r->entrant);
        }
    }
    for (Rival &r : rivals) {
        if (!r.peer) continue;
        r.entrant.ns = std::min(r.entrant.ns, timeOf(r.entrant.run));
        r.entrant.slow = r.entrant.ns > kSlowPeer * best;
        final.push_back(&r.entrant);
    }
    for (Entrant *e : final) {
        e->ns = std::min(e->ns, e->least);
        e->least = kNever;
    }
    outcome.rounds = runRounds(final, kLeastRounds, kMostRounds, deadline);
}

} // namespace

Outcome race(const RaceOptions &options, const hg_problem &problem, double seconds)
{
    const double start = hg_clock_ns();
    const auto after = [&](double share) { return start + share * seconds * 1e9; };
    Outcome outcome;
    char key[HG_KEY_SIZE];
    hg_problem_key(&problem, key);
    outcome.key = key;
    outcome.flops = hg_problem_flops(&problem);
    outcome.bytes = hg_problem_bytes(&problem);
    std::vector<std::unique_ptr<Ours>> ours;
    std::vector<Entrant *> all;
    for (const hg_layout layout : {HG_NHWC, HG_NCHW}) {
        ours.emplace_back(new Ours(options.context, problem, layout));
        if (!ours.back()->enter(after(layout == HG_NHWC ? kPlannedNhwc : kPlannedNchw))) {
            outcome.error = ours.back()->error();
            return outcome;
        }
        for (const auto &r : ours.back()->runners()) all.push_back(&r->entrant);
    }
    std::vector<Rival> rivals(options.peers.size());
    for (size_t i = 0; i < rivals.size(); i++)
        enter(options, *options.peers[i], ours[0]->work(), rivals[i]);
    runRounds(all, 1, kFirstRounds, after(kFirstRace));
    runFinal(ours, rivals, after(1), outcome);
    for (auto &o : ours) outcome.fields.push_back(o->result());
    for (Rival &r : rivals) {
        if (r.outcome.lack.empty()) r.outcome.timed.us = r.entrant.least * 1e-3;
        outcome.peers.push_back(r.outcome);
    }
    return outcome;
}
