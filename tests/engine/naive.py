"""Reading in chunks, written a second time: plain loops over full attention matrices in float64.

A reference for policies: nothing here is the engine's. A llama is computed by hand from its
weights; every KV head of every layer holds its states in a dictionary, and every value of attention
that a state ever drew is kept, so that a rule can be written straight from its paper.
"""

from __future__ import annotations

import torch
from torch.nn.functional import silu


class Naive:
    """A document read in chunks with the rule `choose(self, layer, head, origins)` → kept origins.

    `looks` says whose attention is noted while reading: "chunk", "instruction" or neither.
    `per_head`: the rule is asked for each KV head; else for head 0, and the others follow.
    """

    def __init__(self, model, choose, budget, looks="chunk", per_head=False, sees_chunk=False):
        self.model = model.double() if model.dtype != torch.float64 else model
        self.config = model.config
        self.choose, self.budget = choose, budget
        self.looks, self.per_head, self.sees_chunk = looks, per_head, sees_chunk
        self.layers = range(self.config.num_hidden_layers)
        self.heads = range(self.config.num_attention_heads)
        self.kv_heads = range(self.config.num_key_value_heads)
        self.group = len(self.heads) // len(self.kv_heads)
        # by layer and KV head: origin → (key, value), in the order of the slots
        self.held = [[{} for _ in self.kv_heads] for _ in self.layers]
        # by layer, query head and origin: for each pass, what the rows that see the state pay
        self.drawn = [[{} for _ in self.heads] for _ in self.layers]
        self.entropy = {}
        self.chunk_of = {}
        self.logits = None

    def read(self, prefix, ids, size, instruction, after_chunk):
        origin = 0
        if prefix:
            self.put(range(-len(prefix), 0), *self.forward(prefix))
        for number, start in enumerate(range(0, len(ids), size)):
            chunk = ids[start : start + size]
            old = [o for o in self.held[0][0] if o >= 0], self.origins()
            fresh = range(origin, origin + len(chunk))
            result = self.forward(chunk)
            if self.looks == "chunk":
                self.note(result[0], fresh)
            before = [[dict(head) for head in layer] for layer in self.held]
            self.put(fresh, *result, number)
            if self.looks == "instruction":
                after, self.held = self.held, (self.held if self.sees_chunk else before)
                self.note(self.forward(instruction)[0])
                self.held = after
            origin += len(chunk)
            self.evict(self.origins() if self.sees_chunk else old[1], number)
            after_chunk(self.origins())

    def close(self, instruction, asked=True):
        if asked:
            self.note(self.forward(instruction)[0])
        self.evict(self.origins(), None)
        return self.origins()

    def origins(self):
        """What each layer and KV head holds of the document."""
        return [[[o for o in head if o >= 0] for head in layer] for layer in self.held]

    def evict(self, candidates, now):
        self.now = now
        for layer in self.layers:
            for head in self.kv_heads:
                judge = head if self.per_head else 0
                among = candidates[layer][head]
                if len(among) > self.budget:
                    if judge == head:
                        stay = set(self.choose(self, layer, head, among))
                        assert len(stay) == self.budget
                    for origin in among:
                        if origin not in stay:
                            del self.held[layer][head][origin]

    def put(self, origins, attention, keys, values, logits, number=0):
        for layer in self.layers:
            for head in self.kv_heads:
                for row, origin in enumerate(origins):
                    self.held[layer][head][origin] = (
                        keys[layer][row, head],
                        values[layer][row, head],
                    )
                    self.chunk_of[origin] = number

    def note(self, attention, fresh=()):
        """Append, to each state's record, what the rows of a pass pay to it."""
        for layer in self.layers:
            for head in self.heads:
                columns = list(self.held[layer][head // self.group]) + list(fresh)
                old = len(columns) - len(fresh)
                for column, origin in enumerate(columns):
                    first = max(0, column - old)  # rows before it do not see it
                    paid = attention[layer][head][first:, column]
                    self.drawn[layer][head].setdefault(origin, []).append(paid)

    def paid(self, layer, head, origin):
        """By pass, what the queries of a KV head paid a state on average, row by row."""
        queries = range(head * self.group, (head + 1) * self.group)
        passes = zip(*(self.drawn[layer][q][origin] for q in queries), strict=True)
        return [sum(one) / self.group for one in passes]

    def paid_by_all(self, layer, origin):
        """The same, averaged over all heads of the layer."""
        passes = zip(*(self.drawn[layer][q][origin] for q in self.heads), strict=True)
        return [sum(one) / len(self.heads) for one in passes]

    def forward(self, ids):
        """(attention by layer (heads, rows, seen), keys, values, logits) over what is held."""
        decoder, dim = self.model.model, self.config.hidden_size // len(self.heads)
        count, start = len(ids), len(self.held[0][0])
        hidden = decoder.embed_tokens.weight[torch.tensor(ids)]
        attention, all_keys, all_values = [], [], []
        for layer, block in enumerate(decoder.layers):
            x = self.norm(hidden, block.input_layernorm.weight)
            a = block.self_attn
            q, k, v = (
                (x @ part.weight.T).view(count, -1, dim) for part in (a.q_proj, a.k_proj, a.v_proj)
            )
            matrices, mixed = [], []
            for head in self.heads:
                kv = head // self.group
                states = list(self.held[layer][kv].values())
                keys = torch.stack([*(key for key, _ in states), *k[:, kv]])
                values = torch.stack([*(value for _, value in states), *v[:, kv]])
                logits = self.rotate(q[:, head], start) @ self.rotate(keys, 0).T / dim**0.5
                for row in range(count):
                    logits[row, start + row + 1 :] = -torch.inf
                weights = torch.exp(logits - logits.max(dim=1, keepdim=True).values)
                weights = weights / weights.sum(dim=1, keepdim=True)
                matrices.append(weights)
                mixed.append(weights @ values)
            hidden = hidden + torch.cat(mixed, dim=1) @ a.o_proj.weight.T
            x, mlp = self.norm(hidden, block.post_attention_layernorm.weight), block.mlp
            gated = silu(x @ mlp.gate_proj.weight.T) * (x @ mlp.up_proj.weight.T)
            hidden = hidden + gated @ mlp.down_proj.weight.T
            attention.append(matrices)
            all_keys.append(k)
            all_values.append(v)
        logits = self.norm(hidden, decoder.norm.weight) @ self.model.lm_head.weight.T
        return attention, all_keys, all_values, logits

    def norm(self, x, weight):
        return (
            x / (x.square().mean(dim=-1, keepdim=True) + self.config.rms_norm_eps).sqrt() * weight
        )

    def rotate(self, x, start):
        half = x.shape[1] // 2
        slots = torch.arange(start, start + len(x)).double().unsqueeze(1)
        angles = slots * 10000.0 ** -(torch.arange(half).double() / half)
        a, b, cos, sin = x[:, :half], x[:, half:], angles.cos(), angles.sin()
        return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=1)
