// hourglass-sweep: races Hourglass and its peers over layers that it reads, one key of docs/keys.md
// a line (dense, NHWC), from stdin. bench/sweep draws them and reads what this prints: a line of
// JSON about the machine, then one for each layer.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "bench/json.h"
#include "bench/race.h"
#include "bench/revision.h"

extern "C" {
#include "tuner/clock.h"
}

namespace
{

struct Flags {
    int threads = 1;
    double seconds = 0; // for all layers; 0: they are only checked, and printed as canonical keys
    bool native = true; // else all are kept to AVX2
};

bool fail(const std::string &what)
{
    std::fprintf(stderr, "hourglass-sweep: %s\n", what.c_str());
    return false;
}

bool readNumber(const std::string &text, double least, double most, double &to)
{
    char *end = nullptr;
    to = std::strtod(text.c_str(), &end);
    return !text.empty() && *end == '\0' && to >= least && to <= most;
}

bool readFlag(const std::string &word, Flags &flags)
{
    const size_t at = word.find('=');
    const std::string name = word.substr(0, at), text = at < word.size() ? word.substr(at + 1) : "";
    double number = 0;
    if (name == "--threads" && readNumber(text, 1, 256, number) && number == std::floor(number))
        return flags.threads = static_cast<int>(number), true;
    if (name == "--seconds" && readNumber(text, 0, 1e6, number))
        return flags.seconds = number, true;
    if (name == "--isa" && (text == "avx2" || text == "native"))
        return flags.native = text == "native", true;
    return fail(word + ": the flags are --threads=1..256, --seconds=0..1000000 and "
                       "--isa=avx2|native");
}

// Every line is checked before the first is timed.
bool readProblems(std::vector<hg_problem> &problems)
{
    for (std::string line; std::getline(std::cin, line);) {
        hg_problem problem;
        hg_reason why = {};
        if (hg_problem_parse(line.c_str(), &problem, &why) != HG_OK)
            return fail("\"" + line + "\": " + why.text);
        if (problem.in.layout != HG_NHWC || problem.post_pool)
            return fail("\"" + line + "\": layers are NHWC, without fused pooling");
        problems.push_back(problem);
    }
    return !problems.empty() || fail("no layers on stdin");
}

std::string textOf(const Timed &t)
{
    const std::string estimate =
        t.estimateUs >= 0 ? ", \"estimate_us\": " + numberText(t.estimateUs) : "";
    return "{\"name\": " + quoted(t.name) + ", \"us\": " + numberText(t.us) + estimate + "}";
}

template <class List, class Text> std::string joined(const List &list, Text text)
{
    std::string out;
    for (const auto &item : list) out += (out.empty() ? "" : ", ") + text(item);
    return "[" + out + "]";
}

std::string textOf(const Field &f)
{
    return std::string("{\"layout\": ") + quoted(hg_layout_name(f.layout)) +
           ", \"default\": " + textOf(f.untuned) +
           ", \"others\": " + joined(f.others, [](const Timed &t) { return textOf(t); }) +
           ", \"candidates\": " + std::to_string(f.candidates) +
           ", \"tried\": " + std::to_string(f.tried) + ", \"wrong\": " + joined(f.wrong, quoted) +
           "}";
}

std::string textOf(const PeerOutcome &p)
{
    const std::string who = "{\"library\": " + quoted(p.library);
    if (!p.lack.empty()) return who + ", \"lack\": " + quoted(p.lack) + "}";
    return who + ", \"name\": " + quoted(p.timed.name) + ", \"us\": " + numberText(p.timed.us) +
           "}";
}

std::string textOf(const Outcome &o)
{
    const std::string key = "{\"key\": " + quoted(o.key);
    if (!o.error.empty()) return key + ", \"error\": " + quoted(o.error) + "}";
    return key + ", \"flops\": " + numberText(o.flops) + ", \"bytes\": " + numberText(o.bytes) +
           ", \"rounds\": " + std::to_string(o.rounds) +
           ", \"ours\": " + joined(o.fields, [](const Field &f) { return textOf(f); }) +
           ", \"peers\": " + joined(o.peers, [](const PeerOutcome &p) { return textOf(p); }) + "}";
}

// Tables and the environment's overrides are left out: it is the untuned choice that is judged.
hg_context *makeContext(const Flags &flags)
{
    hg_context_options options = {};
    options.threads = flags.threads;
    options.isa = flags.native ? HG_ISA_ANY : HG_ISA_AVX2;
    options.ignore_environment = true;
    hg_context *context = nullptr;
    return hg_context_create(&options, &context) == HG_OK ? context : nullptr;
}

bool print(const std::string &line)
{
    return std::printf("%s\n", line.c_str()) > 0 && std::fflush(stdout) == 0;
}

bool printKeys(const std::vector<hg_problem> &problems)
{
    char key[HG_KEY_SIZE];
    for (const hg_problem &p : problems) {
        hg_problem_key(&p, key);
        if (!print(key)) return false;
    }
    return true;
}

std::string machineText(const hg_machine &machine, const RaceOptions &options, const Flags &flags)
{
    const char *const isas[] = {"any", "scalar", "neon", "avx2", "avx512"};
    return "{\"processor\": " + quoted(machine.name) + ", \"machine\": " + quoted(machine.key) +
           ", \"isa\": " + quoted(isas[machine.isa]) +
           ", \"peer_isa\": " + quoted(flags.native ? "native" : "avx2") +
           ", \"threads\": " + std::to_string(flags.threads) +
           ", \"version\": " + quoted(hg_version()) +
           ", \"revision\": " + quoted(HG_BENCH_REVISION) + ", \"peers\": " +
           joined(options.peers, [](const PeerLibrary *p) { return quoted(p->name); }) + "}";
}

} // namespace

int main(int argc, char **argv)
{
    Flags flags;
    for (int i = 1; i < argc; i++)
        if (!readFlag(argv[i], flags)) return 2;
    std::vector<hg_problem> problems;
    if (!readProblems(problems)) return 2;
    if (flags.seconds == 0) return printKeys(problems) ? 0 : 1;
    RaceOptions options = {makeContext(flags), flags.threads, {}};
    if (!options.context) return fail("no context for this number of threads"), 1;
    for (const PeerLibrary *peer = kPeerLibraries; peer->name; peer++) {
        if (isFound(*peer) && (flags.native || peer->cap())) options.peers.push_back(peer);
    }
    hg_machine machine;
    hg_context_machine(options.context, &machine);
    if (!print(machineText(machine, options, flags))) return 1;
    const double deadline = hg_clock_ns() + flags.seconds * 1e9;
    for (size_t i = 0; i < problems.size(); i++) {
        const double left = (deadline - hg_clock_ns()) * 1e-9;
        const double share = left / static_cast<double>(problems.size() - i);
        if (!print(textOf(race(options, problems[i], share)))) return 1;
    }
    hg_context_free(options.context);
    return 0;
}
