#include "kernels/simd/isa.h"

#include "kernels/common/attr.h"

const hg_isa_model *hg_isa_model_of(hg_isa isa)
{
    static const hg_isa_model models[] = {[HG_ISA_SCALAR] = {1, 16, 0.125, 1.0, false},
                                          [HG_ISA_NEON] = {4, 32, 0.5, 1.0, true},
                                          [HG_ISA_AVX2] = {8, 16, 1.0, 1.0, false},
                                          [HG_ISA_AVX512] = {16, 32, 1.5, 0.65, false}};
    return &models[(unsigned)isa < HG_COUNT(models) && models[isa].lanes ? isa : HG_ISA_SCALAR];
}
