/* The layers that `hourglass ab` compares where no file of shapes is given: small ones, of every
 * operator, that between them run most kernels. */
#ifndef HG_TUNER_SMOKE_H
#define HG_TUNER_SMOKE_H

typedef struct hg_smoke_layer {
    const char *name, *key;
} hg_smoke_layer;

/* Ends with a NULL name. */
extern const hg_smoke_layer hg_smoke_layers[];

#endif
