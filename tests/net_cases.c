/* Small networks of the usual kinds, and what passes make of them. */
#include "tests/net.h"

/* Headers of all texts below. */
#define START "hgnet 1\nweights random=5\n"

const net_text_case net_cases[] = {
    {"u-net",
     START "input x c=3 h=16 w=24\n"
           "e1 = conv2d x k=8 window=3 padding=1 bias=next\n"
           "r1 = relu e1\n"
           "p1 = max_pool2d r1 window=2\n"
           "e2 = conv2d p1 k=16 window=3 padding=1 bias=next\n"
           "r2 = relu e2\n"
           "p2 = max_pool2d r2 window=2\n"
           "e3 = conv2d p2 k=24 window=3 padding=1 bias=next\n"
           "r3 = relu e3\n"
           "u2 = conv_transpose2d r3 k=16 window=2 stride=2 bias=next\n"
           "c2 = concat r2 u2\n"
           "d2 = conv2d c2 k=16 window=3 padding=1 bias=next\n"
           "s2 = silu d2\n"
           "n1 = upsample s2 by=2\n"
           "u1 = conv2d n1 k=8 window=3 padding=1 bias=next\n"
           "c1 = concat u1 r1 x\n"
           "d1 = conv2d c1 k=2 window=1 bias=next\n"
           "output d1\n",
     10},
    {"segnet",
     START "input x c=3 h=12 w=16 n=2\n"
           "a = conv2d x k=8 window=3 padding=1\n"
           "b = batch_norm a\n"
           "c = relu b\n"
           "p, i = max_pool2d c window=2\n"
           "d = conv2d p k=8 window=3 padding=1 bias=next\n"
           "q, j = max_pool2d d window=3x2\n"
           "e = conv2d q k=8 window=1\n"
           "f = max_unpool2d e j window=3x2\n"
           "g = conv2d f k=8 window=3 padding=1 bias=next\n"
           "h = max_unpool2d g i window=2\n"
           "k = concat h c x\n"
           "output k\n",
     0},
    {"resnet",
     START "input x c=8 h=9 w=11\n"
           "a1 = conv2d x k=8 window=3 padding=1\n"
           "a2 = batch_norm a1 eps=1e-3\n"
           "a3 = relu a2\n"
           "a4 = conv2d a3 k=8 window=3 padding=1\n"
           "a5 = batch_norm a4\n"
           "a6 = add a5 x\n"
           "a7 = relu a6\n"
           "b1 = conv2d a7 k=16 window=1 stride=2\n"
           "b2 = conv2d a7 k=16 window=3 stride=2 padding=1\n"
           "b3 = add b1 b2\n"
           "b4 = prelu b3\n"
           "b5 = add b4 b4\n"
           "g = global_avg_pool2d b5\n"
           "output g b4\n",
     6},
    {"separable",
     START "input x c=12 h=10 w=10\n"
           "a = conv2d x k=12 window=3 padding=1 groups=12\n"
           "b = scale a bias=next\n"
           "c = relu6 b\n"
           "d = conv2d c k=20 window=1\n"
           "e = bias d\n"
           "f = hard_swish e\n"
           "g = avg_pool2d f window=2\n"
           "h = lp_pool2d g window=2\n"
           "i = gelu h\n"
           "output i f\n",
     5},
    {"places",
     START "input x c=10 h=8 w=8\n"
           "l = slice x channels=0:4\n"
           "r = slice x channels=4:10 rows=1:7 columns=2:8\n"
           "a = conv2d l k=6 window=3\n"
           "s = add r a\n"
           "b = concat a s a\n"
           "c = slice b channels=5:13\n"
           "d = concat b c\n"
           "e = identity d\n"
           "f = tanh e\n"
           "m, i = max_pool2d f window=2\n"
           "u = max_unpool2d m i window=2\n"
           "unused = conv2d x k=4 window=1\n"
           "output e u l\n",
     0},
    {"indices of parts",
     START "input x c=4 h=6 w=8\n"
           "a = conv2d x k=6 window=3 padding=1\n"
           "m, i = max_pool2d a window=2\n"
           "b = conv2d m k=6 window=1\n"
           "c = concat b m\n"
           "u = max_unpool2d m i window=2\n"
           "v = max_unpool2d b i window=2\n"
           "s = slice c channels=3:9\n"
           "w = max_unpool2d s i window=2\n"
           "z = concat u v w\n"
           "output z c\n",
     0},
    {"indices as outputs",
     START "input x c=3 h=6 w=8 n=2\n"
           "p, i = max_pool2d x window=2 indices=onnx\n"
           "u = max_unpool2d p i window=2 indices=onnx\n"
           "q, j = max_pool2d x window=3x2\n"
           "output u i j\n",
     0},
    {"argmax",
     START "input x c=4 h=6 w=7\n"
           "a = conv2d x k=5 window=3 padding=1 bias=next\n"
           "b = resize2d a size=13x15 mode=bilinear\n"
           "c = argmax b\n"
           "d = argmax a type=u8\n"
           "output c d\n",
     3},
    {"smooth decoder",
     START "input x c=8 h=9 w=7\n"
           "a = conv2d x k=8 window=3 padding=1\n"
           "b = resize2d a size=18x14 mode=bilinear\n"
           "c = conv2d b k=6 window=3 padding=1 bias=next\n"
           "d = relu c\n"
           "e = resize2d d size=36x28 mode=bilinear\n"
           "f = conv2d e k=4 window=3 padding=1\n"
           "g = resize2d f size=54x42 mode=bilinear\n"
           "h = conv2d g k=3 window=1\n"
           "output h\n",
     0},
    {"two inputs",
     START "input x c=4 h=6 w=7\ninput y c=3 h=12 w=14\n"
           "a = upsample x by=2\n"
           "b = concat a y\n"
           "c = conv_transpose2d b k=6 window=3 stride=2 padding=1 groups=1\n"
           "d = batch_norm c\n"
           "e = sigmoid d\n"
           "output e b y\n",
     0},
    {"grouped transposed",
     START "input x c=6 h=5 w=5\n"
           "a = conv_transpose2d x k=9 window=4 stride=2 padding=1 groups=3 bias=next\n"
           "b = batch_norm a\n"
           "c = elu b slope=0.5\n"
           "d = global_max_pool2d c\n"
           "output c d\n",
     2},
    {"squeeze and excite",
     START "input x c=16 h=9 w=10 n=2\n"
           "p = pad x sides=0,1,2,1\n"
           "a = conv2d p k=16 window=3 groups=16 bias=next\n"
           "b = silu a\n"
           "g = global_avg_pool2d b\n"
           "s = conv2d g k=4 window=1 bias=next\n"
           "t = relu s\n"
           "u = conv2d t k=16 window=1 bias=next\n"
           "v = hard_sigmoid u slope=0.2 offset=0.5\n"
           "w = multiply v b\n"
           "y = conv2d w k=3 window=1\n"
           "z = softmax y\n"
           "output z\n",
     7},
    {"binary operators",
     START "input x c=5 h=6 w=7 n=2\ninput m c=1 h=6 w=7 n=2\n"
           "a = subtract x m\n"
           "b = relu6 a\n"
           "c = minimum x b\n"
           "d = maximum m c\n"
           "e = multiply d d\n"
           "f = tanh e\n"
           "g = add f m\n"
           "h = prelu g\n"
           "i = scale h bias=next\n"
           "j = add i x\n"
           "k = silu j\n"
           "output k c\n",
     7},
    {"gates",
     START "input x c=6 h=7 w=9 n=2\n"
           "a = conv2d x k=8 window=3 padding=1 bias=next\n"
           "b = linear a factor=0.5 term=0.25\n"
           "c = linear b term=3\n"
           "d = clamp c min=0 max=6\n"
           "e = multiply b d\n"
           "f = linear e factor=0.166666667\n"
           "g = linear f factor=1.5 term=-0.25\n"
           "h = conv2d g k=4 window=1\n"
           "i = conv2d g k=6 window=2 groups=2 bias=next\n"
           "j = sigmoid h\n"
           "k = multiply j h\n"
           "l = hard_sigmoid k slope=0.166666667 offset=0.5\n"
           "m = multiply k l\n"
           "n = scale m\n"
           "o = conv2d n k=4 window=3 padding=1 groups=2\n"
           "p = linear o\n"
           "output i p\n",
     5},
    {"gains",
     START "input x c=5 h=7 w=6 n=2\ninput y c=5 h=1 w=1 n=2\n"
           "a = conv2d x k=5 window=3 padding=1 bias=next\n"
           "b = global_avg_pool2d a\n"
           "c = conv2d b k=5 window=1 bias=next\n"
           "d = sigmoid c\n"
           "e = multiply d a\n"
           "f = add a e\n"
           "g = multiply f y\n"
           "h = add g f\n"
           "i = multiply x y\n"
           "j = add i h\n"
           "k = multiply y b\n"
           "l = add k y\n"
           "output h j l k\n",
     0},
    {"no gates",
     START "input x c=6 h=5 w=6\ninput y c=6 h=5 w=6\n"
           "a = sigmoid x\n"
           "b = multiply a y\n"
           "c = linear b term=2.5\n"
           "d = clamp c min=0 max=6\n"
           "e = multiply d b\n"
           "f = linear e term=3\n"
           "g = relu6 f\n"
           "h = multiply e g\n"
           "i = scale h bias=next\n"
           "j = conv2d i k=6 window=3 padding=1 groups=6\n"
           "k = linear j factor=-2\n"
           "l = batch_norm k\n"
           "m = conv2d l k=6 window=3 padding=1 stride=2\n"
           "n = bias l\n"
           "o = conv2d n k=3 window=1 padding=same_upper groups=3\n"
           "p = add n n\n"
           "q = linear p factor=3\n"
           "r = linear x term=3\n"
           "s = clamp r min=0 max=6\n"
           "t = multiply y s\n"
           "output m o q t\n",
     0},
    {"factors and terms alone",
     START "input x c=5 h=6 w=4\ninput y c=5 h=6 w=4\n"
           "a = scale x\n"
           "b = add a y\n"
           "c = bias x\n"
           "d = prelu c\n"
           "e = linear x factor=2\n"
           "f = relu e\n"
           "g = linear y term=1\n"
           "h = max_pool2d g window=3\n"
           "i = scale y bias=next\n"
           "j = tanh i\n"
           "output b d f h j\n",
     6},
    {"a term in front of pooling",
     START "input x c=5 h=6 w=4\n"
           "a = linear x term=1\n"
           "b = max_pool2d a window=2\n"
           "output b\n",
     0},
    {"borders",
     START "input x c=6 h=5 w=7\n"
           "a = pad x sides=2 border=reflect\n"
           "b = conv2d a k=4 window=3 padding=valid\n"
           "c = pad b sides=-1,3,1,0 border=edge\n"
           "d = pad c sides=1,0 border=wrap\n"
           "e = pad d sides=1 value=2.5\n"
           "f = concat e e\n"
           "g = pad f sides=1,2\n"
           "h = conv2d g k=3 window=3 padding=valid\n"
           "i = conv2d h k=3 window=2 padding=1\n"
           "output i g\n",
     0},
    {NULL, NULL, 0},
};
