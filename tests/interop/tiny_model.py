"""A language model of nothing: the smallest GGUF file that llama.cpp takes, with random weights and a byte a token.

    python tiny_model.py MODEL.gguf

Needs the packages of requirements.txt, and none of logdebug's.
"""

import sys

import gguf
import numpy as np

WIDTH, HEADS, CONTEXT = 64, 2, 65_536
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6


def write(path: str, seed: int = 20261128) -> None:
    """Write the model; the same seed writes the same."""
    chance = np.random.default_rng(seed)
    letters = ["\u2581", *map(chr, range(33, 127))]  # the first is how a blank is written
    tokens = [b"<unk>", b"<s>", b"</s>", *(f"<0x{byte:02X}>".encode() for byte in range(256))]
    kinds = [UNKNOWN, CONTROL, CONTROL, *[BYTE] * 256, *[NORMAL] * len(letters)]
    tokens += [letter.encode() for letter in letters]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("nothing")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(WIDTH)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(kinds)
    writer.add_add_space_prefix(False)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_tensor("token_embd.weight", _random(chance, len(tokens), WIDTH))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    writer.add_tensor("output.weight", _random(chance, len(tokens), WIDTH))
    for name in ("attn_norm", "ffn_norm"):
        writer.add_tensor(f"blk.0.{name}.weight", np.ones(WIDTH, np.float32))
    for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
        writer.add_tensor(f"blk.0.{name}.weight", _random(chance, WIDTH, WIDTH))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _random(chance: np.random.Generator, rows: int, columns: int) -> "np.ndarray":
    return chance.standard_normal((rows, columns), dtype=np.float32) * 0.2


if __name__ == "__main__":
    write(sys.argv[1])
