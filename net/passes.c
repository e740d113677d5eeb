/* The passes, in order. */
#include "net/graph.h"

static const struct {
    net_pass *run;
    bool fuses; /* left out where every line is to be a step */
} passes[] = {
    {net_lower, false},          {net_fuse_gate, true},     {net_fuse_gain, true},
    {net_fold_affine, true},     {net_fold_forward, true},  {net_fuse_pad, true},
    {net_fuse_upsample, true},   {net_lower_affine, false}, {net_fuse_residual, true},
    {net_fuse_activation, true}, {net_fuse_pool, true},     {net_fuse_argmax, true},
    {net_lower_product, false},  {net_drop_unused, false},  {net_place, false},
    {net_allocate_arena, false},
};

hg_status net_run_passes(net_graph *g)
{
    hg_status status = HG_OK;
    for (size_t i = 0; !status && i < sizeof passes / sizeof *passes; i++)
        if (!passes[i].fuses || !g->options.unfused) status = passes[i].run(g);
    return status;
}
