"""Energy per token of llama.cpp, called from Python.

The model is made on the spot: a small Llama with random weights, written as GGUF; --model takes any other. llama.cpp
streams its answer to a callback, which becomes a generator here; `lw.llm` asks prompts of several lengths and tells
joules a token of prefill and of decode.

    pip install layerwatt xllamacpp gguf
    python llama_cpp.py                           # on a board; elsewhere --sensor virtual:orin-nano

Power of a virtual board is synthesised, and called virtual.
"""

import argparse
import os
import queue
import tempfile
import threading

import gguf
import numpy as np
import xllamacpp

import layerwatt as lw

LAYERS, HEADS, WIDTH, INNER, WORDS, LONGEST = 4, 4, 256, 768, 1024, 4096


def make_llama(path):
    """A Llama whose vocabulary is what SentencePiece asks for (three signs, 256 bytes), and words w0, w1, …"""
    random = np.random.default_rng(1)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(LAYERS)
    writer.add_context_length(LONGEST)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(WORDS)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    kinds = gguf.TokenType
    signs = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(signs + [f"▁w{i}" for i in range(WORDS - len(signs))])
    writer.add_token_scores([0.0] * WORDS)
    writer.add_token_types(
        [kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL] + [kinds.BYTE] * 256 + [kinds.NORMAL] * (WORDS - len(signs))
    )
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)

    def weight(name, *shape):
        values = (random.standard_normal(shape) * 0.05).astype(np.float32)
        if name == "output":
            values[: len(signs)] = 0.0  # greedy decoding says words alone, and goes on
        writer.add_tensor(f"{name}.weight", values)

    def norm(name):
        writer.add_tensor(f"{name}.weight", np.ones(WIDTH, np.float32))

    weight("token_embd", WORDS, WIDTH)
    for block in range(LAYERS):
        norm(f"blk.{block}.attn_norm")
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            weight(f"blk.{block}.{part}", WIDTH, WIDTH)
        norm(f"blk.{block}.ffn_norm")
        weight(f"blk.{block}.ffn_gate", INNER, WIDTH)
        weight(f"blk.{block}.ffn_up", INNER, WIDTH)
        weight(f"blk.{block}.ffn_down", WIDTH, INNER)
    norm("output_norm")
    weight("output", WORDS, WIDTH)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return len(signs)


class Llama:
    """Greedy decoding; a call yields a token at a time."""

    def __init__(self, path, answer, context, threads):
        parameters = xllamacpp.CommonParams()
        parameters.model.path = path
        parameters.n_ctx = context
        parameters.n_parallel = 1
        parameters.cpuparams.n_threads = threads
        self.server = xllamacpp.Server(parameters)
        self.answer = answer

    def __call__(self, prompt):
        # Without the cache of earlier prompts: each is to be read whole.
        request = {
            "prompt": prompt,
            "max_tokens": self.answer,
            "temperature": 0.0,
            "ignore_eos": True,
            "cache_prompt": False,
            "stream": True,
        }
        said = queue.SimpleQueue()

        def ask():
            try:
                self.server.handle_completions(request, lambda part: said.put(part))
            finally:
                said.put(None)

        asking = threading.Thread(target=ask)
        asking.start()
        while True:
            part = said.get()
            if part is None:
                break
            if "choices" not in part:
                raise RuntimeError(f"llama.cpp refused: {part}")
            text = part["choices"][0]["text"]
            if text:
                yield text
        asking.join()


def main():
    parser = argparse.ArgumentParser(description="Joules a token of llama.cpp.")
    parser.add_argument("--model", help="a GGUF file (a small one with random weights is made)")
    parser.add_argument("--sensor", default="auto")
    parser.add_argument("--result-dir", default="raw_data")
    parser.add_argument("--answer", type=int, default=64, help="tokens of an answer")
    parser.add_argument("--prompts", type=int, nargs="+", default=[128, 512, 1024, 256, 768, 384])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, first_word = arguments.model, 3
        if path is None:
            path = os.path.join(folder, "llama.gguf")
            first_word = make_llama(path)
        llama = Llama(path, arguments.answer, max(arguments.prompts) + arguments.answer + 8, arguments.threads)
        random = np.random.default_rng(2)
        prompts = [random.integers(first_word, WORDS, length).tolist() for length in arguments.prompts]
        answer = lw.llm(llama, prompts, sensor=arguments.sensor, result_dir=arguments.result_dir, name="llama_cpp")
    print(lw.token_table(answer))
    print(f"The run is in {answer.folder}: layerwatt report {answer.folder}")


if __name__ == "__main__":
    main()
