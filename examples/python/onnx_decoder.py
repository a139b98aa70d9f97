"""Energy per token of a decoder with a key-value cache, under ONNX Runtime.

The network is made on the spot: a small GPT-2-like decoder with random weights, whose one graph does both
phases, because the number of tokens and of those behind it are dynamic axes. `lw.llm` asks it prompts of several
lengths and tells joules a token of prefill and of decode.

    pip install layerwatt onnx onnxruntime
    python onnx_decoder.py                        # on a board; elsewhere --sensor virtual:orin-nano

Power of a virtual board is synthesised, and called virtual.
"""

import argparse
import os
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import layerwatt as lw

LAYERS, HEADS, WIDTH, WORDS, LONGEST = 6, 6, 384, 2000, 2048
HEAD = WIDTH // HEADS


class Graph:
    """Nodes and weights of an ONNX graph, one after the other."""

    def __init__(self, seed):
        self.nodes, self.weights = [], []
        self.random = np.random.default_rng(seed)

    def add(self, kind, inputs, output=None, **attributes):
        output = output or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, values):
        name = f"constant_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def weight(self, *shape):
        return self.constant((self.random.standard_normal(shape) * 0.02).astype(np.float32))

    def dense(self, x, inputs, outputs):
        product = self.add("MatMul", [x, self.weight(inputs, outputs)])
        return self.add("Add", [product, self.weight(outputs)])

    def norm(self, x):
        ones = self.constant(np.ones(WIDTH, np.float32))
        return self.add("LayerNormalization", [x, ones, self.weight(WIDTH)], axis=-1)


def make_decoder(path):
    """Inputs: token ids and positions, (tokens); a mask, (tokens, past + tokens), which is added to the scores;
    keys and values behind them, (layers, heads, past, HEAD). Outputs: the last token's scores; keys and values."""
    g = Graph(seed=1)
    by_head = g.constant(np.array([-1, HEADS, HEAD], np.int64))
    together = g.constant(np.array([-1, WIDTH], np.int64))
    scale = g.constant(np.float32(HEAD**-0.5))
    words = g.weight(WORDS, WIDTH)
    x = g.add("Add", [g.add("Gather", [words, "ids"]), g.add("Gather", [g.weight(LONGEST, WIDTH), "positions"])])
    keys, values = [], []

    def heads_of(normed, past, layer, kept):
        now = g.add("Transpose", [g.add("Reshape", [g.dense(normed, WIDTH, WIDTH), by_head])], perm=[1, 0, 2])
        behind = g.add("Gather", [past, g.constant(np.int64(layer))], axis=0)
        every = g.add("Concat", [behind, now], axis=1)
        kept.append(g.add("Unsqueeze", [every, g.constant(np.array([0], np.int64))]))
        return every

    for layer in range(LAYERS):
        normed = g.norm(x)
        query = g.add("Transpose", [g.add("Reshape", [g.dense(normed, WIDTH, WIDTH), by_head])], perm=[1, 0, 2])
        key = heads_of(normed, "past_keys", layer, keys)
        value = heads_of(normed, "past_values", layer, values)
        scores = g.add("MatMul", [query, g.add("Transpose", [key], perm=[0, 2, 1])])
        masked = g.add("Add", [g.add("Mul", [scores, scale]), "mask"])
        seen = g.add("MatMul", [g.add("Softmax", [masked], axis=-1), value])
        seen = g.add("Reshape", [g.add("Transpose", [seen], perm=[1, 0, 2]), together])
        x = g.add("Add", [x, g.dense(seen, WIDTH, WIDTH)])
        inner = g.add("Relu", [g.dense(g.norm(x), WIDTH, 4 * WIDTH)])
        x = g.add("Add", [x, g.dense(inner, 4 * WIDTH, WIDTH)])
    last = g.add("Gather", [g.norm(x), g.constant(np.array([-1], np.int64))], axis=0)
    g.add("MatMul", [last, g.add("Transpose", [words], perm=[1, 0])], "scores")
    g.add("Concat", keys, "keys", axis=0)
    g.add("Concat", values, "values", axis=0)
    cache = [LAYERS, HEADS, "past", HEAD]

    def numbers(name, shape, kind=TensorProto.FLOAT):
        return helper.make_tensor_value_info(name, kind, shape)

    graph = helper.make_graph(
        g.nodes,
        "decoder",
        [
            numbers("ids", ["tokens"], TensorProto.INT64),
            numbers("positions", ["tokens"], TensorProto.INT64),
            numbers("mask", ["tokens", "all"]),
            numbers("past_keys", cache),
            numbers("past_values", cache),
        ],
        [
            numbers("scores", [1, WORDS]),
            numbers("keys", [LAYERS, HEADS, "all", HEAD]),
            numbers("values", [LAYERS, HEADS, "all", HEAD]),
        ],
        g.weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


class Decoder:
    """Greedy decoding; a call yields a token at a time."""

    def __init__(self, path, answer):
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        self.answer = answer

    def step(self, ids, keys, values):
        past, count = keys.shape[2], len(ids)
        # A token sees itself and what stands before it.
        later = np.arange(past + count)[None, :] > past + np.arange(count)[:, None]
        scores, keys, values = self.session.run(
            ["scores", "keys", "values"],
            {
                "ids": np.asarray(ids, np.int64),
                "positions": np.arange(past, past + count),
                "mask": np.where(later, np.float32(-1e9), np.float32(0.0)),
                "past_keys": keys,
                "past_values": values,
            },
        )
        return int(scores[0].argmax()), keys, values

    def __call__(self, prompt):
        nothing = np.zeros((LAYERS, HEADS, 0, HEAD), np.float32)
        token, keys, values = self.step(prompt, nothing, nothing)
        yield token
        for _ in range(self.answer - 1):
            token, keys, values = self.step([token], keys, values)
            yield token


def main():
    parser = argparse.ArgumentParser(description="Joules a token of a small ONNX decoder.")
    parser.add_argument("--sensor", default="auto")
    parser.add_argument("--result-dir", default="raw_data")
    parser.add_argument("--answer", type=int, default=64, help="tokens of an answer")
    parser.add_argument("--prompts", type=int, nargs="+", default=[128, 512, 1024, 256, 768, 384])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "decoder.onnx")
        make_decoder(path)
        decoder = Decoder(path, arguments.answer)
    random = np.random.default_rng(2)
    prompts = [random.integers(0, WORDS, length).tolist() for length in arguments.prompts]
    answer = lw.llm(
        decoder, prompts, sensor=arguments.sensor, result_dir=arguments.result_dir, name="onnx_decoder"
    )
    print(lw.token_table(answer))
    print(f"The run is in {answer.folder}: layerwatt report {answer.folder}")


if __name__ == "__main__":
    main()
