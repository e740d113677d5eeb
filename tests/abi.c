/* Sizes of the public structures with 64-bit pointers, on every system alike. Programs that were
 * compiled before and load a later libhourglass.so.0 count on them: what is new goes into reserved
 * words. Where that cannot be, the version of the soname, of packaging/hourglass.map and of this
 * list change together. */
#include "hourglass/hourglass.h"
#include "hourglass/net.h"

#define SIZE(type, bytes)                                                                          \
    _Static_assert(sizeof(type) == (bytes), "the size of " #type " has changed");

SIZE(hg_size2, 16)
SIZE(hg_strides, 32)
SIZE(hg_tensor, 88)
SIZE(hg_padding, 40)
SIZE(hg_filter_desc, 80)
SIZE(hg_epilogue, 56)
SIZE(hg_conv2d, 296)
SIZE(hg_conv_transpose2d, 336)
SIZE(hg_pool_geometry, 112)
SIZE(hg_max_pool2d, 288)
SIZE(hg_avg_pool2d, 288)
SIZE(hg_lp_pool2d, 280)
SIZE(hg_max_unpool2d, 272)
SIZE(hg_roi, 32)
SIZE(hg_resize2d, 264)
SIZE(hg_resize_argmax2d, 304)
SIZE(hg_upsample_conv2d, 280)
SIZE(hg_binary, 312)
SIZE(hg_softmax2d, 160)
SIZE(hg_activation2d, 224)
SIZE(hg_pad2d, 200)
SIZE(hg_allocator, 24)
SIZE(hg_executor, 16)
SIZE(hg_log, 16)
SIZE(hg_context_options, 168)
SIZE(hg_io, 64)
SIZE(hg_net_error, 264)
SIZE(hg_net_options, 72)
SIZE(hg_net_step, 224)
SIZE(hg_machine, 240)
SIZE(hg_table_counts, 32)
SIZE(hg_kernel_info, 48)
SIZE(hg_fusion, 1560)
