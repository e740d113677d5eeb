#include "bench/origin.h"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdio>
#include <string>

#include "bench/revision.h"

extern "C" {
#include "dispatch/context.h"
}

namespace
{

// FNV-1a: equal tables give equal numbers in every process.
uint64_t hashOf(const std::string &text, uint64_t hash)
{
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

// Of the choices alone: times differ between two tunings that choose alike.
std::string tablesOf(const hg_table &table)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < table.count; i++) {
        const hg_table_entry &entry = table.entries[i];
        hash = hashOf(entry.key + ("\n" + std::to_string(entry.threads)), hash);
        for (int rank = 0; rank < entry.count; rank++) {
            char config[HG_CONFIG_SIZE];
            hg_config_format(&entry.ranks[rank].config, config);
            hash = hashOf(std::string("\n") + entry.ranks[rank].kernel->name + " " + config, hash);
        }
    }
    char text[80];
    std::snprintf(text, sizeof text, "%zu records, %016llx", table.count,
                  static_cast<unsigned long long>(hash));
    return table.count ? text : "none";
}

} // namespace

void describeRun(hg_accuracy accuracy, hg_context *context)
{
    const char *const accuracies[] = {"default", "strict", "relaxed"};
    benchmark::AddCustomContext("accuracy", accuracies[accuracy]);
    benchmark::AddCustomContext("hourglass", hg_version());
    benchmark::AddCustomContext("revision", HG_BENCH_REVISION);
    benchmark::AddCustomContext("compiler", HG_BENCH_COMPILER);
    benchmark::AddCustomContext("flags", HG_BENCH_FLAGS);
    if (!context) return;
    hg_machine machine;
    hg_context_machine(context, &machine);
    benchmark::AddCustomContext("tables", tablesOf(context->table));
    benchmark::AddCustomContext("machine", machine.key);
    benchmark::AddCustomContext("processor", machine.name);
}
