/* A plan: problem + kernel + config + packed weights + tables, and where its workspace lies. */
#ifndef HG_PLAN_H
#define HG_PLAN_H

#include "dispatch/filter.h"
#include "dispatch/os.h"
#include "dispatch/select.h"
#include "kernels/activation/activation.h"
#include "kernels/layout/transpose.h"

/* A run is a few steps, one after the other; each is cut into independent ranges. */
typedef enum hg_step_kind {
    HG_STEP_KERNEL,     /* stage `stage` of the algorithm */
    HG_STEP_ACTIVATE,   /* what follows the sums of a kernel that does not finish them */
    HG_STEP_PACK_INPUT, /* the others: tensors between NCHW and the NHWC that the kernel wants */
    HG_STEP_PACK_INDICES,
    HG_STEP_PACK_RESIDUAL,
    HG_STEP_UNPACK_OUTPUT,
    HG_STEP_UNPACK_INDICES,
    HG_STEP_BANDS /* all of it, band by band (bands.h) */
} hg_step_kind;

typedef struct hg_step {
    hg_step_kind kind;
    int stage;
    int64_t ranges;
} hg_step;

enum { HG_MAX_STEPS = HG_MAX_STAGES + 6 };

/* What resizes what is under a band of a fused convolution, or pools it; kernel is NULL without. */
typedef struct hg_band_part {
    hg_problem problem;
    const hg_kernel *kernel;
    hg_config config;
    hg_sizes sizes;
    void *tables;
} hg_band_part;

/* On a machine with several classes of cores (cores.h), a plan has a plan for each class that wants
 * another kernel or configuration than those before it; it is itself that of the first. What they
 * pack of a filter in one form they share. A run is of one class from beginning to end: that of the
 * core on which hg_run is called, whatever cores take part. Its other threads may thus have kernels
 * that are not the fastest for them, but never bits of two kernels in one tensor. */
struct hg_plan {
    hg_context *context;
    hg_plan *of_class[HG_MAX_CLASSES]; /* [0] is NULL where all classes run this one */
    hg_filter *filter;                 /* NULL for operators without weights */
    hg_problem asked;
    hg_problem problem; /* the same, or the convolution that it is (hg_problem_as_conv2d) */
    hg_problem inner;   /* what the kernel runs: `problem`, its NHWC twin, or a band */
    const hg_kernel *kernel;
    hg_config config;
    hg_sizes sizes;
    const float *weights;     /* owned by the filter */
    float *bias;              /* hg_task.bias; NULL for operators without weights */
    float *slopes;            /* of HG_PRELU; else NULL */
    hg_activate_fn *activate; /* behind the sums; NULL where nothing is */
    void *tables;
    const hg_transposer *transposer;
    hg_band_part resizing, pooling;
    hg_step steps[HG_MAX_STEPS];
    int step_count;
    double estimate; /* ns */
    bool small;      /* waking workers would take longer: it runs on the caller's thread */
    /* Workspace, byte offsets: NHWC copies (config.via), then the algorithm's parts. With
     * config.bands the copies are a worker's own: offsets into its scratch. */
    size_t input_at, output_at, residual_at, indices_at, shared_at, scratch_at, workspace;
    size_t pooled_at, pool_shared_at, pool_scratch_at;
    size_t packed_at, resize_scratch_at; /* rows of input as NHWC, before they are resized */
    size_t scratch_each;
    char key[HG_KEY_SIZE];
    char choice[HG_KERNEL_NAME_SIZE + HG_CONFIG_SIZE];
    char explain[HG_EXPLAIN_SIZE];
};

/* What a convolution has for each output channel; copied. */
typedef struct hg_channel_data {
    const float *bias;   /* NULL: zeros */
    const float *slopes; /* of HG_PRELU; NULL, where a key is planned: HG_USUAL_SLOPE */
} hg_channel_data;

#define HG_USUAL_SLOPE 0.25f /* that PyTorch's training begins with */

/* The plan that the core under the caller wants; in some ns, without a system call. */
static inline const hg_plan *hg_plan_here(const hg_plan *plan)
{
    if (!plan->of_class[0]) return plan;
    const unsigned cpu = (unsigned)hg_os_cpu();
    return plan->of_class[cpu < HG_MAX_CPUS ? plan->context->cores.of_cpu[cpu] : 0];
}

/* The one way to a plan; the public functions build the problem and come here. What is forced, or
 * reproducible, is one plan for all classes. */
hg_status hg_plan_create(hg_context *context, const hg_problem *problem, hg_filter *filter,
                         const hg_channel_data *data, const char *forced, hg_plan **plan);

/* Of the context's own class alone; and the release of the others' plans. */
hg_status hg_plan_create_one(hg_context *context, const hg_problem *problem, hg_filter *filter,
                             const hg_channel_data *data, const char *forced, hg_plan **plan);
void hg_plan_free_classes(hg_plan *plan);

/* Parts of a run, for those who check results by sample: how many independent ranges the plan's
 * only step has, 0 if it has several steps, and a serial run of some of them. */
int64_t hg_plan_ranges(const hg_plan *plan);
hg_status hg_run_ranges(const hg_plan *plan, const hg_io *io, void *workspace, int64_t begin,
                        int64_t end);

/* Repacking (repack.c): copies the pixels of one range between layouts. */
int64_t hg_repack_ranges(const hg_tensor *t);
/* `rows` rows, from and to their first ones. */
void hg_repack_rows(const hg_transposer *with, const hg_tensor *nchw, const void *from, void *to,
                    size_t element_size, bool to_nhwc, int64_t rows);
void hg_repack(const hg_transposer *with, const hg_tensor *nchw, const void *from, void *to,
               size_t element_size, bool to_nhwc, int64_t begin, int64_t end);

#endif
