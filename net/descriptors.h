/* Steps as descriptors of the public operators. Strides are those of the values, zero before they
 * are placed. */
#ifndef HG_NET_DESCRIPTORS_H
#define HG_NET_DESCRIPTORS_H

#include "net/graph.h"

hg_filter_desc net_filter_of(const net_graph *g, const net_step *s);
hg_conv2d net_conv2d_of(const net_graph *g, const net_step *s);
hg_conv_transpose2d net_conv_transpose2d_of(const net_graph *g, const net_step *s);
hg_upsample_conv2d net_upsample_conv2d_of(const net_graph *g, const net_step *s);
hg_max_pool2d net_max_pool2d_of(const net_graph *g, const net_step *s);
hg_avg_pool2d net_avg_pool2d_of(const net_graph *g, const net_step *s);
hg_lp_pool2d net_lp_pool2d_of(const net_graph *g, const net_step *s);
hg_max_unpool2d net_max_unpool2d_of(const net_graph *g, const net_step *s);
hg_resize2d net_resize2d_of(const net_graph *g, const net_step *s);
hg_resize2d net_upsample_of(const net_graph *g, const net_step *s);
hg_resize_argmax2d net_resize_argmax2d_of(const net_graph *g, const net_step *s);
hg_resize_argmax2d net_argmax_of(const net_graph *g, const net_step *s);
hg_activation2d net_activation2d_of(const net_graph *g, const net_step *s);
hg_binary net_binary_of(const net_graph *g, const net_step *s);
hg_softmax2d net_softmax2d_of(const net_graph *g, const net_step *s);
hg_pad2d net_pad2d_of(const net_graph *g, const net_step *s);

#endif
