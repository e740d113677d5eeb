/* Records as lines of text. Contract: table.h.
 *
 * A reader of its own, because a context reads all its tables anew: it allocates nothing and looks
 * at each byte once for the checksum and once for the text. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dispatch/table.h"

/* ---- CRC-32C (Castagnoli), a stride of bytes at a time ---- */

enum { STRIDE = 16 };

/* [i][b]: the CRC of byte b followed by i zeros. */
typedef uint32_t crc_tables[STRIDE][256];

static void fill_tables(crc_tables t)
{
    for (uint32_t b = 0; b < 256; b++) {
        uint32_t crc = b;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1u ? 0x82F63B78u : 0u);
        t[0][b] = crc;
    }
    for (int i = 1; i < STRIDE; i++)
        for (int b = 0; b < 256; b++) t[i][b] = t[i - 1][b] >> 8 ^ t[0][t[i - 1][b] & 255u];
}

/* Made once; who asks while another thread makes them makes his own. */
static uint32_t (*tables(crc_tables own))[256]
{
    static crc_tables shared;
    static int state; /* atomic: 0 nothing, 1 in the making, 2 made */
    int nothing = 0;
    if (__atomic_load_n(&state, __ATOMIC_ACQUIRE) == 2) return shared;
    const bool mine =
        __atomic_compare_exchange_n(&state, &nothing, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
    fill_tables(mine ? shared : own);
    if (mine) __atomic_store_n(&state, 2, __ATOMIC_RELEASE);
    return mine ? shared : own;
}

static uint32_t crc32c(const char *text, size_t n)
{
    crc_tables own;
    uint32_t(*const t)[256] = tables(own), crc = ~0u;
    const unsigned char *b = (const unsigned char *)text;
    for (; n >= STRIDE; n -= STRIDE, b += STRIDE) {
        uint32_t next = 0;
        HG_UNROLL for (int i = 0; i < STRIDE; i++) next ^=
            t[STRIDE - 1 - i][b[i] ^ (i < 4 ? crc >> 8 * i & 255u : 0u)];
        crc = next;
    }
    for (; n; n--, b++) crc = crc >> 8 ^ t[0][(crc ^ *b) & 255u];
    return ~crc;
}

/* What closes a line: the checksum of all bytes before. */
enum { TAIL = sizeof ",\"crc32c\":\"01234567\"}" - 1 };

static void put_tail(char tail[TAIL + 1], uint32_t crc)
{
    memcpy(tail, ",\"crc32c\":\"01234567\"}", TAIL + 1);
    for (int i = 0; i < 8; i++) tail[TAIL - 10 + i] = "0123456789abcdef"[crc >> (28 - 4 * i) & 15u];
}

/* ---- Writing ---- */

typedef struct writer {
    char *text;
    size_t used, size; /* used > size: it did not fit */
} writer;

__attribute__((format(printf, 2, 3))) static void put(writer *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const size_t left = w->used < w->size ? w->size - w->used : 0;
    const int n = vsnprintf(left ? w->text + w->used : NULL, left, format, arguments);
    va_end(arguments);
    w->used += n > 0 ? (size_t)n : 0;
}

/* With a point in every locale. Nothing that is not finite or not positive is a time: 0. */
static void put_number(writer *w, const char *name, double v, int decimals)
{
    static const int64_t scales[] = {1, 10, 100, 1000, 10000};
    const double scaled = v > 0 && v < 1e15 / 1e4 ? v * (double)scales[decimals] + 0.5 : 0.0;
    const int64_t n = (int64_t)scaled, whole = n / scales[decimals], rest = n % scales[decimals];
    put(w, ",\"%s\":%" PRId64, name, whole);
    if (rest) put(w, ".%0*" PRId64, decimals, rest);
}

/* Without what would need an escape: no word of a record has any. */
static void put_text(writer *w, const char *before, const char *text)
{
    put(w, "%s\"", before);
    for (; *text; text++)
        if (*text != '"' && *text != '\\' && *text != '\n') put(w, "%c", *text);
    put(w, "\"");
}

static const char *const verdict_words[] = {"", "gain", "default", "undecided"};

size_t hg_record_format(const hg_record *r, char *line, size_t size)
{
    writer out = {line, 0, size}, *w = &out;
    put_text(w, "{\"key\":", r->key);
    put(w, ",\"threads\":%d", r->threads);
    put_text(w, ",\"machine\":", r->machine);
    put_number(w, "default_ns", r->default_ns, 1);
    put(w, ",\"top\":[");
    for (int i = 0; i < r->count; i++) {
        char config[HG_CONFIG_SIZE];
        hg_config_format(&r->ranks[i].config, config);
        put_text(w, i ? ",{\"kernel\":" : "{\"kernel\":", r->ranks[i].kernel);
        put(w, ",\"rev\":%d", r->ranks[i].rev);
        put_text(w, ",\"config\":", config);
        put_number(w, "ns", r->ranks[i].ns, 1);
        put(w, "}");
    }
    put(w, "]");
    if (r->verdict) {
        put_text(w, ",\"verdict\":", verdict_words[r->verdict]);
        put_number(w, "ratio", r->ratio, 4);
        put_number(w, "low", r->low, 4);
        put_number(w, "high", r->high, 4);
        put(w, ",\"rounds\":%d", r->rounds);
        put_number(w, "noise", r->noise, 4);
    }
    put_text(w, ",\"version\":", hg_version());
    if (w->used + TAIL + 2 > size) return 0;
    put_tail(line + w->used, crc32c(line, w->used));
    w->used += TAIL;
    line[w->used++] = '\n';
    line[w->used] = '\0';
    return w->used;
}

/* ---- Reading: JSON, of which only what records need is understood ---- */

typedef struct reader {
    const char *at, *end;
} reader;

typedef struct word {
    const char *text;
    size_t length;
} word;

static bool take(reader *r, char c)
{
    while (r->at < r->end && *r->at == ' ') r->at++;
    if (r->at == r->end || *r->at != c) return false;
    r->at++;
    return true;
}

/* A string without escapes and control characters: no word of a record has any. */
static bool read_string(reader *r, word *w)
{
    if (!take(r, '"')) return false;
    const char *close = memchr(r->at, '"', (size_t)(r->end - r->at));
    if (!close) return false;
    *w = (word){r->at, (size_t)(close - r->at)};
    r->at = close + 1;
    unsigned wrong = 0;
    for (size_t i = 0; i < w->length; i++)
        wrong |= (unsigned)(w->text[i] == '\\') | (unsigned)((unsigned char)w->text[i] < ' ');
    return !wrong;
}

static bool read_number(reader *r, double *v)
{
    static const double tenth[] = {1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6};
    const bool negative = take(r, '-');
    const char *const first = r->at;
    int64_t digits = 0, decimals = -1;
    for (; r->at < r->end; r->at++) {
        if (*r->at == '.' && decimals < 0)
            decimals = 0;
        else if (*r->at < '0' || *r->at > '9')
            break;
        else if (digits < INT64_MAX / 100 && decimals < 6)
            digits = 10 * digits + (*r->at - '0'), decimals += decimals >= 0;
    }
    *v = (double)digits * tenth[decimals > 0 ? decimals : 0] * (negative ? -1 : 1);
    /* What else a number may be, as 1e9 or null, no record of ours has. */
    return r->at > first && r->at < r->end &&
           (*r->at == ',' || *r->at == '}' || *r->at == ']' || *r->at == ' ');
}

/* A value of any kind, up to the comma or bracket behind it. */
static bool skip_value(reader *r)
{
    int depth = 0;
    for (; r->at < r->end; r->at++) {
        const char c = *r->at;
        if (c == '"') { /* strings may hold brackets and escapes */
            for (r->at++; r->at < r->end && *r->at != '"'; r->at++) r->at += *r->at == '\\';
            if (r->at >= r->end) return false;
        } else if (c == '[' || c == '{') {
            depth++;
        } else if (depth == 0 && (c == ',' || c == '}' || c == ']')) {
            return true;
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return false;
}

typedef enum field_kind { TEXT, WHOLE, REAL, CONFIG, VERDICT } field_kind;
typedef struct field {
    const char *name;
    size_t length; /* of the name */
    field_kind kind;
    bool needed;
    size_t offset, size;
} field;

#define NAME(text) text, sizeof text - 1
#define RECORD(member) offsetof(hg_record, member), sizeof(((hg_record *)0)->member)
#define RANKED(member) offsetof(hg_ranked, member), sizeof(((hg_ranked *)0)->member)

static const field record_fields[] = {{NAME("key"), TEXT, true, RECORD(key)},
                                      {NAME("threads"), WHOLE, true, RECORD(threads)},
                                      {NAME("machine"), TEXT, true, RECORD(machine)},
                                      {NAME("default_ns"), REAL, false, RECORD(default_ns)},
                                      {NAME("verdict"), VERDICT, false, RECORD(verdict)},
                                      {NAME("ratio"), REAL, false, RECORD(ratio)},
                                      {NAME("low"), REAL, false, RECORD(low)},
                                      {NAME("high"), REAL, false, RECORD(high)},
                                      {NAME("rounds"), WHOLE, false, RECORD(rounds)},
                                      {NAME("noise"), REAL, false, RECORD(noise)}};
static const field rank_fields[] = {{NAME("kernel"), TEXT, true, RANKED(kernel)},
                                    {NAME("rev"), WHOLE, true, RANKED(rev)},
                                    {NAME("config"), CONFIG, true, RANKED(config)},
                                    {NAME("ns"), REAL, true, RANKED(ns)}};

static bool store_text(word w, char *to, size_t size)
{
    if (w.length >= size) return false;
    memcpy(to, w.text, w.length);
    to[w.length] = '\0';
    return true;
}

static bool store_config(word w, hg_config *config)
{
    char text[HG_CONFIG_SIZE];
    *config = (hg_config){0};
    return w.length == 0 || (store_text(w, text, sizeof text) && hg_config_parse(text, config));
}

static void store_verdict(word w, hg_verdict *verdict)
{
    for (size_t i = 1; i < HG_COUNT(verdict_words); i++)
        if (strlen(verdict_words[i]) == w.length && !memcmp(verdict_words[i], w.text, w.length))
            *verdict = (hg_verdict)i;
}

static bool read_field(reader *r, const field *f, void *object)
{
    void *const member = (char *)object + f->offset;
    word w = {"", 0};
    double v = 0;
    if (f->kind == WHOLE || f->kind == REAL ? !read_number(r, &v) : !read_string(r, &w))
        return false;
    switch (f->kind) {
    case TEXT:
        return store_text(w, member, f->size);
    case WHOLE:
        if (fabs(v) > INT32_MAX || v != (int)v) return false;
        *(int *)member = (int)v;
        return true;
    case REAL:
        *(double *)member = v;
        return true;
    case CONFIG:
        return store_config(w, member);
    case VERDICT: /* one of a newer version counts as none */
        store_verdict(w, member);
        return true;
    }
    return false;
}

static bool read_object(reader *r, const field *fields, size_t n, void *object, hg_record *top);

/* The ranks that can be read; others, as a newer version may write them, are left out. */
static bool read_ranks(reader *r, hg_record *record)
{
    if (!take(r, '[')) return false;
    if (take(r, ']')) return true;
    do {
        const reader before = *r;
        hg_ranked *rank = &record->ranks[record->count];
        if (record->count < HG_RECORD_RANKS &&
            read_object(r, rank_fields, HG_COUNT(rank_fields), rank, NULL)) {
            record->count++;
            continue;
        }
        *r = before;
        if (!skip_value(r)) return false;
    } while (take(r, ','));
    return take(r, ']');
}

static size_t find_field(const field *fields, size_t n, word name)
{
    size_t i = 0;
    while (i < n &&
           (fields[i].length != name.length || memcmp(fields[i].name, name.text, name.length)))
        i++;
    return i;
}

/* Members mostly come in order: is this the one, written as we write it? Takes it, then. */
static bool take_member(reader *r, const field *f)
{
    const char *at = r->at;
    if ((size_t)(r->end - at) < f->length + 3 || at[0] != '"' || at[f->length + 1] != '"' ||
        at[f->length + 2] != ':' || memcmp(at + 1, f->name, f->length))
        return false;
    r->at += f->length + 3;
    return true;
}

/* top: where the member "top" goes. false: a needed field is missing or wrong. */
static bool read_object(reader *r, const field *fields, size_t n, void *object, hg_record *top)
{
    unsigned seen = 0;
    size_t next = 0;
    if (!take(r, '{')) return false;
    do {
        word name = {"", 0};
        size_t i = next;
        if (i >= n || !take_member(r, &fields[i])) {
            if (!read_string(r, &name) || !take(r, ':')) return false;
            i = find_field(fields, n, name);
        }
        if (i < n) {
            next = i + 1;
            if (!read_field(r, &fields[i], object)) return false;
            seen |= 1u << i;
        } else if (top && name.length == 3 && !memcmp(name.text, "top", 3)) {
            if (!read_ranks(r, top)) return false;
        } else if (!skip_value(r)) {
            return false;
        }
    } while (take(r, ','));
    for (size_t i = 0; i < n; i++)
        if (fields[i].needed && !(seen & 1u << i)) return false;
    return take(r, '}');
}

static size_t without_end(const char *line, size_t length)
{
    while (length && (line[length - 1] == '\n' || line[length - 1] == '\r')) length--;
    return length;
}

bool hg_record_intact(const char *line, size_t length)
{
    char tail[TAIL + 1];
    length = without_end(line, length);
    if (length < TAIL) return false;
    put_tail(tail, crc32c(line, length - TAIL));
    return memcmp(line + length - TAIL, tail, TAIL) == 0;
}

bool hg_record_parse(const char *line, size_t length, hg_record *record)
{
    if (!hg_record_intact(line, length)) return false;
    reader r = {line, line + without_end(line, length)};
    record->count = record->rounds = 0;
    record->verdict = HG_VERDICT_NONE;
    record->default_ns = record->ratio = record->low = record->high = record->noise = 0;
    return read_object(&r, record_fields, HG_COUNT(record_fields), record, record) &&
           record->count > 0;
}
