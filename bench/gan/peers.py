"""The article's loop in PyTorch and in Keras: `python peers.py torch|keras THREADS`. Prints rows as one line of JSON.

Networks, batch and Adam are those of the preset "article". Each peer runs the way its manual makes fastest on a processor:
PyTorch with its fused Adam, eagerly and compiled; Keras as the article has it (repaired: see docs/studio.md) and as one
`tf.function`, also with XLA. Times are medians after a few steps to warm up.
"""
import json
import os
import sys
import time

BATCH, LATENT, IMAGE = 128, 100, 784
G, D = [256, 512, 1024], [512, 256]
RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-7


def median_ms(step):
    for _ in range(3):
        step()
    times, end = [], time.perf_counter() + 6
    while len(times) < 5 or time.perf_counter() < end:
        began = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - began))
    return sorted(times)[len(times) // 2]


def with_torch(threads):
    import torch
    from torch import nn
    from torch.nn.functional import binary_cross_entropy_with_logits as bce

    torch.set_num_threads(threads)

    def stack(inputs, widths, outputs):
        layers = []
        for width in widths:
            layers += [nn.Linear(inputs, width), nn.LeakyReLU(0.2)]
            inputs = width
        return nn.Sequential(*layers, nn.Linear(inputs, outputs))

    def loop(compiled):
        generator, discriminator = nn.Sequential(stack(LATENT, G, IMAGE), nn.Tanh()), stack(IMAGE, D, 1)
        adam = lambda model: torch.optim.Adam(model.parameters(), RATE, (BETA1, BETA2), EPSILON, fused=True)
        adam_g, adam_d = adam(generator), adam(discriminator)
        real, ones, zeros = torch.randn(BATCH, IMAGE), torch.ones(BATCH, 1), torch.zeros(BATCH, 1)

        def loss_d(x, target):
            return bce(discriminator(x), target)

        def loss_g(z):
            return bce(discriminator(generator(z)), ones)

        def draw(z):
            with torch.no_grad():
                return generator(z)

        if compiled:
            loss_d, loss_g, draw = torch.compile(loss_d), torch.compile(loss_g), torch.compile(draw)

        def learn(optimizer, loss):
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()

        def step():
            fake = draw(torch.randn(BATCH, LATENT))
            learn(adam_d, loss_d(real, ones))
            learn(adam_d, loss_d(fake, zeros))
            # G learns through a D that stands still: its weights need no gradients.
            discriminator.requires_grad_(False)
            loss = loss_g(torch.randn(BATCH, LATENT))
            learn(adam_g, loss)
            discriminator.requires_grad_(True)
            return loss.item()

        return step

    yield f"PyTorch {torch.__version__.split('+')[0]}", loop(False)
    yield f"PyTorch {torch.__version__.split('+')[0]}, torch.compile", loop(True)


def with_keras(threads):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    layers = keras.layers

    def stack(inputs, widths, outputs, activation):
        hidden = [layer for width in widths for layer in (layers.Dense(width), layers.LeakyReLU(negative_slope=0.2))]
        return keras.Sequential([keras.Input((inputs,)), *hidden, layers.Dense(outputs, activation=activation)])

    adam = lambda: keras.optimizers.Adam(RATE, BETA1, BETA2, EPSILON)
    real, ones, zeros = tf.random.normal([BATCH, IMAGE]), tf.ones([BATCH, 1]), tf.zeros([BATCH, 1])

    def script():
        generator, discriminator = stack(LATENT, G, IMAGE, "tanh"), stack(IMAGE, D, 1, "sigmoid")
        discriminator.compile(adam(), "binary_crossentropy")
        both = keras.Sequential([keras.Input((LATENT,)), generator, discriminator])
        discriminator.trainable = False
        both.compile(adam(), "binary_crossentropy")

        def step():
            fake = generator(tf.random.normal([BATCH, LATENT]))
            discriminator.trainable = True
            discriminator.train_on_batch(real, ones)
            discriminator.train_on_batch(fake, zeros)
            discriminator.trainable = False
            both.train_on_batch(tf.random.normal([BATCH, LATENT]), ones)

        return step

    def function(xla):
        generator, discriminator = stack(LATENT, G, IMAGE, "tanh"), stack(IMAGE, D, 1, None)
        adam_g, adam_d = adam(), adam()
        adam_g.build(generator.trainable_variables)
        adam_d.build(discriminator.trainable_variables)
        loss = lambda logits, target: tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(target, logits))

        def learn(optimizer, model, compute):
            with tf.GradientTape() as tape:
                value = compute()
            optimizer.apply_gradients(zip(tape.gradient(value, model.trainable_variables), model.trainable_variables))
            return value

        @tf.function(jit_compile=xla)
        def step():
            fake = generator(tf.random.normal([BATCH, LATENT]))
            learn(adam_d, discriminator, lambda: loss(discriminator(real), ones))
            learn(adam_d, discriminator, lambda: loss(discriminator(fake), zeros))
            return learn(adam_g, generator, lambda: loss(discriminator(generator(tf.random.normal([BATCH, LATENT]))), ones))

        return lambda: float(step())

    yield f"Keras {keras.__version__}, the article's script", script()
    yield f"Keras {keras.__version__}, tf.function", function(False)
    yield f"Keras {keras.__version__}, tf.function with XLA", function(True)


if __name__ == "__main__":
    which, threads = sys.argv[1], int(sys.argv[2])
    rows = []
    for name, step in {"torch": with_torch, "keras": with_keras}[which](threads):
        try:
            rows.append({"name": name, "threads": threads, "stepMs": median_ms(step)})
        except Exception as error:  # A compiler that is missing takes its row away, not the others.
            print(f"{name}: {str(error).splitlines()[0] if str(error) else type(error).__name__}", file=sys.stderr)
    print("\n" + json.dumps(rows))
