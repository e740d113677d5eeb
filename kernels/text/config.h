/* Configurations as text: "block=4 nontemporal=1"; members that are 0 are left out. */
#ifndef HG_TEXT_CONFIG_H
#define HG_TEXT_CONFIG_H

#include "kernels/kernel.h"

enum { HG_CONFIG_SIZE = 192 };

void hg_config_format(const hg_config *config, char text[HG_CONFIG_SIZE]);
bool hg_config_parse(const char *text, hg_config *config);
bool hg_config_equal(const hg_config *a, const hg_config *b);

#endif
