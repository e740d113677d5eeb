#include "kernels/index_rule.h"

hg_index_rule hg_index_rule_of(hg_index_convention convention, int64_t c, hg_size2 image)
{
    const int64_t h = image.h, w = image.w;
    const hg_index_rule rules[] = {
        [HG_INDEX_PYTORCH] = {{.n = 0, .h = w, .w = 1, .c = 0}, 1},
        [HG_INDEX_ONNX] = {{.n = c * h * w, .h = w, .w = 1, .c = h * w}, 1},
        [HG_INDEX_ONNX_COLUMNS] = {{.n = c * h * w, .h = 1, .w = h, .c = h * w}, 1},
        [HG_INDEX_TENSORFLOW] = {{.n = 0, .h = w * c, .w = c, .c = 1}, c},
        [HG_INDEX_TENSORFLOW_BATCH] = {{.n = h * w * c, .h = w * c, .w = c, .c = 1}, c}};
    return rules[convention];
}
