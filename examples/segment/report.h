/* What each layer of the network costs and what its kernel gains. */
#ifndef SEGMENT_REPORT_H
#define SEGMENT_REPORT_H

#include "network.h"

/* Times every layer and prints a table. */
hg_status report_layers(hg_context *context, const network *net, int threads);

#endif
