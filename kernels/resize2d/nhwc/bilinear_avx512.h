#include "kernels/resize2d/nhwc/bilinear_x86.h"
