"""Continues a training run of Inkling's Studio on TensorFlow.

    pip install tensorflow
    python train.py --steps 20000

Reads run.json (settings) and weights.npz (weights, Adam's moments, averaged generator) beside this file; trains on
MNIST, which Keras downloads once; writes generator.keras, and weights.npz and run.json anew, so that it can be run
again. The random numbers are TensorFlow's own: the run goes on with the same networks, not with the same noise.
"""

import argparse
import json
import math
import pathlib

import numpy as np
import tensorflow as tf

here = pathlib.Path(__file__).parent
run = json.loads((here / "run.json").read_text())
CLASSES = 10 if run["conditional"] else 0
LATENT, BATCH = run["latentSize"], run["batchSize"]


def network(inputs, widths, outputs, activation):
    layers = [tf.keras.Input((inputs,))]
    for width in widths:
        layers += [tf.keras.layers.Dense(width), tf.keras.layers.LeakyReLU(0.2)]
    return tf.keras.Sequential([*layers, tf.keras.layers.Dense(outputs, activation=activation)])


class Adam:
    """Adam with its moments in the open, so that they can be read and written whatever the version of Keras."""

    def __init__(self, variables, rate, updates, m, v):
        self.variables, self.rate = variables, rate
        self.updates = tf.Variable(float(updates))
        self.m = [tf.Variable(array) for array in m]
        self.v = [tf.Variable(array) for array in v]

    def apply(self, gradients):
        beta1, beta2, epsilon = run["beta1"], run["beta2"], run["epsilon"]
        self.updates.assign_add(1.0)
        rate = self.rate * tf.sqrt(1 - beta2**self.updates) / (1 - beta1**self.updates)
        for variable, gradient, m, v in zip(self.variables, gradients, self.m, self.v):
            m.assign(beta1 * m + (1 - beta1) * gradient)
            v.assign(beta2 * v + (1 - beta2) * gradient**2)
            variable.assign_sub(rate * m / (tf.sqrt(v) + epsilon))


generator = network(LATENT + CLASSES, run["generatorWidths"], 784, "tanh")
average = network(LATENT + CLASSES, run["generatorWidths"], 784, "tanh")
# The last layer gives the logit; the losses below take the sigmoid themselves.
discriminator = network(784 + CLASSES, run["discriminatorWidths"], 1, None)

with np.load(here / "weights.npz") as file:
    def stored(prefix, model):
        return [file[f"{prefix}_{i}"] for i in range(len(model.trainable_variables))]

    generator.set_weights(stored("generator", generator))
    average.set_weights(stored("average", generator))
    discriminator.set_weights(stored("discriminator", discriminator))
    adam_g = Adam(generator.trainable_variables, run["generatorLearningRate"], run["generatorUpdates"], stored("generator_m", generator), stored("generator_v", generator))
    adam_d = Adam(discriminator.trainable_variables, run["discriminatorLearningRate"], run["discriminatorUpdates"], stored("discriminator_m", discriminator), stored("discriminator_v", discriminator))


def labelled(rows, labels, strength):
    return tf.concat([rows, strength * tf.one_hot(labels, CLASSES)], 1) if CLASSES else rows


def draw(latents, labels):
    return generator(labelled(latents, labels, run["generatorLabel"]))


def judge(pictures, labels):
    return discriminator(labelled(pictures, labels, run["discriminatorLabel"]))


def taking_plain_labels(model):
    """Inkling's generator reads labels louder than 1; who loads this one gives it latents and the one-hot label."""
    plain, weights = network(LATENT + CLASSES, run["generatorWidths"], 784, "tanh"), model.get_weights()
    weights[0][LATENT:] *= run["generatorLabel"]
    plain.set_weights(weights)
    return plain


def loss(logits, target):
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.fill(tf.shape(logits), target), logits))


def learn(adam, compute):
    with tf.GradientTape() as tape:
        value = compute()
    gradients = tape.gradient(value, adam.variables)
    # The penalty does not depend on the biases: their gradient is zero, and Adam still counts the update.
    adam.apply([tf.zeros_like(variable) if gradient is None else gradient for variable, gradient in zip(adam.variables, gradients)])
    return value


def noise():
    labels = tf.random.uniform([BATCH], 0, 10, tf.int32)
    return tf.random.normal([BATCH, LATENT]), labels


def penalty(real, labels):
    with tf.GradientTape() as tape:
        tape.watch(real)
        logits = judge(real, labels)
    slopes = tape.gradient(logits, real)
    return run["r1Gamma"] / 2 * tf.reduce_mean(tf.reduce_sum(slopes**2, 1))


@tf.function
def step(pictures, digits, with_penalty, keep):
    for _ in range(run["discriminatorSteps"]):
        chosen = tf.random.uniform([BATCH], 0, len(pictures), tf.int32)
        real, labels = tf.gather(pictures, chosen), tf.gather(digits, chosen)
        latents, wanted = noise()
        fake = draw(latents, wanted)
        loss_real = learn(adam_d, lambda: loss(judge(real, labels), 1.0 - run["labelSmoothing"]))
        loss_fake = learn(adam_d, lambda: loss(judge(fake, wanted), 0.0))
    if with_penalty:
        learn(adam_d, lambda: penalty(real, labels))
    latents, wanted = noise()
    loss_g = learn(adam_g, lambda: loss(judge(draw(latents, wanted), wanted), 1.0))
    for slow, fast in zip(average.trainable_variables, generator.trainable_variables):
        slow.assign(keep * slow + (1 - keep) * fast)
    return loss_real, loss_fake, loss_g


def save(done):
    arrays = {}
    for prefix, variables in {
        "generator": generator.trainable_variables, "generator_m": adam_g.m, "generator_v": adam_g.v, "average": average.trainable_variables,
        "discriminator": discriminator.trainable_variables, "discriminator_m": adam_d.m, "discriminator_v": adam_d.v,
    }.items():
        arrays.update({f"{prefix}_{i}": variable.numpy() for i, variable in enumerate(variables)})
    # Beside first, then renamed: a cut leaves the old files whole.
    np.savez(here / "weights.new.npz", **arrays)
    (here / "weights.new.npz").replace(here / "weights.npz")
    state = {**run, "step": done, "generatorUpdates": int(adam_g.updates.numpy()), "discriminatorUpdates": int(adam_d.updates.numpy())}
    (here / "run.json").write_text(json.dumps(state, indent=2) + "\n")
    taking_plain_labels(average if run["emaDecay"] > 0 else generator).save(here / "generator.keras")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--steps", type=int, default=run["steps"], help="train up to this step")
    arguments.add_argument("--data", help="an .npz with pictures (x_train, uint8 [n, 28, 28]) and digits (y_train); otherwise MNIST")
    options = arguments.parse_args()
    if options.data:
        with np.load(options.data) as file:
            images, labels = file["x_train"], file["y_train"]
    else:
        (images, labels), _ = tf.keras.datasets.mnist.load_data()
    pictures = tf.constant(images.reshape(-1, 784) / np.float32(127.5) - 1, tf.float32)
    digits = tf.constant(labels, tf.int32)
    for done in range(run["step"] + 1, options.steps + 1):
        due = run["r1Gamma"] > 0 and done % run["r1Every"] == 0
        keep = min(run["emaDecay"], done / (done + 100))
        losses = [float(value) for value in step(pictures, digits, due, tf.constant(keep, tf.float32))]
        if not all(map(math.isfinite, losses)):
            raise SystemExit(f"Step {done}: the losses are no longer finite; the files hold the last good state.")
        if done % 1000 == 0 or done == options.steps:
            print(f"step {done}  real {losses[0]:.3f}  fake {losses[1]:.3f}  generator {losses[2]:.3f}", flush=True)
            save(done)


if __name__ == "__main__":
    main()
