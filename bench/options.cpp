#include "bench/options.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <sstream>

namespace
{

constexpr int kMaxThreads = 256; // as many as a context takes

std::vector<std::string> split(const std::string &text)
{
    std::vector<std::string> words;
    std::istringstream in(text);
    for (std::string word; std::getline(in, word, ',');) words.push_back(word);
    return words;
}

// Reads a list of words, each of which must be a key of `values`.
template <typename T>
bool readWords(const std::string &text, const std::map<std::string, T> &values, std::vector<T> &to)
{
    to.clear();
    for (const std::string &word : split(text)) {
        const auto found = values.find(word);
        if (found == values.end()) return false;
        to.push_back(found->second);
    }
    return !to.empty();
}

template <typename T>
bool readWord(const std::string &text, const std::map<std::string, T> &values, T &to)
{
    std::vector<T> words;
    if (!readWords(text, values, words) || words.size() != 1) return false;
    to = words[0];
    return true;
}

bool readThreads(const std::string &text, std::vector<int> &to)
{
    to.clear();
    for (const std::string &word : split(text)) {
        char *end = nullptr;
        const long n = std::strtol(word.c_str(), &end, 10);
        if (end == word.c_str() || *end || n < 1 || n > kMaxThreads) return false;
        to.push_back(static_cast<int>(n));
    }
    return !to.empty();
}

bool readPeers(const std::string &text, Options &o)
{
    const std::map<std::string, std::string> names = {
        {"onednn", "onednn"}, {"xnnpack", "xnnpack"}, {"onnxruntime", "onnxruntime"}};
    o.allPeers = false;
    o.peers.clear();
    return text == "none" || readWords(text, names, o.peers);
}

struct Flag {
    const char *name, *values;
    std::function<bool(const std::string &, Options &)> read;
};

const std::vector<Flag> &flags()
{
    static const std::vector<Flag> all = {
        {"--shapes=", "FILE.tsv[,FILE.tsv]",
         [](const std::string &text, Options &o) {
             o.shapes = split(text);
             return !o.shapes.empty();
         }},
        {"--layouts=", "nhwc,nchw (default nhwc)",
         [](const std::string &text, Options &o) {
             return readWords<hg_layout>(text, {{"nhwc", HG_NHWC}, {"nchw", HG_NCHW}}, o.layouts);
         }},
        {"--threads=", "numbers from 1 to 256 (default 1)",
         [](const std::string &text, Options &o) { return readThreads(text, o.threads); }},
        {"--accuracy=", "default|strict|relaxed",
         [](const std::string &text, Options &o) {
             return readWord<hg_accuracy>(
                 text, {{"default", HG_DEFAULT}, {"strict", HG_STRICT}, {"relaxed", HG_RELAXED}},
                 o.accuracy);
         }},
        {"--peers=", "onednn,xnnpack,onnxruntime|none (default: those there are)", readPeers},
        {"--peer-isa=", "same|avx2|native (default same: as hourglass)",
         [](const std::string &text, Options &o) {
             return readWord<PeerIsa>(
                 text,
                 {{"same", PeerIsa::Same}, {"avx2", PeerIsa::Avx2}, {"native", PeerIsa::Native}},
                 o.peerIsa);
         }},
    };
    return all;
}

// The flag that a word is, or nullptr.
const Flag *find(const char *word)
{
    for (const Flag &flag : flags())
        if (std::strncmp(word, flag.name, std::strlen(flag.name)) == 0) return &flag;
    return nullptr;
}

// Where Google Benchmark's flags send the results. These stay its own; we have to know, because the
// samples come with our own reporter, which it accepts only if there is a file.
void readOutput(const std::string &word, bool &file, bool &json)
{
    const std::string out = "--benchmark_out=", format = "--benchmark_out_format=";
    if (word.compare(0, out.size(), out) == 0) file = word.size() > out.size();
    if (word.compare(0, format.size(), format) == 0) json = word.substr(format.size()) == "json";
}

} // namespace

bool fail(const std::string &what)
{
    std::fprintf(stderr, "hourglass-bench: %s\n", what.c_str());
    return false;
}

void printUsage()
{
    std::printf("usage: hourglass-bench --shapes=FILE.tsv[,FILE.tsv] [FLAG...]\n\n"
                "Times the layers of shape files. Lists are separated by commas.\n\n");
    for (const Flag &flag : flags()) std::printf("  %s%s\n", flag.name, flag.values);
    std::printf("\nExit code: 0 done, 1 a benchmark or a file failed or nothing matched, 2 wrong "
                "usage.\nbench/summary sets a run beside the peers, bench/compare beside another "
                "run; both read what --benchmark_out=FILE wrote.\n\nFlags of Google Benchmark:\n");
    std::fflush(stdout);
}

bool readOptions(std::vector<char *> &arguments, Options &options)
{
    std::vector<char *> others;
    bool file = false, json = true;
    for (char *word : arguments) {
        const Flag *flag = find(word);
        if (!flag) {
            options.help = options.help || std::strcmp(word, "--help") == 0;
            readOutput(word, file, json);
            others.push_back(word);
        } else if (!flag->read(word + std::strlen(flag->name), options)) {
            return fail(std::string(word) + ": the values of " + flag->name + " are " +
                        flag->values);
        }
    }
    arguments = others;
    options.writesJson = file && json;
    return options.help || !options.shapes.empty() ||
           fail("--shapes=FILE.tsv is missing; --help lists all flags");
}
