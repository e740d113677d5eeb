#include "tests/api_watch.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/sanitized.h"

/* ---- Standard streams ---- */

static int held = -1; /* the file that stdout and stderr are */
static off_t seen;    /* its length at the last look */

int watch_begin(void)
{
    fflush(NULL);
    const int own = dup(STDOUT_FILENO);
    held = memfd_create("output", 0);
    if (own < 0 || held < 0) return -1;
    setvbuf(stdout, NULL, _IONBF, 0); /* what is printed shows at once */
    if (dup2(held, STDOUT_FILENO) < 0 || dup2(held, STDERR_FILENO) < 0) return -1;
#if defined(HG_SANITIZED)
    __sanitizer_set_report_fd((void *)(intptr_t)own);
#endif
    return own;
}

static bool printed(char *what, size_t size)
{
    if (held < 0) return false;
    const off_t end = lseek(held, 0, SEEK_CUR); /* all duplicates share one position */
    if (end == seen) return false;
    char text[200] = "";
    if (pread(held, text, sizeof text - 1, seen) < 0) text[0] = '\0';
    seen = end;
    snprintf(what, size, "something was printed: \"%s\"", text);
    return true;
}

/* ---- Floating point ---- */

#if defined(__x86_64__)
enum { STICKY = 0x3f, FLUSH = 0x8040 }; /* MXCSR: exception flags; FTZ and DAZ */

uint64_t float_control(void)
{
    uint16_t x87;
    __asm__ volatile("fnstcw %0" : "=m"(x87));
    return (__builtin_ia32_stmxcsr() & ~(unsigned)STICKY) | (uint64_t)x87 << 32;
}

void set_float_control(uint64_t control)
{
    const uint16_t x87 = (uint16_t)(control >> 32);
    __builtin_ia32_ldmxcsr((unsigned)control);
    __asm__ volatile("fldcw %0" : : "m"(x87));
}

uint64_t float_control_flushing(uint64_t control)
{
    return control | FLUSH;
}

#elif defined(__aarch64__)

uint64_t float_control(void)
{
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    return fpcr;
}

void set_float_control(uint64_t control)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(control));
}

uint64_t float_control_flushing(uint64_t control)
{
    return control | (uint64_t)1 << 24; /* FZ */
}
#endif

bool watch_disturbed(char *what, size_t size)
{
    static uint64_t usual;
    static bool known;
    const uint64_t now = float_control();
    if (!known) known = true, usual = now;
    if (now != usual) {
        set_float_control(usual);
        snprintf(what, size, "floating-point control is %llx, was %llx", (unsigned long long)now,
                 (unsigned long long)usual);
        return true;
    }
    return printed(what, size);
}
