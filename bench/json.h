// Writing JSON, as far as the programs here need it.
#ifndef HG_BENCH_JSON_H
#define HG_BENCH_JSON_H

#include <cstdio>
#include <string>

inline std::string quoted(const std::string &text)
{
    std::string out = "\"";
    for (const char c : text) {
        char escape[8];
        std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned char>(c));
        if (static_cast<unsigned char>(c) < 0x20)
            out += escape;
        else
            out += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    }
    return out + "\"";
}

inline std::string numberText(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
}

#endif
